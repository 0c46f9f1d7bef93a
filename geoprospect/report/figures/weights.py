"""How the tie between a layer and the deposits changes with its value, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart
from geoprospect.report.figures.maps import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 10

_NUMBERS = ("contrast", "contrast_sd", "studentised")
_NEEDED = ("low", "high", "meaning", *_NUMBERS, "guarded", "pattern")


@FIGURES.register
def evidence_curves(weights: Mapping[str, Mapping[str, Any]], *, width: float = WIDTH) -> Figure:
    """
    Contrast [log-odds] and studentised contrast of each layer, against its value or class [1]_.

    Measured layers as the pattern grows, with the cut that was taken; of layers of
    classes those of largest studentised contrast. Where counts of zero had to be moved there
    is nothing to see, and nothing is drawn.

    Parameters
    ----------
    weights : mapping of layer id to mapping
        With ``long_name``, ``layer_units``, ``mode``, ``confidence`` and ``classes``, as
        columns: ``low``, ``high``, ``meaning``, ``contrast``, ``contrast_sd``,
        ``studentised``, ``guarded``, ``pattern``.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    table = evidence_curves_data(weights)
    with canvas.paper(width):
        figure = canvas.plate(width, 10 + 56 * len(weights))
        rows = figure.subplots(len(weights), 2, squeeze=False)
        for (left, right), (layer, told) in zip(rows, weights.items(), strict=True):
            name, *_ = told_apart([named(str(told["long_name"]))])
            left.set_title(name)
            draw = _bars if told["mode"] == "categorical" else _curves
            draw(left, right, told, table[table["layer"] == layer])
    return figure


@DATA.register
def evidence_curves_data(weights: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """
    What :func:`evidence_curves` draws: a row for each point of a curve, and for each bar.

    ``layer``, ``long_name``, ``value`` (where the pattern ends, or the class) [in
    ``layer_units``], ``meaning``, ``contrast`` and ``contrast_sd`` [log-odds],
    ``studentised`` [1] and ``pattern`` ("inside", "outside", "own", "pooled", "none").
    """
    return pd.concat([_drawn(name, layer) for name, layer in weights.items()], ignore_index=True)


def _drawn(name: str, layer: Mapping[str, Any]) -> pd.DataFrame:
    """The classes of a layer whose counts are its own: all of a curve, the strongest bars."""
    classes = pd.DataFrame({key: layer["classes"][key] for key in _NEEDED})
    table = pd.DataFrame(
        {
            "layer": name,
            "long_name": str(layer["long_name"]),
            "value": classes["high" if layer["mode"] == "ascending" else "low"].astype(float),
            "layer_units": layer["layer_units"],
            "meaning": classes["meaning"].fillna("").astype(str),
            **{key: classes[key].astype(float) for key in _NUMBERS},
            "pattern": classes["pattern"],
        }
    )[~classes["guarded"].astype(bool)]
    if layer["mode"] != "categorical":
        points: pd.DataFrame = table[np.isfinite(table["value"])]
        return points
    ordered = table.sort_values("studentised", key=abs, ascending=False, kind="stable")
    return ordered.head(MOST_CLASSES)


def _curves(left: Axes, right: Axes, layer: Mapping[str, Any], table: pd.DataFrame) -> None:
    columns = layer["classes"]
    end = "high" if layer["mode"] == "ascending" else "low"
    value, contrast, sd, studentised = (table[name].to_numpy() for name in ("value", *_NUMBERS))
    marker = "o" if len(value) < 30 else ""
    left.fill_between(
        value, contrast - 2 * sd, contrast + 2 * sd, color=canvas.BLUE, alpha=0.18, lw=0
    )
    left.plot(value, contrast, color=canvas.BLUE, lw=1.6, marker=marker, ms=3)
    right.plot(value, studentised, color=canvas.ORANGE, lw=1.6, marker=marker, ms=3)
    right.axhline(layer["confidence"], color=canvas.MUTED, lw=0.9, ls="--")
    cut = columns["pattern"].count("inside") - 1
    for axes, text in ((left, say("Contrast [log-odds]")), (right, say("Studentised contrast"))):
        units = "" if layer["layer_units"] in ("", "1") else f" [{layer['layer_units']}]"
        way = (
            say("Pattern up to\nthis value")
            if layer["mode"] == "ascending"
            else say("Pattern from\nthis value")
        )
        axes.set(xlabel=f"{way}{units}", ylabel=text)
        axes.axhline(0, color=canvas.MUTED, lw=0.7)
        if cut >= 0 and columns[end][cut] is not None:
            axes.axvline(columns[end][cut], color=canvas.CRIMSON, lw=1.0)
        if layer["mode"] == "descending":
            axes.invert_xaxis()
        axes.grid(visible=True)


def _bars(left: Axes, right: Axes, layer: Mapping[str, Any], table: pd.DataFrame) -> None:
    told = zip(table["meaning"], table["value"], strict=True)
    names = told_apart([meaning or f"{value:g}" for meaning, value in told])
    rows = np.arange(len(table))
    colours = [canvas.BLUE if pattern == "own" else canvas.FAINT for pattern in table["pattern"]]
    left.barh(rows, table["contrast"], xerr=2 * table["contrast_sd"], color=colours, height=0.62,
              error_kw={"lw": 0.9})  # fmt: skip
    right.barh(rows, table["studentised"], color=canvas.ORANGE, height=0.62)
    for sure in (-layer["confidence"], layer["confidence"]):
        right.axvline(sure, color=canvas.MUTED, lw=0.9, ls="--")
    left.set_yticks(rows, names)
    right.set_yticks(rows, [""] * len(table))
    for axes, text in ((left, say("Contrast\n[log-odds]")), (right, say("Studentised\ncontrast"))):
        axes.set(xlabel=text, ylim=(max(len(table), 1) - 0.4, -0.6))
        axes.axvline(0, color=canvas.MUTED, lw=0.7)
        axes.tick_params(axis="y", length=0)
