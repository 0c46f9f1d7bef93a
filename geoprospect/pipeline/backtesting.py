"""
The past as a test of a run's own model: taught what was known at each cut date, then judged.

Takes what a run has and gives tables; reads and writes nothing.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geoprospect import contract
from geoprospect.drilling.backtest import area, fingerprint, judged, placebo
from geoprospect.drilling.comparison import FEWEST
from geoprospect.drilling.dated import existing
from geoprospect.drilling.discoveries import Finds, Split, dates_of
from geoprospect.errors import DataError, GeoprospectError
from geoprospect.pipeline.past import HISTORIC, Past, Values

log = logging.getLogger("geoprospect.pipeline")

MODEL = "model"

PLACEBOS = 5
"""Models taught with random cells, and with shuffled dates, unless it is stated."""

FEWEST_CUTS = 3
"""Cut dates below which a good one may be luck."""


@dataclass(frozen=True)
class Cut:
    """
    One cut date: what was known, what was used, and whether the test itself holds.

    ``known`` deposits, later ``discoveries`` (clusters) and open ``cells``; ``decidable`` from
    five discoveries on. ``ranks`` of the discoveries by the model among these cells, from 1, and
    the ``best`` single layer. Layers ``used``, ``left_out`` as later than the date, and those of
    the used that nobody dates, at ``risk`` of a leak. ``ranking`` is the SHA-256 of the model's
    scores, taken before the discoveries were looked at. ``placebo`` is the mean area under the
    capture curve [1] of the model taught with random cells: 0.5, unless it ``leaks``. ``shuffled``
    is the same with the dates dealt anew among the deposits, which tells what a split that knows
    no time would have said; null where no deal can be tested. Later holes ``met`` so many of the
    discoveries, null without collars: where these are few, the list of holes is not whole.
    """

    cut: str
    known: int
    discoveries: int
    cells: int
    decidable: bool
    ranks: list[float]
    best: str
    used: list[str]
    left_out: list[str]
    risk: list[str]
    ranking: str
    placebo: float
    leaks: bool
    shuffled: float | None
    met: int | None


@dataclass(frozen=True, eq=False)
class Backtest:
    """
    All cut dates, the bad ones too.

    ``table`` has a row for each ``cut`` and ``ranking``, with the columns of
    :func:`geoprospect.drilling.backtest.judged`; ``cuts`` say what each rests on.
    """

    table: pd.DataFrame = field(repr=False)
    cuts: list[Cut]

    def told(self) -> dict[str, Any]:
        """Ready for JSON; what is not known is null."""
        rows = [
            {str(name): None if pd.isna(value) else value for name, value in row.items()}
            for row in self.table.to_dict("records")
        ]
        return {"rankings": rows, "cuts": [asdict(one) for one in self.cuts]}


def backtest(
    past: Past, *, cut: Sequence[str | int], holes_per_cell: float, placebos: int = PLACEBOS
) -> Backtest:
    """
    The run's model, taught only what was known at each date, against what was found later.

    Beside the model stand drilling at random, nearness to known deposits, the best single
    layer, weights of evidence, and, if collars have dates, the order in which the ground
    was drilled in truth.

    Parameters
    ----------
    past : Past
    cut : sequence of dates or years
        Three at least; every one is reported.
    holes_per_cell : float
        Holes to test one cell: their number over the chance that they meet a deposit there.
    placebos : int
        Models taught with random cells, and with shuffled dates, at each date.

    Returns
    -------
    Backtest

    Raises
    ------
    DataError
        If a layer runs with the dates of discovery, a column is missing, or at a date nothing
        was known before or found after.
    ValueError
        If there are fewer than three dates, or one twice, or no placebo.
    """
    check(cut, holes_per_cell=holes_per_cell, placebos=placebos)
    parts, done = parted(past, cut), []
    for one, of in parts.items():
        with _noted(one):
            done.append(_at(past, one, of, holes_per_cell, placebos))
    tables, told = zip(*done, strict=True)
    return Backtest(pd.concat(tables, ignore_index=True), list(told))


def check(cut: Sequence[str | int], *, holes_per_cell: float, placebos: int) -> None:
    """
    Refuse settings of :func:`backtest` that are out of range.

    Raises
    ------
    DataError
        If a date cannot be read.
    ValueError
        If there are fewer than three dates, or one twice, fewer holes than 1, or no placebo.
    """
    dates = [str(one) for one in cut]
    if len(set(dates)) < max(FEWEST_CUTS, len(dates)):
        raise ValueError(
            f"cut must name {FEWEST_CUTS} different dates or more, for one alone may be luck; got "
            f"{', '.join(dates) or 'none'}"
        )
    dates_of(pd.Series(dates, dtype=object), "cuts")
    if not holes_per_cell >= 1:
        raise ValueError(f"holes_per_cell must be 1 or more, got {holes_per_cell:g}")
    if placebos < 1:
        raise ValueError(f"placebos must be 1 or more, got {placebos}")


def parted(past: Past, cut: Sequence[str | int]) -> dict[str, Split]:
    """
    What was known at each date and what was found later, earliest first.

    Raises
    ------
    DataError
        Naming the date at which nothing was known before or found after.
    """
    parts = {}
    for one in sorted(map(str, cut)):
        with _noted(one):
            parts[one] = past.split(one)
    return parts


@contextlib.contextmanager
def _noted(cut: str) -> Iterator[None]:
    """Errors within the block say at which date."""
    try:
        yield
    except GeoprospectError as error:
        error.add_note(f"at the cut date {cut}")
        raise


def _at(
    past: Past, cut: str, parts: Split, holes_per_cell: float, placebos: int
) -> tuple[pd.DataFrame, Cut]:
    layers = existing(contract.evidence(past.cube), past.acquired, cut=cut)
    scores = past.scores(parts.before, layers.used)
    frozen = fingerprint(scores)
    drilled, historic = past.history(cut)
    others, best = past.baselines(parts.before, layers.used)
    rankings = {MODEL: scores} | others | historic
    finds = past.finds(parts, drilled)
    table = judged(rankings, finds, model=MODEL, holes_per_cell=holes_per_cell, seed=past.seed)
    random = placebo(
        lambda cells: past.scores(past.points(cells), layers.used), finds,
        known=len(parts.before), times=placebos, seed=past.seed,
    )  # fmt: skip
    told = Cut(
        cut, len(parts.before), finds.discoveries, int(finds.open.sum()),
        finds.discoveries >= FEWEST, sorted(finds.ranks(scores).tolist()), best, *layers,
        frozen, float(random.mean()),
        _leaks(random, finds.discoveries, cut),
        _shuffled(past, cut, layers.used, placebos), _met(historic, finds, cut),
    )  # fmt: skip
    return table.rename_axis("ranking").reset_index().assign(cut=cut), told


def _met(historic: Mapping[str, Values], finds: Finds, cut: str) -> int | None:
    """Discoveries in a cell of which a later hole was drilled; None where no hole is known."""
    if HISTORIC not in historic:
        return None
    met = len(np.unique(finds.groups[~np.isnan(historic[HISTORIC][finds.cells])]))
    if met < finds.discoveries / 2:
        log.warning(
            "at %s the holes drilled later met %d of %d discoveries: their list is not whole, and "
            "to be better than it shows nothing", cut, met, finds.discoveries,
        )  # fmt: skip
    return met


def _leaks(placebos: Values, discoveries: int, cut: str) -> bool:
    """
    Whether models that know nothing find more than two standard errors above chance.

    The error is that of so few discoveries, and that of so few models as far as these differ.
    """
    placebo, times = float(placebos.mean()), len(placebos)
    among = float(placebos.var(ddof=1)) / times if times > 1 else 0.0
    least = 0.5 + 2 * math.sqrt(1 / (12 * discoveries) + among)
    if placebo <= least:
        return False
    log.warning(
        "at %s a model taught with random cells captures discoveries with an area of %.2f, and "
        "chance would reach %.2f at most: something other than ore tells where they are",
        cut, placebo, least,
    )  # fmt: skip
    return True


def _shuffled(past: Past, cut: str, layers: Sequence[str], times: int) -> float | None:
    """Mean area under the capture curve over deals of the dates that can be tested."""
    rng = np.random.default_rng(past.seed)
    found = []
    for _ in range(times):
        try:
            parts = past.split(cut, shuffled=rng)
            finds = past.finds(parts, np.zeros(len(past.at), bool))
        except DataError as error:
            log.info("a deal of shuffled dates cannot be tested: %s", error)
            continue
        ranks = finds.ranks(past.scores(parts.before, layers))
        found.append(area(ranks, int(finds.open.sum())))
    return float(np.mean(found)) if found else None
