"""Each target explained: its reasons, its analogues and what both say, ready to be written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, language
from geoprospect.targets import analogues as alike
from geoprospect.targets import reasons as why
from geoprospect.targets.reasons import Explain
from geoprospect.targets.sentences import Case, Layer, sentences

VERSION = 1
"""Of the form in which explanations are told."""


def explanations(
    targets: gpd.GeoDataFrame,
    *,
    cube: xr.Dataset,
    contributions: Explain | None,
    deposits: gpd.GeoDataFrame,
    grid: GeoBox,
    roles: Mapping[str, str] | None = None,
    units: str = "log-odds",
) -> dict[str, Any]:
    """
    Why each target scores as it does, in numbers and in words of every language.

    Computed on purpose: reads the cube at the targets' cells, at the deposits, and at some
    20,000 cells of the district.

    Parameters
    ----------
    targets : GeoDataFrame of Polygon
        With ``label`` and ``score``, in the grid's CRS.
    cube : Dataset
        The evidence.
    contributions : function of (cells, layers) float32, optional
        Gives the contribution of every evidence layer, in cube order, and last the base
        value, (cells, layers + 1). None of a model whose scores are no sums over layers:
        values and gaps are told all the same, contributions and analogues are not.
    deposits : GeoDataFrame
        Known deposits, in the grid's CRS.
    grid : GeoBox
        Grid of the cube.
    roles : mapping of layer to role, optional
        Of the mineral system, where they are stated.
    units : str
        Of the contributions: log-odds, or 1 where the model's raw scores are shares.

    Returns
    -------
    dict, JSON-ready, unknown numbers as None
        ``version``, ``units``; ``layers``: ``name``, ``long_name``, ``units``, ``role`` and the
        district's ``quantiles`` at every 5 % (none of classes); ``targets`` by label: ``base``,
        ``score_raw``, ``contributions`` (the strongest first), ``analogues``, and
        ``sentences`` by language, each with ``for``, ``against`` and ``summary``.

    Raises
    ------
    ContractError
        If something is not on *grid*, or *contributions* gives another shape.
    """
    named = roles or {}
    of_layer = {
        name: Layer(
            str(cube[name].attrs["long_name"]), str(cube[name].attrs["units"]), named.get(name)
        )
        for name in contract.evidence(cube)
    }
    given = contributions or _none
    district = why.district_values(cube)
    found = why.reasons(targets, cube=cube, contributions=given, grid=grid, district=district)
    like = alike.analogues(
        targets, found, deposits if contributions else deposits.iloc[:0], cube=cube,
        contributions=given, grid=grid,
    )  # fmt: skip
    explained = {}
    for label, score in zip(targets["label"], targets["score"], strict=True):
        case = _case(str(label), score, found, like, units, additive=contributions is not None)
        explained[case.label] = _told(case, of_layer)
    return {
        "version": VERSION,
        "units": units if contributions else None,
        "layers": [
            {
                "name": name,
                "long_name": layer.long_name,
                "units": layer.units,
                "role": layer.role,
                "quantiles": []
                if contract.is_categorical(cube[name])
                else [_short(one) for one in why.quantiles(district[name])],
            }
            for name, layer in of_layer.items()
        ],
        "targets": explained,
    }


def _case(
    label: str,
    score: float,
    reasons: pd.DataFrame,
    like: pd.DataFrame,
    units: str,
    *,
    additive: bool,
) -> Case:
    """One target's rows, the strongest contribution first."""
    mine = reasons[reasons["target"] == label]
    mine = mine.sort_values("contribution", key=abs, ascending=False, kind="stable")
    known = additive and len(mine) and not mine["base"].isna().any()
    return Case(
        label=label,
        score=_short(score),
        base=float(mine["base"].iloc[0]) if known else None,
        contributions=[
            {
                "layer": row.layer,
                "contribution": _short(row.contribution) if known else None,
                "value": _short(row.value),
                "percentile": _short(row.percentile),
                "missing_share": _short(row.missing_share),
                "class": row.meaning or None,
            }
            for row in mine.itertuples()
        ],
        analogues=[
            {
                "deposit": row.deposit,
                "distance_m": _short(row.distance_m),
                "similarity": _short(row.similarity),
            }
            for row in like[like["target"] == label].itertuples()
        ],
        units=units,
    )


def _told(case: Case, layers: Mapping[str, Layer]) -> dict[str, Any]:
    raw = None
    if case.base is not None:
        raw = _short(case.base + sum(one["contribution"] for one in case.contributions))
    said = {}
    for name in language.LANGUAGES:
        with language.spoken(name):
            said[name] = sentences(case, layers)
    return {
        "base": None if case.base is None else _short(case.base),
        "score_raw": raw,
        "contributions": list(case.contributions),
        "analogues": list(case.analogues),
        "sentences": said,
    }


def _none(rows: why.Values) -> Any:
    """What a model adds whose scores are no sums: nothing."""
    return np.zeros((len(rows), rows.shape[1] + 1))


def _short(number: Any) -> float | None:
    """To six figures; None for unknown."""
    return None if number is None or math.isnan(number) else float(f"{number:.6g}")
