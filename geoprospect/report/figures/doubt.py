"""What speaks against a map, drawn: null models, chance, samples, layers that do the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geoprospect import contract
from geoprospect.language import marked, named, say
from geoprospect.report import canvas
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import PROTOCOLS, told_apart
from geoprospect.report.figures.map_frame import extent, framed
from geoprospect.report.figures.maps import WIDTH
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NULLS = {
    "coordinates_trees": marked("only where it is (trees)"),
    "coordinates_neighbours": marked("only where it is (nearest samples)"),
    "effort": marked("only where people looked"),
}
"""What null models know, on paper."""
CHANCE = {
    "shift": marked("Deposits shifted as one"),
    "permutation": marked("Deposits put elsewhere"),
}
MOST = 25
"""Layers shown by their worth."""


@FIGURES.register
def null_scores(
    models: Mapping[str, Mapping[str, Any]], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    AUC [1] of models that know nothing of the ground, beside the model's own.

    Where a hollow mark reaches the full one, evidence has added nothing to it.
    """
    scores = null_scores_data(models)
    colours = [canvas.BLUE, canvas.ORANGE, canvas.CRIMSON]
    narrow = width <= canvas.ONE_AND_A_HALF
    with canvas.paper(width):
        figure = canvas.plate(width, 25 + 11 * len(models) + (12 if narrow else 0))
        axes = figure.add_subplot(
            title=say("A model that knows …"), xlabel=say("AUC, mean over folds")
        )
        protocols = scores["protocol"].unique()
        for n, protocol in enumerate(protocols):
            colour, off = colours[n % len(colours)], 0.16 * (n - (len(protocols) - 1) / 2)
            told = scores[scores["protocol"] == protocol]
            rows = np.arange(len(told)) + off
            null, full = told["auc"].to_numpy(), told["full"].to_numpy()
            axes.hlines(rows, null, full, color=colour, lw=1.0, alpha=0.5)
            axes.plot(null, rows, "o", mfc="white", mec=colour, ms=5.5)
            judged = say(PROTOCOLS.get(protocol, protocol)).lower()
            axes.plot(full, rows, "o", color=colour, ms=5.5,
                      label=say("this one, {protocol}", protocol=judged))  # fmt: skip
        axes.axvline(0.5, color=canvas.MUTED, lw=0.9, ls="--")
        axes.set_yticks(range(len(models)), [say(NULLS.get(name, name)) for name in models])
        axes.set(ylim=(len(models) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        figure.legend(loc="outside lower center" if narrow else "outside right upper")
    return figure


@DATA.register
def null_scores_data(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """``model``, ``protocol``, its ``auc`` and ``full``, that of the model itself [1]."""
    return pd.DataFrame(
        [
            {"model": name, "protocol": protocol, "auc": told["auc"], "full": told["full"]}
            for name, model in models.items()
            for protocol, told in model["protocols"].items()
        ]
    ).astype({"auc": "float64", "full": "float64"})


@FIGURES.register
def chance_scores(
    found: Mapping[str, Mapping[str, Any]], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Scores [1] of deposits that chance put elsewhere, and of the real ones.

    ``shift`` is told in area under the capture curve, ``permutation`` in AUC; a line right
    of nearly all bars means that chance rarely does so well.
    """
    scores = chance_scores_data(found)
    with canvas.paper(width):
        below = len(found) if width <= canvas.ONE_AND_A_HALF else 1
        figure = canvas.plate(width, 58 * below)
        panels = figure.subplots(below, len(found) // below, squeeze=False).ravel()
        for axes, (name, told) in zip(panels, found.items(), strict=True):
            mine = scores[scores["trial"] == name]
            null = mine.loc[~mine["real"], "score"].to_numpy()
            axes.hist(null, bins=min(20, max(5, len(null) // 4)), color=canvas.FAINT)
            axes.axvline(mine.loc[mine["real"], "score"].item(), color=canvas.BLUE, lw=2.2)
            unit = "AUC" if "auc" in told else say("Area under the\ncapture curve")
            axes.set(title=say(CHANCE.get(name, name)), xlabel=unit, yticks=[])
            axes.spines["left"].set_visible(False)
            p = say("no p") if told["p"] is None else f"p = {told['p']:.2g}"
            axes.text(0.02, 0.97, p, transform=axes.transAxes, va="top", color=canvas.BLUE)
    return figure


@DATA.register
def chance_scores_data(found: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """``trial``, ``real`` (whether of the real deposits), ``measure`` and ``score`` [1]."""
    rows = []
    for name, told in found.items():
        measure = "auc" if "auc" in told else "ausrc"
        scores = [told[measure], *told["null"]]
        rows += [(name, n == 0, measure, score) for n, score in enumerate(scores)]
    return pd.DataFrame(rows, columns=["trial", "real", "measure", "score"])


@FIGURES.register
def samples_map(samples: gpd.GeoDataFrame, ground: xr.DataArray, *, width: float = WIDTH) -> Figure:
    """
    Deposits and background as they were drawn, over the ground that has a score.

    What background was compared with decides what a model learns; a map shows where it
    is missing.
    """
    from matplotlib.colors import ListedColormap

    seen = overview(ground)
    points = samples_map_data(samples)
    x, y = points["x"].to_numpy() / 1e3, points["y"].to_numpy() / 1e3
    held = (points["label"] == 1).to_numpy()
    with canvas.paper(width):
        figure, axes = framed(contract.grid_of(seen), width, beside=8)
        axes.imshow(
            np.where(np.isnan(seen.values), np.nan, 1.0),
            extent=extent(contract.grid_of(seen)),
            cmap=ListedColormap(["white"]),
            interpolation="none",
        )
        axes.scatter(
            x[~held], y[~held], s=5, c=canvas.ORANGE, linewidths=0, alpha=0.6, zorder=4,
            label=say("background ({count:,})", count=(~held).sum()), rasterized=True,
        )  # fmt: skip
        axes.scatter(
            x[held], y[held], marker="D", s=18, c=canvas.BLUE, edgecolors="white",
            linewidths=0.6, label=say("deposit ({count:,})", count=held.sum()), zorder=5,
        )  # fmt: skip
        axes.legend(
            loc="lower right", handletextpad=0.2, frameon=True, framealpha=0.85, edgecolor="none"
        )
    return figure


@DATA.register
def samples_map_data(samples: gpd.GeoDataFrame) -> pd.DataFrame:
    """``x``, ``y`` [m] and ``label`` (1 deposit, 0 background) of each sample."""
    points = samples.geometry
    return pd.DataFrame(
        {"x": points.x.to_numpy(), "y": points.y.to_numpy(), "label": samples["label"].to_numpy()}
    )


@FIGURES.register
def layer_worth(
    layers: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, width: float = canvas.ON_PAGE
) -> Figure:
    """
    Loss of AUC [1] on held-out ground when a layer is mixed up, or was never there.

    Bars are means over folds, whiskers one standard deviation.
    """
    shown = layer_worth_data(layers, names)
    rows = np.arange(len(shown))
    with canvas.paper(width):
        figure = canvas.plate(width, 25 + 6 * len(shown))
        axes = figure.add_subplot(title=say("Worth on unseen ground"), xlabel=say("Loss of AUC"))
        axes.barh(rows, shown["permuted"], xerr=shown["permuted_sd"].fillna(0), color=canvas.BLUE,
                  height=0.62, label=say("mixed up"),
                  error_kw={"ecolor": canvas.MUTED, "lw": 0.9})  # fmt: skip
        if shown["dropped"].notna().any():
            axes.plot(
                shown["dropped"], rows, "o", color=canvas.ORANGE, ms=4.5, label=say("never there")
            )
        axes.axvline(0, color=canvas.MUTED, lw=0.9)
        axes.set_yticks(rows, told_apart([named(str(name)) for name in shown["long_name"]]))
        axes.set(ylim=(len(shown) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.legend(loc="lower right")
    return figure


@DATA.register
def layer_worth_data(layers: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> pd.DataFrame:
    """
    The bars and dots of :func:`layer_worth`, one row for each layer drawn.

    ``layer``, ``long_name``, the loss of AUC [1] where it is mixed up (``permuted``, with its
    ``permuted_sd`` over the folds) and where it was never there (``dropped``; NaN if not tried).
    """
    told = ["permuted", "permuted_sd", "dropped"]
    table = pd.DataFrame(list(layers[:MOST]), columns=["layer", *told])
    long_names = [names.get(layer, layer) for layer in table["layer"]]
    table.insert(1, "long_name", long_names)
    return table.astype(dict.fromkeys(told, "float64"))
