"""A layer as weights of evidence see it: cut in two, or by class, each side with its weight."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from geoprospect.kernels import weights as kernel

Rows = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cut:
    """
    A measured layer in two: *up_to* a threshold, and *beyond* it [log-odds].

    Deviations are those of the weights; *contrast* and *studentised* tell how far the
    better side and the other differ. All zero, and no threshold, where nothing is sure.
    """

    threshold: float | None
    up_to: float = 0.0
    beyond: float = 0.0
    up_to_sd: float = 0.0
    beyond_sd: float = 0.0
    contrast: float = 0.0
    studentised: float = 0.0

    def weights(self, values: Rows) -> Values:
        """Weight of each value [log-odds]; 0 where it is unknown."""
        if self.threshold is None:
            return np.zeros(len(values))
        edge = np.float32(self.threshold)
        return np.where(values <= edge, self.up_to, np.where(values > edge, self.beyond, 0.0))

    def told(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "cut"} | asdict(self)


@dataclass(frozen=True)
class Classes:
    """
    A layer of classes: each code that training met, rising, with its weight [log-odds].

    *own* says which codes keep their own weight; the others are weighed together.
    """

    codes: tuple[int, ...]
    weight: tuple[float, ...]
    sd: tuple[float, ...]
    own: tuple[bool, ...]

    def weights(self, values: Rows) -> Values:
        """Weight of each code [log-odds]; 0 where it is unknown, or training never met it."""
        if not self.codes:
            return np.zeros(len(values))
        codes, weight = np.array(self.codes, "float32"), np.array(self.weight)
        place = np.minimum(np.searchsorted(codes, values), len(codes) - 1)
        return np.where(codes[place] == values, weight[place], 0.0)

    def told(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "classes"} | asdict(self)


Weighed: TypeAlias = Cut | Classes
WAYS: tuple[kernel.Mode, ...] = ("ascending", "descending")


def cut(
    values: Rows,
    deposit: Flags,
    counts: Values,
    *,
    number: int,
    rule: kernel.Rule,
    confidence: float,
) -> Cut:
    """
    The best cut of a measured layer, among quantiles of its background.

    Low values and high ones are both tried as the pattern; the better way is taken,
    low ones where both are as good.
    """
    totals = _totals(deposit, counts)
    edges = _edges(values[~deposit & (counts > 0)], number)
    if totals is None or not len(edges):
        return Cut(None)
    side = np.searchsorted(edges, values, side="left")
    on, barren = (_by_class(side, mask, counts, len(edges) + 1) for mask in (deposit, ~deposit))
    told = [
        (edges[row], mode, found, row)
        for mode in WAYS
        for found in [_of_sides(on, barren, mode, totals)]
        for row in [kernel.best(found, rule=rule, confidence=confidence)]
        if row is not None
    ]
    if not told:
        return Cut(None)
    return _as_cut(*max(told, key=lambda one: getattr(one[2], rule)[one[3]]))


def _edges(background: Rows, number: int) -> Rows:
    """Quantiles of the background, without its highest value: it leaves nothing beyond."""
    ordered = np.sort(background)
    places = np.arange(1, number) * len(ordered) // number
    edges = np.unique(ordered[places]) if len(ordered) else ordered
    return edges[edges < ordered[-1]] if len(ordered) else edges


def _of_sides(
    on: Values, barren: Values, mode: kernel.Mode, totals: tuple[float, float]
) -> kernel.Weights:
    """Weights of each cut, with the values up to it as the pattern, or those beyond it."""
    inside = slice(None, -1) if mode == "ascending" else slice(1, None)
    deposits, units = kernel.patterns(on, mode), kernel.patterns(on + barren, mode)
    return kernel.weights(deposits[inside], units[inside], deposits=totals[0], units=sum(totals))


def _as_cut(edge: np.float32, mode: kernel.Mode, found: kernel.Weights, row: int) -> Cut:
    inside = float(found.plus[row]), float(found.plus_sd[row])
    outside = float(found.minus[row]), float(found.minus_sd[row])
    low, high = (inside, outside) if mode == "ascending" else (outside, inside)
    told = float(found.contrast[row]), float(found.studentised[row])
    return Cut(float(edge), low[0], high[0], low[1], high[1], *told)


def classes(values: Rows, deposit: Flags, counts: Values, *, confidence: float) -> Classes:
    """The weights of a layer of classes."""
    totals = _totals(deposit, counts)
    if totals is None:
        return Classes((), (), (), ())
    codes, place = np.unique(values, return_inverse=True)
    on, barren = (_by_class(place, mask, counts, len(codes)) for mask in (deposit, ~deposit))
    own, weight, sd = kernel.pooled(
        on, on + barren, deposits=totals[0], units=sum(totals), confidence=confidence
    )
    return Classes(
        tuple(int(code) for code in codes),
        tuple(weight.tolist()),
        tuple(sd.tolist()),
        tuple(own.tolist()),
    )


def restored(told: Mapping[str, Any]) -> Weighed:
    """A layer back from what :meth:`Cut.told` or :meth:`Classes.told` said; ValueError if not."""
    values = dict(told)
    kind = values.pop("kind")
    if kind == "cut":
        numbers = {k: None if v is None else float(v) for k, v in values.items()}
        made = Cut(**numbers)  # type: ignore[arg-type]
        if not all(v is None or math.isfinite(v) for v in numbers.values()):
            raise ValueError("a weight is not finite")
        return made
    if kind != "classes":
        raise ValueError(f"a layer of kind {kind!r}")
    codes = tuple(int(code) for code in values["codes"])
    weight, sd = (tuple(float(one) for one in values[name]) for name in ("weight", "sd"))
    own = tuple(bool(one) for one in values["own"])
    if not len(codes) == len(weight) == len(sd) == len(own):
        raise ValueError("codes and weights differ in number")
    return Classes(codes, weight, sd, own)


def _totals(deposit: Flags, counts: Values) -> tuple[float, float] | None:
    """Deposits and background that are known; None where too few to tell a weight."""
    deposits, background = float(counts[deposit].sum()), float(counts[~deposit].sum())
    return (deposits, background) if deposits >= 1 and background > 1 else None


def _by_class(place: npt.NDArray[Any], mask: Flags, counts: Values, number: int) -> Values:
    return np.bincount(place[mask], weights=counts[mask], minlength=number).astype("float64")
