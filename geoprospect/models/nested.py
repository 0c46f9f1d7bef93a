"""
Models whose settings are searched for inside the folds that judge them.

Settings chosen by the score on held-out ground have seen that ground. Here each fold
searches among its own training samples, parted once more, and its held-out ground stays
unseen to the end [1]_.

References
----------
.. [1] Varma, S., Simon, R. (2006). Bias in error estimation when using cross-validation
   for model selection. BMC Bioinformatics 7, 91.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np

from geoprospect import contract
from geoprospect.errors import GeoprospectError
from geoprospect.models.tuning import FitsWith, Tuned, telling, tuned
from geoprospect.models.validate import Rows, learnt_from

log = logging.getLogger("geoprospect.models")

InnerOf = Callable[[gpd.GeoDataFrame], contract.Folds]
"""Parts samples to learn from once more, for example by ``spatial_blocks``."""


def nested(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    folds: contract.Folds,
    inner_of: InnerOf,
    fits: FitsWith,
    *,
    seed: int,
    states: Mapping[int, str] | None = None,
    keep: Callable[[int, str], Any] | None = None,
    **search: Any,
) -> tuple[dict[int, contract.Ensemble], dict[int, Tuned | None]]:
    """
    One ensemble for each fold, with the settings found among its training samples alone.

    Parameters
    ----------
    rows : (samples, layers) float32
    samples : GeoDataFrame
    folds : Folds
        By which the tuned model is judged.
    inner_of : function of samples that returns Folds
    fits : function of settings
    seed : int
    states : mapping of fold to text, optional
        What an earlier call left of each fold.
    keep : function of fold and text, optional
    **search
        ``space``, ``trials``, ``seconds`` (of each fold), ``objective`` of
        :func:`geoprospect.models.tuning.tuned`.

    Returns
    -------
    ensembles, searches
        By fold; the first as :func:`geoprospect.models.validate.cross_validated` gives them.
        A fold that cannot be searched has None, and its model no settings but its own.
    """
    ensembles: dict[int, contract.Ensemble] = {}
    searches: dict[int, Tuned | None] = {}
    for number, may in enumerate(folds.training):
        mine = samples[may].reset_index(drop=True)
        searches[number] = found = searched(
            rows[may], mine, inner_of, fits, what=f"fold {number}",
            seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]),
            state=(states or {}).get(number, ""),
            keep=None if keep is None else _kept(keep, number),
            **search,
        )  # fmt: skip
        fit = fits(found.settings if found else {})
        ensembles[number] = fit(rows[may], *learnt_from(mine))
    return ensembles, searches


def searched(
    rows: Rows,
    samples: gpd.GeoDataFrame,
    inner_of: InnerOf,
    fits: FitsWith,
    *,
    what: str,
    **search: Any,
) -> Tuned | None:
    """
    The settings found among some samples; None where they cannot be parted once more.

    Then, as too few deposits are left, the model keeps the settings it has, which is said.

    Parameters
    ----------
    rows : (samples, layers) float32
    samples : GeoDataFrame
    inner_of : function of samples that returns Folds
    fits : function of settings
    what : str
        Whose samples these are, as people read it.
    **search
        As :func:`geoprospect.models.tuning.tuned` takes it, ``seed`` included.
    """
    try:
        inner = inner_of(samples)
        telling(rows, samples, inner)
    except GeoprospectError as error:
        log.warning(
            "the samples of %s cannot be parted once more, so its settings are not searched for "
            "and stay as stated: %s", what, error,
        )  # fmt: skip
        return None
    return tuned(rows, samples, inner, fits, **search)


def _kept(keep: Callable[[int, str], Any], number: int) -> Callable[[str], Any]:
    return lambda text: keep(number, text)
