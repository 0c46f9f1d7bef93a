"""Risk and return: where a high score is also a sure one."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.errors import DataError
from geoprospect.language import marked

log = logging.getLogger("geoprospect.maps")

DRILL_READY, COLLECT_DATA, UNKNOWN, STERILISED = 1, 2, 3, 4
QUADRANTS = {
    DRILL_READY: marked("drill-ready: high return, low risk"),
    COLLECT_DATA: marked("collect data: high return, high risk"),
    UNKNOWN: marked("poorly known: low return, high risk"),
    STERILISED: marked("sterilised: low return, low risk"),
}

STEPS = 100
"""Steps of a percentile."""

DECILES = 10

Values = npt.NDArray[np.float32]
Cuts = npt.NDArray[np.float64]


def check(top: float) -> None:
    """Raise a ValueError unless *top* is a share between 0 and 1."""
    if not 0 < top < 1:
        raise ValueError(f"top must be a share between 0 and 1, got {top}")


def risk_return(
    prospectivity: xr.DataArray,
    epistemic: xr.DataArray,
    *,
    threshold: float | None = None,
    top: float = 0.1,
) -> xr.Dataset:
    """
    Each cell's return and risk [1], their index, and which of four quadrants it lies in.

    A drill hole is spent best where the score is high and the members agree; where
    it is high and they do not, a survey comes first [1]_. *Return* is the score's
    percentile over the map. *Risk* is the percentile of the epistemic uncertainty
    among cells in the same tenth of return: a score near one half can be
    uncertain as one near zero cannot, so only like is compared with like.

    Computed on purpose: the quantiles, in up to ten passes over the maps, block by block.

    Parameters
    ----------
    prospectivity : DataArray (y, x)
        Mean score [1].
    epistemic : DataArray (y, x)
        Uncertainty between the members, on the same grid.
    threshold : float, optional
        Return is high from this score on: that of the prediction-area crossing, say.
    top : float
        Without a threshold, return is high in this best share of the cells, ties included.

    Returns
    -------
    Dataset of DataArray (y, x) float32, lazy
        ``return`` and ``risk`` in steps of 1/200: the share of cells that have less, plus
        half of those that have as much, each rounded down to a percent;
        ``exploration_index`` = return x (1 - risk); ``quadrant``, a class map. Risk
        is low up to the median of the cells of high return. NaN where either map is. The
        thresholds stand in the attrs of the Dataset: ``score_threshold`` and
        ``risk_threshold``.

    Raises
    ------
    ContractError
        If the maps are not on one grid.
    DataError
        If no cell is known, or none reaches the threshold.
    ValueError
        If *top* is not in (0, 1).

    References
    ----------
    .. [1] Wang, Z., Yin, Z., Caers, J., Zuo, R. (2020). A Monte Carlo-based framework
       for risk-return analysis in mineral prospectivity mapping. Geoscience
       Frontiers 11, 2297-2308.
    """
    check(top)
    contract.check_layer(epistemic, contract.grid_of(prospectivity), "epistemic")
    both = lazy.chunked(xr.Dataset({"score": prospectivity, "doubt": epistemic}))
    both = both.where(~(np.isnan(both["score"]) | np.isnan(both["doubt"])))
    shares = np.arange(1, STEPS + 1) / STEPS
    steps = lazy.quantiles(both["score"], list(shares))[0]
    cut = _score_cut(both["score"], float(steps[-1]), threshold, top)
    tenth = lazy.from_cube(_tenth, both, ["score"], ["tenth"], steps)["tenth"]
    risks = lazy.quantiles(both["doubt"], list(shares), group=tenth, groups=DECILES)
    risk_cut = _median_risk(both, steps, risks, cut)
    names = ["return", "risk", "exploration_index", "quadrant"]
    maps = lazy.from_cube(
        _placed, both, ["score", "doubt"], names, steps, risks, (np.float32(cut), risk_cut)
    )
    return _described(maps).assign_attrs(score_threshold=cut, risk_threshold=risk_cut)


def table(quadrant: xr.DataArray, samples: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """
    Of each quadrant its share of the ground, of the known deposits, and their ratio.

    The deposits have taught the model, so this says how well it fits them
    (success rate), not how well it finds others. Computed on purpose.

    Parameters
    ----------
    quadrant : DataArray (y, x)
        From :func:`risk_return`.
    samples : GeoDataFrame
        With ``label``, ``row`` and ``column``.

    Returns
    -------
    list of dict
        ``quadrant`` (code), ``name``, ``area`` and ``deposits`` [shares], ``count`` (of
        deposits), ``lift`` (deposits over area; None where there is no area).

    Raises
    ------
    DataError
        If no cell of the map is known.
    """
    codes = list(contract.meanings(quadrant))
    cells = lazy.summed(lambda block: np.array([(block == c).sum() for c in codes]), quadrant)
    if not cells.sum():
        raise DataError("no cell of the quadrant map is known, so there is nothing to count")
    deposits = samples[samples["label"] == 1]
    at = lazy.sample(
        xr.Dataset({"quadrant": quadrant}), ["quadrant"], deposits["row"], deposits["column"]
    )[:, 0]
    unknown = int(np.isnan(at).sum())
    if unknown:
        log.warning("%d of %d deposits lie where the map is unknown and are in no quadrant",
                    unknown, len(at))  # fmt: skip
    counts = np.array([(at == code).sum() for code in codes])
    area, share = cells / cells.sum(), counts / max(1, counts.sum())
    told = contract.meanings(quadrant)
    return [
        {
            "quadrant": int(code),
            "name": told[code],
            "area": float(area[n]),
            "deposits": float(share[n]),
            "count": int(counts[n]),
            "lift": float(share[n] / area[n]) if cells[n] and counts.sum() else None,
        }
        for n, code in enumerate(codes)
    ]


def _score_cut(score: xr.DataArray, highest: float, threshold: float | None, top: float) -> float:
    """The score from which on return is high; that some cell reaches."""
    if threshold is None:
        found = lazy.best(score, top)
        if found is not None:
            return found.threshold
    if threshold is None or np.isnan(highest):
        raise DataError("no cell has both a score and an uncertainty, so there is no risk to tell")
    if highest < np.float32(threshold):
        raise DataError(
            f"no cell reaches the threshold {threshold:g}; the highest score is {highest:g}"
        )
    return float(np.float32(threshold))


def _median_risk(both: xr.Dataset, steps: Cuts, risks: Cuts, cut: float) -> float:
    """The lowest risk that half of the cells of high return do not exceed."""

    def block_counts(score: Values, doubt: Values) -> npt.NDArray[np.int64]:
        high = score >= np.float32(cut)
        half_steps = np.rint(2 * STEPS * _risk(score[high], doubt[high], steps, risks))
        return np.bincount(half_steps.astype(int), minlength=2 * STEPS + 1)

    up_to = np.cumsum(lazy.summed(block_counts, both["score"], both["doubt"]))
    return float(np.searchsorted(up_to, up_to[-1] / 2) / (2 * STEPS))


def _percentile(values: Values, steps: Cuts) -> Cuts:
    """Share of cells that have less, plus half of those that have as much, by percents."""
    less, no_more = (np.searchsorted(steps, values, side=s) for s in ("left", "right"))
    share: Cuts = (less + no_more) / (2 * STEPS)
    return share


def _tenth_of(share: Cuts) -> npt.NDArray[np.int64]:
    return np.minimum(np.floor(DECILES * share + 1e-9), DECILES - 1).astype(np.int64)


def _tenth(layers: Values, steps: Cuts) -> Values:
    """Which tenth of return each cell is in, from 0."""
    made = _tenth_of(_percentile(layers, steps)).astype("float32")
    made[np.isnan(layers)] = np.nan
    return made


def _risk(score: Values, doubt: Values, steps: Cuts, risks: Cuts) -> Cuts:
    """Percentile of each doubt among those of its tenth of return."""
    tenth = _tenth_of(_percentile(score, steps))
    share = np.full(doubt.shape, np.nan)
    for number in np.unique(tenth):
        mine = tenth == number
        share[mine] = _percentile(doubt[mine], risks[number])
    return share


def _placed(layers: Values, steps: Cuts, risks: Cuts, cuts: tuple[Any, float]) -> Values:
    """Return, risk, index and quadrant of a block."""
    score, doubt = layers
    known = ~np.isnan(score)
    made = np.full((4, *score.shape), np.nan, "float32")
    gain, risk = _percentile(score[known], steps), _risk(score[known], doubt[known], steps, risks)
    high, safe = score[known] >= cuts[0], risk <= cuts[1]
    quadrant = np.where(
        high, np.where(safe, DRILL_READY, COLLECT_DATA), np.where(safe, STERILISED, UNKNOWN)
    )
    made[:, known] = gain, risk, gain * (1 - risk), quadrant
    return made


def _described(maps: xr.Dataset) -> xr.Dataset:
    told = {
        "return": "percentile of prospectivity",
        "risk": "percentile of the uncertainty between members, among cells of like score",
        "exploration_index": "exploration index: return times one minus risk",
    }
    made = {
        name: contract.describe(maps[name], long_name=text, units="1")
        for name, text in told.items()
    }
    made["quadrant"] = contract.describe(
        maps["quadrant"], long_name="risk and return", units="1", meanings=QUADRANTS
    )
    return xr.Dataset(made)
