"""A block model from composites, whole: estimated, held against what it must beat, and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect.blocks import BlockGrid, Three, around
from geoprospect.kernels.structures import Nested
from geoprospect.language import say
from geoprospect.resources import estimators, rival
from geoprospect.resources.block_chances import Chances, Indicators, chances, indicated
from geoprospect.resources.block_samples import XYZ, in_the_air, known_samples, weighed
from geoprospect.resources.block_variogram import Fit, Looked, looked
from geoprospect.resources.classification import CAVEAT, LABEL, NAMES, shares
from geoprospect.resources.declustering import moments
from geoprospect.resources.grade_tonnage_curve import (
    GradeTonnageCurve,
    grade_tonnage_curve,
)
from geoprospect.resources.kriging import kriged
from geoprospect.resources.out_of_hole import OutOfHole, hole_folds, out_of_hole
from geoprospect.resources.search import Search
from geoprospect.resources.swath import swaths
from geoprospect.resources.top_cuts import capped, top_cuts
from geoprospect.resources.unheard import unheard

Counts = tuple[int, int, int]

SLICES = 20
"""About how many swaths there are along each axis."""
VARIABLES = {
    "estimate": ("{grade}", "{unit}"), "kriged": ("{grade}, kriged", "{unit}"),
    "variance": ("kriging variance", "{unit}^2"), "count": ("number of samples", "1"),
    "holes": ("number of holes", "1"), "mean_distance": ("mean distance to samples", "m"),
    "search_pass": ("pass of the search", "1"),
    "kriging_efficiency": ("kriging efficiency", "1"),
    "slope": ("slope of truth on estimate", "1"),
    "negative_weights": ("sum of negative weights", "1"),
    "hole_spacing": ("spacing of holes", "m"),
}  # fmt: skip
"""Variables of the blocks, with their long names and units."""


@dataclass(frozen=True, eq=False)
class BlockModel:
    """
    Blocks with their estimates, and all that says how far to trust them.

    ``samples`` are the composites it is made from, with their ``weight``; ``blocks`` has the
    variables of :func:`geoprospect.resources.kriging.kriged`, and ``kriged`` beside ``estimate``
    where LightGBM's correction was adopted. What was drilled and estimated but not classified is
    no mineral resource.
    """

    samples: pd.DataFrame = field(repr=False)
    blocks: xr.Dataset = field(repr=False)
    grid: BlockGrid
    cell: float
    variogram: Looked
    judged: OutOfHole = field(repr=False)
    verdict: rival.Verdict
    swaths: pd.DataFrame = field(repr=False)
    curve: GradeTonnageCurve
    chances: Chances | None
    levels: pd.DataFrame | None = field(repr=False)
    """Indicators of how well blocks are known, where they are asked for."""
    top_cuts: pd.DataFrame = field(repr=False)
    """Of the composites before any was cut."""
    air: int
    """Blocks above the ground, which have no estimate."""
    settings: Mapping[str, Any] = field(repr=False)
    """Grade, unit, density, top cut and what else was stated."""

    def told(self) -> dict[str, Any]:
        """All that a report says of it, ready for JSON."""
        grade, unit = self.settings["grade"], self.settings["unit"]
        return {
            "evidence_level": self.curve.evidence_level,
            **self.settings,
            "grid": {"origin": list(self.grid.origin), "size": list(self.grid.size),
                     "counts": list(self.grid.counts), "azimuth": self.grid.azimuth,
                     "crs": self.grid.crs, "blocks": self.grid.blocks, "air": self.air},
            "composites": self._composites(grade),
            "top_cuts": _rows(self.top_cuts),
            "variogram": self.variogram.told(),
            "estimates": self._estimates(),
            "out_of_hole": self.judged.told(),
            "verdict": {"adopted": self.verdict.adopted, "sentence": self.verdict.sentence},
            "swaths": _rows(self.swaths),
            "curve": self.curve.told()["curve"],
            **self._chances(),
            "indicators": None if self.levels is None else self._indicators(),
            "unit": unit,
        }  # fmt: skip

    def _chances(self) -> dict[str, Any]:
        """What realisations say, and how honest their intervals are."""
        drawn = self.chances
        if drawn is None:
            return {"simulated": None, "realisations": 0, "simulated_blocks": 0, "coverage": None,
                    "checks": None}  # fmt: skip
        return {
            "simulated": drawn.curve.told()["curve"], "realisations": drawn.curve.realisations,
            "simulated_blocks": drawn.blocks, "coverage": _rows(drawn.coverage),
            "checks": drawn.checks,
        }  # fmt: skip

    def _indicators(self) -> dict[str, Any]:
        """The share of blocks of each level, in words, with the caveat that goes with them."""
        assert self.levels is not None
        rows = _rows(shares(self.levels))
        return {
            "label": say(LABEL), "caveat": say(CAVEAT),
            "shares": [row | {"told": say(NAMES[row["level"]])} for row in rows],
        }  # fmt: skip

    def _composites(self, grade: str) -> dict[str, Any]:
        """Their number, and mean and deviation with all alike and declustered."""
        values, weights = (self.samples[name].to_numpy(float) for name in (grade, "weight"))
        raw, declustered = moments(values, np.ones(len(values))), moments(values, weights)
        return {
            "count": len(values), "holes": int(self.samples["hole"].nunique()),
            "highest": float(values.max()), "cell": self.cell,
            "mean": raw[0], "sd": raw[1],
            "declustered_mean": declustered[0], "declustered_sd": declustered[1],
        }  # fmt: skip

    def _estimates(self) -> dict[str, Any]:
        """How many blocks have one, by pass of the search, their mean and odd ones among them."""
        values = self.blocks["estimate"].to_numpy().ravel()
        known = np.isfinite(values)
        passes = self.blocks["search_pass"].to_numpy().ravel()[known]
        weights = self.blocks["negative_weights"].to_numpy().ravel()[known]
        numbers, counts = np.unique(passes, return_counts=True)
        return {
            "known": int(known.sum()), "mean": float(values[known].mean(dtype=np.float64)),
            "sd": float(values[known].std(dtype=np.float64)), "below_zero": int((values < 0).sum()),
            "negative_weights": float((weights < 0).mean()),
            "passes": {str(int(n)): int(k) for n, k in zip(numbers, counts, strict=True)},
        }  # fmt: skip


def block_model(
    samples: pd.DataFrame,
    *,
    grade: str,
    unit: str,
    crs: str,
    collars: pd.DataFrame,
    block: Three,
    density: float,
    cut_offs: list[float],
    seed: int,
    variogram: Nested | Fit = Fit(),  # noqa: B008  (frozen)
    search: Search = Search(),  # noqa: B008
    margin: float = 0.0,
    azimuth: float = 0.0,
    top_cut: float | None = None,
    cell: float | None = None,
    clustered: Literal["high", "low"] = "high",
    surface: Literal["collars", "none"] = "collars",
    discretisation: Counts = (5, 5, 3),
    folds: int = 10,
    simulations: int = 0,
    points: Counts = (2, 2, 2),
    classes: Indicators | None = None,
) -> BlockModel:
    """
    Grades of equal blocks about drill holes, kriged, and what bears on belief in them.

    In the order in which a careful geologist does it: samples at one place are put together,
    grades above a stated top cut are cut, composites are declustered, the variogram is fitted or
    taken as stated, blocks are kriged within a search, and holes are left out whole to see
    whether kriging beats the nearest sample, and whether LightGBM's correction beats kriging by
    more than a standard error; only then is it used. Realisations say what the tonnage
    may be [1]_.

    Parameters
    ----------
    samples : DataFrame
        Composites: ``hole``, ``from``, ``to``, ``x``, ``y``, ``z`` [m] and the grade; NaN is
        unknown and left out.
    grade, unit : str
        The column, and what it is in: ``%``, ``g/t``, ``ppm``...
    crs : str
        Of the places; empty for a mine's own grid.
    collars : DataFrame
        ``x``, ``y``, ``z`` [m].
    block : (3,)
        Size of a block along x, y and z [m].
    density : float
        Dry, in bulk [t m-3].
    cut_offs : list of float
        Of the grade-tonnage curve, in *unit*.
    seed : int
        Of folds, trees and realisations.
    variogram : Nested or Fit
        As stated, or how it is to be fitted.
    search : Search
        Which samples a block is estimated from.
    margin : float
        How far blocks reach beyond the composites [m].
    azimuth : float
        Of the rows of blocks, clockwise from north [degrees].
    top_cut : float, optional
        Grades above it count as it, in *unit*; never by itself.
    cell : float, optional
        Side of a declustering cell [m]; else that of several at which the mean is least.
    clustered : {"high", "low"}
        Whether rich or poor ground was drilled closely; the cell is where the mean is least, or
        greatest.
    surface : {"collars", "none"}
        Whether the ground's surface runs through the collars, so that blocks whose middle lies
        above it are air; underground it does not.
    discretisation : (3,) int
        Points along x, y and z that stand for a block in kriging.
    folds : int
        Groups of holes that are left out in turn.
    simulations : int
        Realisations, 100 or more; 0 for none.
    points : (3,) int
        Points along x, y and z over which a realisation is averaged in a block.
    classes : Indicators, optional
        By which rules blocks are sorted by how well they are known.

    Returns
    -------
    BlockModel

    Raises
    ------
    DataError
        If no composite has the grade, or the variogram cannot be fitted.

    References
    ----------
    .. [1] Rossi, M.E., Deutsch, C.V. (2014). Mineral Resource Estimation. Springer.
    """
    every = known_samples(samples, grade)
    if top_cut is not None:
        every = every.assign(**{grade: capped(every[grade].to_numpy(float), cut=top_cut)})
    known, cell = weighed(every, grade, cell, clustered)
    seen = looked(known, grade=grade, variogram=variogram)
    grid = around(known[XYZ], size=block, crs=crs, margin=margin, azimuth=azimuth)
    groups = hole_folds(known, count=min(folds, known["hole"].nunique()), seed=seed)
    judged, verdict = _judged(known, grade, seen.variogram, search, groups, seed, azimuth)
    found = kriged(known, grid, grade=grade, variogram=seen.variogram, search=search,
                   discretisation=discretisation)  # fmt: skip
    if verdict.adopted:
        found = _corrected(known, grid, found, grade, seen.variogram, search, seed, azimuth)
    air = in_the_air(grid, collars if surface == "collars" else None)
    found = found.astype(float)
    found.loc[air] = np.nan
    estimates = found["estimate"].to_numpy(float)
    amounts: dict[str, Any] = {
        "cut_offs": cut_offs,
        "volume": grid.volume,
        "density": density,
        "unit": unit,
    }
    drawn = None
    if simulations:
        drawn = chances(known, grade=grade, variogram=variogram, search=search, grid=grid,
                        wanted=np.isfinite(estimates), points=points, cell=cell, folds=groups,
                        seed=seed, realisations=simulations, amounts=amounts)  # fmt: skip
    levels = None
    if classes is not None:
        levels = indicated(known, grid, np.isfinite(estimates), classes, drawn)
        found = found.join(levels.astype(float))
        found.loc[np.isnan(estimates), levels.columns] = np.nan
    x, y, z = (max(1, round(count / SLICES)) for count in grid.counts)
    sliced = swaths(known, estimates, grid=grid, grade=grade, weights=known["weight"],
                    thickness=(x, y, z))  # fmt: skip
    return BlockModel(
        known, _dataset(grid, found, grade, unit), grid, cell, seen, judged, verdict, sliced,
        grade_tonnage_curve(estimates, **amounts), drawn, levels,
        top_cuts(known_samples(samples, grade)[grade].to_numpy(float)), int(air.sum()),
        {"grade": grade, "unit": unit, "density": density, "top_cut": top_cut},
    )  # fmt: skip


def _judged(
    known: pd.DataFrame, grade: str, variogram: Nested, search: Search, folds: npt.ArrayLike,
    seed: int, azimuth: float,
) -> tuple[OutOfHole, rival.Verdict]:  # fmt: skip
    """How well each estimator does where a hole is left out, and whether the rival is used."""
    with unheard():
        judged = out_of_hole(
            known, grade=grade, folds=folds,
            estimators={
                "nearest": estimators.nearest_sample(grade=grade),
                "inverse_distance": estimators.inverse_distance(grade=grade),
                "kriging": estimators.kriging(grade=grade, variogram=variogram, search=search),
                "lightgbm": rival.rival(grade=grade, variogram=variogram, seed=seed, search=search,
                                        azimuth=azimuth),
            },
        )  # fmt: skip
    return judged, rival.verdict(judged)


def _corrected(
    known: pd.DataFrame, grid: BlockGrid, found: pd.DataFrame, grade: str, variogram: Nested,
    search: Search, seed: int, azimuth: float,
) -> pd.DataFrame:  # fmt: skip
    """Estimates of blocks with what LightGBM has learnt of kriging's errors."""
    with unheard():
        trees = rival.trained(known, grade=grade, variogram=variogram, seed=seed, search=search,
                              azimuth=azimuth)  # fmt: skip
    places = pd.DataFrame(grid.centres(), columns=XYZ)
    return found.assign(kriged=found["estimate"], estimate=trees.estimates(places, found))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: what is unknown is none."""
    known = table.astype(object).where(table.notna(), None)
    return [{str(name): one for name, one in row.items()} for row in known.to_dict("records")]


def _dataset(grid: BlockGrid, found: pd.DataFrame, grade: str, unit: str) -> xr.Dataset:
    made = grid.dataset(**{str(name): one.to_numpy(np.float32) for name, one in found.items()})
    for name in map(str, found.columns):
        told, units = VARIABLES.get(name, (name.replace("_", " "), "1"))
        made[name].attrs |= {
            "long_name": told.format(grade=grade), "units": units.format(unit=unit),
        }  # fmt: skip
    return made
