"""How the tie between a layer and the deposits changes with its value, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import FIGURES
from geoprospect.report.figures.charts import told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 10


@FIGURES.register
def evidence_curves(weights: Mapping[str, Mapping[str, Any]]) -> Figure:
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

    References
    ----------
    .. [1] Bonham-Carter, G.F. (1994). Geographic Information Systems for
       Geoscientists: Modelling with GIS. Pergamon, ch. 9.
    """
    with canvas.paper():
        figure = canvas.sheet(7.0, 0.4 + 2.2 * len(weights))
        rows = figure.subplots(len(weights), 2, squeeze=False)
        for (left, right), layer in zip(rows, weights.values(), strict=True):
            name, *_ = told_apart([str(layer["long_name"])])
            left.set_title(name)
            draw = _bars if layer["mode"] == "categorical" else _curves
            draw(left, right, layer)
    return figure


def _curves(left: Axes, right: Axes, layer: Mapping[str, Any]) -> None:
    columns = layer["classes"]
    end = "high" if layer["mode"] == "ascending" else "low"
    value, contrast, sd, studentised = (
        np.array(columns[name], float) for name in (end, "contrast", "contrast_sd", "studentised")
    )
    shown = np.isfinite(value) & ~np.array(columns["guarded"], bool)
    value, contrast, sd, studentised = (a[shown] for a in (value, contrast, sd, studentised))
    marker = "o" if len(value) < 30 else ""
    left.fill_between(
        value, contrast - 2 * sd, contrast + 2 * sd, color=canvas.BLUE, alpha=0.18, lw=0
    )
    left.plot(value, contrast, color=canvas.BLUE, lw=1.6, marker=marker, ms=3)
    right.plot(value, studentised, color=canvas.ORANGE, lw=1.6, marker=marker, ms=3)
    right.axhline(layer["confidence"], color=canvas.MUTED, lw=0.9, ls="--")
    cut = columns["pattern"].count("inside") - 1
    for axes, text in ((left, "Contrast [log-odds]"), (right, "Studentised contrast")):
        units = "" if layer["layer_units"] in ("", "1") else f" [{layer['layer_units']}]"
        way = "up to" if layer["mode"] == "ascending" else "from"
        axes.set(xlabel=f"Pattern {way} this value{units}", ylabel=text)
        axes.axhline(0, color=canvas.MUTED, lw=0.7)
        if cut >= 0 and columns[end][cut] is not None:
            axes.axvline(columns[end][cut], color=canvas.CRIMSON, lw=1.0)
        if layer["mode"] == "descending":
            axes.invert_xaxis()
        axes.grid(visible=True)


def _bars(left: Axes, right: Axes, layer: Mapping[str, Any]) -> None:
    columns = layer["classes"]
    sizes = -np.abs(np.array(columns["studentised"], float))
    told = [i for i in np.argsort(sizes, kind="stable") if not columns["guarded"][i]]
    told = told[:MOST_CLASSES]
    names = told_apart([columns["meaning"][i] or f"{columns['low'][i]:g}" for i in told])
    rows = np.arange(len(told))
    colours = [canvas.BLUE if columns["pattern"][i] == "own" else canvas.FAINT for i in told]
    contrast = [columns["contrast"][i] for i in told]
    sd = [2 * columns["contrast_sd"][i] for i in told]
    left.barh(rows, contrast, xerr=sd, color=colours, height=0.62, error_kw={"lw": 0.9})
    right.barh(rows, [columns["studentised"][i] for i in told], color=canvas.ORANGE, height=0.62)
    for sure in (-layer["confidence"], layer["confidence"]):
        right.axvline(sure, color=canvas.MUTED, lw=0.9, ls="--")
    left.set_yticks(rows, names)
    right.set_yticks(rows, [""] * len(told))
    for axes, text in ((left, "Contrast [log-odds]"), (right, "Studentised contrast")):
        axes.set(xlabel=text, ylim=(max(len(told), 1) - 0.4, -0.6))
        axes.axvline(0, color=canvas.MUTED, lw=0.7)
        axes.tick_params(axis="y", length=0)
