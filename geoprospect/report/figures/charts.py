"""How good the map is, and how much of each layer there is, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoprospect.language import marked, named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROTOCOLS = {
    "spatial_blocks": marked("Spatial blocks"),
    "random": marked("Random folds"),
    "degradation": marked("Growing blocks"),
    "leave_cluster_out": marked("Clusters left out"),
    "time_split": marked("Later discoveries"),
    "knndm": marked("Matched distances"),
    "resubstitution": marked("As fitted, no test"),
}
"""What protocols are called on paper; others by their own names."""


RATES = {
    "success_rate": marked("Success rate"),
    "prediction_rate": marked("Prediction rate"),
}
"""What curves are called, by whether their deposits were learnt from."""


@FIGURES.register
def capture_curve(
    protocol: Mapping[str, Any], *, title: str = "", width: float = canvas.ON_PAGE
) -> Figure:
    """
    Share of the known deposits inside the best-scoring ground, against its share of the area.

    A prediction rate where each fold's deposits were unknown to the models that
    ranked them, else a success rate [1]_. The further above the diagonal, the less ground
    to search.

    Parameters
    ----------
    protocol : mapping
        With ``curve``: ``area``, ``mean`` and either ``folds`` (one list each) or
        ``worst`` and ``best`` [1]; drawn as a band, ``low`` and ``high`` of its interval;
        and ``rate``, what it is called.
    title : str
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Chung, C.F. and Fabbri, A.G. (2003). Validation of spatial prediction
       models for landslide hazard mapping. Natural Hazards 30, 451-472.
    """
    curve = protocol["curve"]
    area = 100 * np.asarray(curve["area"], float)
    best, worst = say("best fold"), say("worst fold")
    single = [(values, say("each fold")) for values in curve.get("folds", [])] or [
        (curve[name], {"best": best, "worst": worst}[name])
        for name in ("best", "worst")
        if name in curve
    ]
    dashes = {best: (0, (5, 2)), worst: (0, (1.5, 1.5))}
    with canvas.paper(width):
        figure = canvas.plate(width, max(66.0, 0.645 * width))
        axes = figure.add_subplot(
            title=title or say(RATES[protocol.get("rate", "prediction_rate")]),
            xlabel=say("Best-scoring share of the area [%]"),
            ylabel=say("Known deposits inside [%]"),
        )
        axes.plot(
            [0, 100], [0, 100], color=canvas.MUTED, lw=0.9, ls="--", label=say("random guess")
        )
        if "low" in curve:
            low, high = (100 * np.asarray(curve[name], float) for name in ("low", "high"))
            axes.fill_between(area, low, high, color=canvas.BLUE, alpha=0.15, lw=0,
                              label=say("95 % interval of the mean"))  # fmt: skip
        named = set()
        for values, told in single:
            label = None if told in named else told
            named.add(told)
            axes.plot(area, 100 * np.asarray(values), color=canvas.BLUE, lw=1.0, alpha=0.55,
                      ls=dashes.get(told, "-"), label=label)  # fmt: skip
        mean = 100 * np.asarray(curve["mean"])
        axes.plot(area, mean, color=canvas.BLUE, lw=2.4, label=say("mean of the folds"))
        at_ten = float(np.interp(10, area, mean))
        told = say("in the best 10 % of the area: {share:.0f} %", share=at_ten)
        axes.plot([10], [at_ten], "o", color=canvas.ORANGE, ms=5.5, zorder=5, label=told)
        axes.set(xlim=(0, 100), ylim=(0, 101))
        axes.grid(visible=True)
        axes.legend(loc="lower right")
    return figure


@DATA.register
def capture_curve_data(protocol: Mapping[str, Any]) -> pd.DataFrame:
    """
    The points of :func:`capture_curve`: ``area``, ``mean`` and the folds' curves [1].

    Single folds are ``fold_0``, ``fold_1``, ...; else there are ``worst`` and ``best``.
    """
    curve = protocol["curve"]
    columns = {name: curve[name] for name in ("area", "mean", "worst", "best") if name in curve}
    single = {f"fold_{number}": values for number, values in enumerate(curve.get("folds", []))}
    return pd.DataFrame(columns | single, dtype="float64")


@FIGURES.register
def fold_scores(
    protocols: Mapping[str, Mapping[str, Any]], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    AUC of every fold [1], one row for each protocol.

    Spatial blocks hold out whole pieces of ground. Random folds leave neighbours of the
    test deposits in training, so the distance between the rows is what nearness alone gives.
    """
    with canvas.paper(width):
        figure = canvas.plate(width, 20 + 14 * len(protocols))
        axes = figure.add_subplot(title=say("Score of each fold"), xlabel="AUC")
        worst = 0.5
        for row, protocol in enumerate(protocols.values()):
            scores = [fold["auc"] for fold in protocol["folds"] if fold.get("auc") is not None]
            worst = min([worst, *scores])
            colour = canvas.BLUE if row == 0 else canvas.ORANGE
            axes.plot(
                scores, _spread_out(scores, row), "o", color=colour, ms=5.5, alpha=0.75, mew=0
            )
            mean = protocol["auc"]["mean"]
            axes.plot([mean, mean], [row - 0.3, row + 0.3], color=colour, lw=2.2)
            axes.text(mean, row - 0.34, f"{mean:.2f}", ha="center", va="bottom", color=colour,
                      fontsize=8.5, fontweight="bold")  # fmt: skip
        axes.axvline(0.5, color=canvas.MUTED, lw=0.9, ls="--")
        axes.text(
            0.5, len(protocols) - 0.55, f" {say('random guess')}", color=canvas.MUTED, fontsize=7.5
        )
        axes.set(xlim=(max(0.0, worst - 0.05), 1.0), ylim=(len(protocols) - 0.4, -0.75))
        axes.set_yticks(
            range(len(protocols)), [say(PROTOCOLS.get(name, name)) for name in protocols]
        )
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
    return figure


@DATA.register
def fold_scores_data(protocols: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """``protocol``, ``fold`` and ``auc`` [1] of every fold; NaN where it has no deposits."""
    scored = [
        {"protocol": name, "fold": fold["fold"], "auc": fold.get("auc")}
        for name, protocol in protocols.items()
        for fold in protocol["folds"]
    ]
    return pd.DataFrame(scored, columns=["protocol", "fold", "auc"]).astype({"auc": "float64"})


@FIGURES.register
def coverage(layers: Sequence[Mapping[str, Any]], *, width: float = canvas.ON_PAGE) -> Figure:
    """Share of the study area in which each layer has values [%]."""
    told = [named(str(layer["long_name"])) for layer in layers]
    shares = [100 * (1 - float(layer["missing_share"])) for layer in layers]
    with canvas.paper(width):
        figure = canvas.plate(width, 23 + 5.6 * len(layers))
        axes = figure.add_subplot(
            title=say("Coverage of the study area"), xlabel=say("Cells with data [%]")
        )
        axes.barh(told_apart(told), 100, color=canvas.FAINT, height=0.62)
        axes.barh(told_apart(told), shares, color=canvas.BLUE, height=0.62)
        for row, share in enumerate(shares):
            axes.text(101, row, f"{share:.0f}", va="center", fontsize=7.5, color=canvas.MUTED)
        axes.set(xlim=(0, 106), ylim=(len(layers) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return figure


@DATA.register
def coverage_data(layers: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """``layer``, ``long_name`` and ``known``, the share of the area where it has values [1]."""
    shares = [
        {
            "layer": layer["id"],
            "long_name": layer["long_name"],
            "known": 1 - float(layer["missing_share"]),
        }
        for layer in layers
    ]
    return pd.DataFrame(shares, columns=["layer", "long_name", "known"])


def told_apart(names: Sequence[str]) -> list[str]:
    """Names cut to fit, with invisible marks where two would otherwise be one."""
    short = [name if len(name) <= 44 else f"{name[:43]}…" for name in names]
    return [name + "\u200b" * short[:n].count(name) for n, name in enumerate(short)]


def unit_told(units: str) -> str:
    """A unit of contributions on paper: log-odds as they are, shares as what they are."""
    return say("share of 1") if units == "1" else say("log-odds") if units == "log-odds" else units


def signed(amount: float, units: str) -> str:
    """With two decimals, of shares three; and a minus as long as a plus is wide."""
    return f"{amount:+.{3 if units == '1' else 2}f}".replace("-", "\u2212")


def _spread_out(scores: Sequence[float], row: int) -> list[float]:
    """Heights at which dots of one row do not hide each other."""
    order = np.argsort(scores)
    heights = np.empty(len(scores))
    heights[order] = [0.14 * (n % 3 - 1) for n in range(len(scores))]
    return [row + float(height) for height in heights]
