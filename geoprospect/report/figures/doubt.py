"""What speaks against a map, drawn: null models, chance, samples, layers that do the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import xarray as xr

from geoprospect import contract
from geoprospect.report import canvas
from geoprospect.report.figures.charts import PROTOCOLS, told_apart
from geoprospect.report.figures.map_frame import extent, framed
from geoprospect.report.figures.maps import WIDTH
from geoprospect.report.overview import overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NULLS = {
    "coordinates_trees": "only where it is (trees)",
    "coordinates_neighbours": "only where it is (nearest samples)",
    "effort": "only where people looked",
}
"""What null models know, on paper."""
CHANCE = {"shift": "Deposits shifted as one", "permutation": "Deposits put elsewhere"}
MOST = 25
"""Layers shown by their worth."""


def null_scores(models: Mapping[str, Mapping[str, Any]]) -> Figure:
    """
    AUC [1] of models that know nothing of the ground, beside the model's own.

    Where a hollow mark reaches the full one, evidence has added nothing to it.
    """
    protocols = list(next(iter(models.values()))["protocols"])
    colours = [canvas.BLUE, canvas.ORANGE, canvas.CRIMSON]
    with canvas.paper():
        figure = canvas.sheet(6.2, 1.0 + 0.42 * len(models))
        axes = figure.add_subplot(title="A model that knows …", xlabel="AUC, mean over folds")
        for n, protocol in enumerate(protocols):
            colour, off = colours[n % len(colours)], 0.16 * (n - (len(protocols) - 1) / 2)
            told = [model["protocols"][protocol] for model in models.values()]
            rows = np.arange(len(told)) + off
            null, full = [one["auc"] for one in told], [one["full"] for one in told]
            axes.hlines(rows, null, full, color=colour, lw=1.0, alpha=0.5)
            axes.plot(null, rows, "o", mfc="white", mec=colour, ms=5.5)
            axes.plot(full, rows, "o", color=colour, ms=5.5,
                      label=f"this one, {PROTOCOLS.get(protocol, protocol).lower()}")  # fmt: skip
        axes.axvline(0.5, color=canvas.MUTED, lw=0.9, ls="--")
        axes.set_yticks(range(len(models)), [NULLS.get(name, name) for name in models])
        axes.set(ylim=(len(models) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def chance_scores(found: Mapping[str, Mapping[str, Any]]) -> Figure:
    """
    Scores [1] of deposits that chance put elsewhere, and of the real ones.

    ``shift`` is told in area under the capture curve, ``permutation`` in AUC; a line right
    of nearly all bars means that chance rarely does so well.
    """
    with canvas.paper():
        figure = canvas.sheet(6.2, 2.3)
        for axes, (name, told) in zip(
            np.atleast_1d(figure.subplots(1, len(found), squeeze=False)[0]),
            found.items(), strict=True,
        ):  # fmt: skip
            value, null = told["auc"] if "auc" in told else told["ausrc"], told["null"]
            axes.hist(null, bins=min(20, max(5, len(null) // 4)), color=canvas.FAINT)
            axes.axvline(value, color=canvas.BLUE, lw=2.2)
            unit = "AUC" if "auc" in told else "Area under the capture curve"
            axes.set(title=CHANCE.get(name, name), xlabel=unit, yticks=[])
            axes.spines["left"].set_visible(False)
            p = "no p" if told["p"] is None else f"p = {told['p']:.2g}"
            axes.text(0.02, 0.97, p, transform=axes.transAxes, va="top", color=canvas.BLUE)
    return figure


def samples_map(samples: gpd.GeoDataFrame, ground: xr.DataArray) -> Figure:
    """
    Deposits and background as they were drawn, over the ground that has a score.

    What background was compared with decides what a model learns; a map shows where it
    is missing.
    """
    from matplotlib.colors import ListedColormap

    seen = overview(ground)
    x, y = samples.geometry.x.to_numpy() / 1e3, samples.geometry.y.to_numpy() / 1e3
    held = (samples["label"] == 1).to_numpy()
    with canvas.paper():
        figure, axes = framed(contract.grid_of(seen), WIDTH, beside=8)
        axes.imshow(
            np.where(np.isnan(seen.values), np.nan, 1.0),
            extent=extent(contract.grid_of(seen)),
            cmap=ListedColormap(["white"]),
            interpolation="none",
        )
        axes.scatter(
            x[~held], y[~held], s=5, c=canvas.ORANGE, linewidths=0, alpha=0.6, zorder=4,
            label=f"background ({(~held).sum():,})", rasterized=True,
        )  # fmt: skip
        axes.scatter(
            x[held], y[held], marker="D", s=18, c=canvas.BLUE, edgecolors="white",
            linewidths=0.6, label=f"deposit ({held.sum():,})", zorder=5,
        )  # fmt: skip
        axes.legend(
            loc="lower right", handletextpad=0.2, frameon=True, framealpha=0.85, edgecolor="none"
        )
    return figure


def layer_worth(layers: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Figure:
    """
    Loss of AUC [1] on held-out ground when a layer is mixed up, or was never there.

    Bars are means over folds, whiskers one standard deviation.
    """
    shown = list(layers[:MOST])
    rows = np.arange(len(shown))
    lost = [one["permuted"] for one in shown]
    with canvas.paper():
        figure = canvas.sheet(6.2, 1.0 + 0.24 * len(shown))
        axes = figure.add_subplot(title="Worth on unseen ground", xlabel="Loss of AUC")
        spread = [one["permuted_sd"] or 0 for one in shown]
        axes.barh(rows, lost, xerr=spread, color=canvas.BLUE, height=0.62, label="mixed up",
                  error_kw={"ecolor": canvas.MUTED, "lw": 0.9})  # fmt: skip
        if any(one["dropped"] is not None for one in shown):
            dropped = [np.nan if one["dropped"] is None else one["dropped"] for one in shown]
            axes.plot(dropped, rows, "o", color=canvas.ORANGE, ms=4.5, label="never there")
        axes.axvline(0, color=canvas.MUTED, lw=0.9)
        axes.set_yticks(rows, told_apart([names.get(one["layer"], one["layer"]) for one in shown]))
        axes.set(ylim=(len(shown) - 0.4, -0.6))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.legend(loc="lower right")
    return figure
