"""One place's score, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import signed, told_apart, unit_told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = 44
"""Of a label."""
MOST_STEPS = 9
"""Layers drawn one by one; the rest goes together."""
BASE, REST, RAW, SCORE = "base_value", "rest", "raw_score", "score"
LOWERS, RAISES = style.EITHER_WAY[0], style.EITHER_WAY[-1]


@FIGURES.register
def waterfall(
    breakdown: pd.DataFrame,
    *,
    place: str,
    most: int = MOST_STEPS,
    width: float = canvas.ON_PAGE,
) -> Figure:
    """
    From the base value to a place's raw score, layer by layer [the model's unit].

    Read from above: what the model says knowing nothing, what each layer adds (red) or
    takes (blue) here, and where that ends. Association, not cause [1]_.

    Parameters
    ----------
    breakdown : DataFrame
        Rows of one or more places: ``place``, ``layer``, ``long_name``, ``units``, ``value``,
        ``meaning``, ``contribution``, ``base_value``, ``raw_score``, ``score`` and
        ``contribution_units``; see :func:`geoprospect.explain.breakdown.breakdown`.
    place : str
        Which of them.
    most : int
        Layers drawn by themselves, the largest contributions either way first.
    width : float
        Of the figure [mm].

    Raises
    ------
    ValueError
        If the place is not there.

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    narrow = width <= canvas.ONE_AND_A_HALF
    steps = waterfall_data(breakdown, place=place, most=most, letters=30 if narrow else LETTERS)
    bars, score = steps.iloc[:-1], float(steps["amount"].iloc[-1])
    with canvas.paper(width):
        figure = canvas.plate(width, 24 + 5.6 * len(bars))
        axes = figure.add_subplot(xlabel=unit_told(str(bars["units"].iloc[0])))
        axes.set_title(say("{place}: score {score:.2f}", place=place, score=score))
        for number, step in enumerate(bars.itertuples()):
            _bar(axes, number, step)
        _links(axes, bars)
        reach = pd.concat([bars["start"], bars["end"]])
        pad = (0.3 if narrow else 0.13) * max(1e-9, reach.max() - reach.min())
        axes.set(xlim=(reach.min() - pad, reach.max() + pad), ylim=(len(bars) - 0.4, -0.6))
        axes.set_yticks(range(len(bars)), told_apart(list(bars["label"])))
        axes.tick_params(axis="y", length=0)
        axes.axvline(0, color=canvas.MUTED, lw=0.7, zorder=1)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
    return figure


@DATA.register
def waterfall_data(
    breakdown: pd.DataFrame, *, place: str, most: int = MOST_STEPS, letters: int = LETTERS
) -> pd.DataFrame:
    """
    The steps of :func:`waterfall` as a table.

    ``step`` ("base_value", a layer's id, "rest", "raw_score", "score"), ``label`` (in words,
    with the layer's value, in about so many *letters*), ``amount`` and its ``units`` (those of
    the contributions, but 1 for the score), ``start`` and ``end`` of its bar [the same; NaN for
    the score]. The rest is missing where all layers are drawn.
    """
    here = breakdown[breakdown["place"] == place]
    if not len(here):
        known = ", ".join(map(str, breakdown["place"].unique()[:8])) or "none"
        raise ValueError(f"there is no place {place!r} among those explained: {known}")
    if most < 1:
        raise ValueError(f"most must be 1 layer or more, got {most}")
    size = here["contribution"].abs().sort_values(ascending=False, kind="stable").index
    alone = here.loc[size[: most if len(here) > most + 1 else len(here)]]
    together = here.loc[size[len(alone) :]]
    base, raw, score = (float(here[name].iloc[0]) for name in (BASE, RAW, SCORE))
    steps = [(BASE, say("base value"), base)]
    steps += [
        (str(row.layer), told(row, letters), float(amount))
        for row, amount in zip(alone.itertuples(), alone["contribution"], strict=True)
    ]
    if len(together):
        steps += [
            (
                REST,
                say("{count} other layers", count=len(together)),
                float(together["contribution"].sum()),
            )
        ]
    table = pd.DataFrame(steps, columns=["step", "label", "amount"])
    ends = table["amount"].cumsum()
    units = str(here["contribution_units"].iloc[0])
    table = table.assign(units=units, start=ends - table["amount"], end=ends)
    last = {
        "step": [RAW, SCORE],
        "label": [say("raw score"), say("score")],
        "amount": [raw, score],
        "units": [units, "1"],
        "start": [0.0, math.nan],
        "end": [raw, math.nan],
    }
    return pd.concat([table, pd.DataFrame(last)], ignore_index=True)


def told(row: Any, letters: int) -> str:
    """A layer and its value there: "distance to fault = 240 m", "lithology: marble"."""
    name = named(row.long_name)
    if row.meaning:
        return f"{_short(name, letters // 2)}: {_short(row.meaning, letters // 2)}"
    if math.isnan(row.value):
        return say("{layer}: unknown", layer=_short(name, letters - 9))
    number = f"{row.value:,.0f}" if 1000 <= abs(row.value) < 1e7 else f"{row.value:.3g}"
    value = number if row.units in ("1", "") else f"{number} {row.units}"
    return f"{_short(name, max(8, letters - 3 - len(value)))} = {value}"


def _bar(axes: Any, number: int, step: Any) -> None:
    whole = step.step in (BASE, RAW)
    colour = canvas.MUTED if whole else RAISES if step.amount >= 0 else LOWERS
    axes.barh(number, step.amount, left=step.start, height=0.62, color=colour, zorder=3)
    ahead = step.end >= step.start
    axes.annotate(
        signed(step.amount, step.units), (step.end, number), xytext=(3 if ahead else -3, 0),
        textcoords="offset points", ha="left" if ahead else "right", va="center",
        fontsize="small", color=canvas.INK, fontweight="bold" if whole else "normal", zorder=4,
    )  # fmt: skip


def _links(axes: Any, bars: pd.DataFrame) -> None:
    """A thin line from where a bar ends to where the next begins."""
    for number, end in enumerate(bars["end"].iloc[:-1]):
        axes.plot([end, end], [number - 0.31, number + 1.31], color=canvas.MUTED, lw=0.6, zorder=2)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
