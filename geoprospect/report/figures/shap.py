"""Which layers move the score, how far, and at which values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from geoprospect import contract, lazy
from geoprospect.language import named, say
from geoprospect.report import canvas, style
from geoprospect.report.figures.catalogue import DATA, FIGURES
from geoprospect.report.figures.charts import told_apart, unit_told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = npt.NDArray[np.float32]

MOST_LAYERS = 14
MOST_DOTS = 700
BASE = "base_value"


@FIGURES.register
def shap_summary(attributions: xr.Dataset, cube: xr.Dataset, *, width: float = 177.8) -> Figure:
    """
    Contributions of the strongest layers [their unit], with the layers' values as colour.

    Left how far a layer moves the score on average, right each sampled cell: a dot to
    the right of zero raised its cell's score, and its colour says whether the layer was low or
    high there. Association, not cause [1]_.

    Parameters
    ----------
    attributions : Dataset
        Contributions on a coarse grid whose cells have the cube's cells at their
        centres; log-odds, or shares of 1: as their ``units`` say.
    cube : Dataset
        The layers' values.
    width : float
        Of the figure [mm].

    References
    ----------
    .. [1] Lundberg, S.M., et al. (2020). From local explanations to global
       understanding with explainable AI for trees. Nature Machine Intelligence 2,
       56-67.
    """
    layers, effects, values = summary_values(attributions, cube)
    means = np.abs(effects).mean(axis=0) if len(effects) else np.zeros(len(layers))
    names = told_apart([named(str(cube[layer].attrs["long_name"])) for layer in layers])
    rows = np.arange(len(layers))
    units = unit_told(contribution_units(attributions))
    with canvas.paper(width):
        figure = canvas.plate(width, 35.5 + 6.9 * len(layers))
        bars, swarm = figure.subplots(1, 2, sharey=True, width_ratios=(1, 2.4))
        bars.barh(rows, means, color=canvas.BLUE, height=0.6)
        bars.set(title=say("Mean size"), xlabel=say("mean |contribution|\n[{units}]", units=units))
        bars.set_yticks(rows, names)
        bars.tick_params(axis="y", length=0)
        swarm.axvline(0, color=canvas.MUTED, lw=0.8)
        for row, layer in enumerate(layers):
            _dots(swarm, effects[:, row], row, _shade(cube[layer], values[:, row]))
        swarm.set(
            title=say("Each sampled cell"),
            xlabel=say("contribution to the score\n[{units}]", units=units),
        )
        swarm.set(ylim=(len(layers) - 0.4, -0.6))
        swarm.tick_params(axis="y", length=0)
        swarm.grid(visible=True, axis="x")
        swarm.set_axisbelow(True)
        _key(figure, swarm)
    return figure


@DATA.register
def shap_summary_data(attributions: xr.Dataset, cube: xr.Dataset) -> pd.DataFrame:
    """
    The dots of :func:`shap_summary`, strongest layer first.

    ``layer``, ``long_name``, ``units``, ``cell`` (number of the sampled cell), ``value`` [in
    ``units``] and ``contribution`` [in ``contribution_units``].
    """
    layers, effects, values = summary_values(attributions, cube)
    cells = len(effects)
    return pd.DataFrame(
        {
            "layer": np.repeat(layers, cells),
            "long_name": np.repeat([str(cube[name].attrs["long_name"]) for name in layers], cells),
            "units": np.repeat([str(cube[name].attrs["units"]) for name in layers], cells),
            "cell": np.tile(np.arange(cells), len(layers)),
            "value": values.T.ravel(),
            "contribution": effects.T.ravel(),
            "contribution_units": contribution_units(attributions),
        }
    )


def contribution_units(attributions: xr.Dataset) -> str:
    """The unit that contributions, and the base value, are told in."""
    return str(attributions[BASE].attrs["units"])


def summary_values(attributions: xr.Dataset, cube: xr.Dataset) -> tuple[list[str], Values, Values]:
    """
    The strongest layers first, and at evenly picked cells their contributions and values.

    Returns
    -------
    layers, (cells, layers) contributions, (cells, layers) values
    """
    known = [str(name) for name in attributions.data_vars if name != BASE]
    effects = np.stack(lazy.compute(*(attributions[name].data for name in known)), axis=-1)
    places = np.argwhere(np.isfinite(effects).all(axis=-1))
    strength = (
        np.abs(effects[tuple(places.T)]).mean(axis=0) if len(places) else np.zeros(len(known))
    )
    order = np.argsort(-strength, kind="stable")[:MOST_LAYERS]
    layers = [known[i] for i in order]
    picked = places[np.linspace(0, len(places) - 1, min(MOST_DOTS, len(places))).astype(int)]
    coarse, fine = contract.grid_of(attributions), contract.grid_of(cube)
    rows, columns = picked.T
    across, down = ~fine.affine * (coarse.affine * (columns + 0.5, rows + 0.5))
    down = np.clip(np.floor(down), 0, fine.shape[0] - 1).astype(int)
    across = np.clip(np.floor(across), 0, fine.shape[1] - 1).astype(int)
    return layers, effects[rows, columns][:, order], lazy.sample(cube, layers, down, across)


def _shade(layer: xr.DataArray, values: Values) -> npt.NDArray[np.float64]:
    """Where each value lies among the others, 0 to 1; NaN for unknown values and for classes."""
    shade = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if not contract.is_categorical(layer) and known.any():
        ordered = np.sort(values[known])
        below = np.searchsorted(ordered, values[known], "left")
        upto = np.searchsorted(ordered, values[known], "right")
        shade[known] = (below + upto) / (2 * ordered.size)
    return shade


def _dots(axes: Any, effects: Values, row: int, shade: npt.NDArray[np.float64]) -> None:
    """One layer's cells, side by side where they crowd."""
    heights = row + 0.36 * crowding(effects)
    plain = np.isnan(shade)
    axes.scatter(effects[plain], heights[plain], s=5, c=canvas.FAINT, edgecolors=canvas.MUTED,
                 linewidths=0.2, rasterized=True)  # fmt: skip
    axes.scatter(effects[~plain], heights[~plain], s=5, c=shade[~plain], cmap=_colours(), vmin=0,
                 vmax=1, linewidths=0, rasterized=True)  # fmt: skip


def crowding(effects: Values) -> npt.NDArray[np.float64]:
    """Offsets from -1 to 1: as wide as there are cells with the same contribution."""
    if effects.size == 0:
        return np.zeros(0)
    bins = np.histogram_bin_edges(effects, 60)
    which = np.clip(np.digitize(effects, bins) - 1, 0, 59)
    counts = np.bincount(which, minlength=60)
    order = np.argsort(which, kind="stable")
    place = np.empty(effects.size)
    place[order] = np.arange(effects.size) - np.repeat(np.cumsum(counts) - counts, counts)
    side = np.where(place % 2, 1, -1) * np.ceil(place / 2)
    offsets: npt.NDArray[np.float64] = side / max(1.0, counts.max() / 2)
    return offsets


def _colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("low to high", list(style.LOW_TO_HIGH))


def _key(figure: Figure, axes: Any) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(cmap=_colours()), ax=axes, aspect=28, pad=0.02, ticks=[0, 1]
    )
    bar.ax.set_yticklabels([say("low"), say("high")])
    bar.set_label(say("the layer's value"), labelpad=-14, fontsize=7.5)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
