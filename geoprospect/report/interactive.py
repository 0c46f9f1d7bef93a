"""The map that a reader can pan, zoom and tap, as data for BokehJS inside the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import xarray as xr

from geoprospect import contract
from geoprospect.language import named, say
from geoprospect.report import canvas, style

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure

LIMIT = 1200
"""Pixels a side of the maps in the page; the GeoTIFFs hold every cell."""

UNKNOWN = 255
TOLERANCE = 0.06
"""How far an outline in the page may lie from the true one [pixels]."""

TARGET_COLUMNS = (
    *("label", "score", "max_prospectivity", "spread", "area_km2", "driver_1", "driver_2"),
    *("driver_3", "nearest_deposit_m", "nearest_deposit", "longitude", "latitude"),
)


def library() -> str:
    """BokehJS, whole, so that the page needs no network."""
    from bokeh.resources import Resources

    return "\n".join(Resources(mode="inline", components=["bokeh"], minified=True).js_raw)


def legends(maps: Mapping[str, xr.DataArray]) -> dict[str, dict[str, Any]]:
    """Name, colours and range of each map, for the key beside it."""
    told = {}
    for name, layer in maps.items():
        ramp = _ramp(name, layer)
        told[name] = {
            "label": named(str(layer.attrs["long_name"])),
            "colours": list(ramp.colours),
            "low": float(ramp.low or 0.0),
            "high": float(ramp.high or 0.0),
        }
    return told


def words() -> dict[str, str]:
    """What the page's script says of a target; numbers go where ``{0}``, ``{1}``, ... stand."""
    return {
        "numbers": say("Score {0} (highest {1}, spread {2}), {3} km², at {4}, {5}"),
        "inside": say("A known deposit lies inside"),
        "metres": say("Nearest known deposit {0} m away"),
        "kilometres": say("Nearest known deposit {0} km away"),
        "named": say("{0}: {1}"),
        "east": say("{0}° E"),
        "west": say("{0}° W"),
        "north": say("{0}° N"),
        "south": say("{0}° S"),
    }


def map_item(
    maps: Mapping[str, xr.DataArray],
    *,
    targets: gpd.GeoDataFrame,
    survey_areas: gpd.GeoDataFrame | None,
    deposits: gpd.GeoDataFrame,
) -> dict[str, Any]:
    """
    What ``Bokeh.embed.embed_item`` draws: the maps, one visible, and the vectors above them.

    *maps* are in memory, in the order of the switch. Models that the page's script
    looks up are named ``map``, ``targets``, ``areas`` and by map. The same data give
    the same item.
    """
    from bokeh.embed import json_item

    plot = map_plot(maps, targets=targets, survey_areas=survey_areas, deposits=deposits)
    item: dict[str, Any] = json.loads(json.dumps(json_item(plot)))
    return renumbered(item)


def map_plot(
    maps: Mapping[str, xr.DataArray],
    *,
    targets: gpd.GeoDataFrame,
    survey_areas: gpd.GeoDataFrame | None,
    deposits: gpd.GeoDataFrame,
) -> figure:
    """
    The same map as a Bokeh figure, for ``bokeh.io.show`` in a notebook.

    It needs no network where Bokeh's own resources are INLINE.
    """
    first = next(iter(maps.values()))
    plot = _plot()
    for position, (name, layer) in enumerate(maps.items()):
        drawn = _image(plot, name, layer)
        drawn.visible = position == 0
        if position == 0:
            plot.x_range.renderers = plot.y_range.renderers = [drawn]
    pixel = min(contract.cell_size(contract.grid_of(first)))
    if survey_areas is not None and len(survey_areas):
        _areas(plot, survey_areas, pixel)
    _targets(plot, targets, pixel)
    _deposits(plot, deposits)
    return plot


def renumbered(item: dict[str, Any]) -> dict[str, Any]:
    """The item with its models' ids counted from 1, whatever else was drawn before."""
    numbers: dict[str, str] = {}

    def number(name: str) -> str:
        return numbers.setdefault(name, f"m{len(numbers) + 1}")

    def walked(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: walked(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [walked(v) for v in value]
        return number(value) if key in ("id", "root_id") else value

    made: dict[str, Any] = walked(item)
    return made


def _plot() -> figure:
    from bokeh.models import DataRange1d, NumeralTickFormatter
    from bokeh.plotting import figure

    plot = figure(
        name="map", height=560, sizing_mode="stretch_width", match_aspect=True,
        tools="pan,box_zoom,wheel_zoom,zoom_in,zoom_out,reset,save", active_scroll=None,
        x_range=DataRange1d(range_padding=0.02), y_range=DataRange1d(range_padding=0.02),
        x_axis_label=say("Easting [m]"), y_axis_label=say("Northing [m]"),
        background_fill_color="white", border_fill_color="white", outline_line_color=canvas.MUTED,
    )  # fmt: skip
    plot.toolbar.logo = None
    plot.grid.visible = False
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.formatter = NumeralTickFormatter(format="0")
        axis.ticker.desired_num_ticks = 4
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_color = axis.major_label_text_color = canvas.MUTED
        axis.axis_line_color = axis.major_tick_line_color = canvas.MUTED
        axis.minor_tick_line_color = None
    return plot


def _image(plot: figure, name: str, layer: xr.DataArray) -> Any:
    from bokeh.models import LinearColorMapper

    ramp, box = _ramp(name, layer), contract.grid_of(layer).boundingbox
    return plot.image(
        image=[_bytes(layer.values, ramp)[::-1]],
        x=[box.left], y=[box.bottom], dw=[box.right - box.left], dh=[box.top - box.bottom],
        color_mapper=LinearColorMapper(
            palette=_palette(ramp), low=0, high=UNKNOWN - 1, high_color="rgba(0, 0, 0, 0)"
        ),
        name=name,
    )  # fmt: skip


def _targets(plot: figure, targets: gpd.GeoDataFrame, pixel: float) -> None:
    from bokeh.models import HoverTool, TapTool

    source = _outlines(targets, TARGET_COLUMNS, pixel)
    drawn = plot.multi_polygons(
        xs="xs", ys="ys", source=source, name="targets",
        fill_color=canvas.CRIMSON, fill_alpha=0.08, line_color=canvas.INK, line_width=1.6,
        nonselection_fill_alpha=0.04, nonselection_line_alpha=0.9,
        selection_fill_alpha=0.15, selection_line_color=canvas.CRIMSON, selection_line_width=3.5,
        hover_fill_alpha=0.25, hover_fill_color=canvas.CRIMSON, hover_line_color=canvas.CRIMSON,
    )  # fmt: skip
    source.name = "targets_source"
    labels = plot.text(
        x="x", y="y", text="label", source=source, text_align="left", text_baseline="bottom",
        x_offset=5, y_offset=-5,
        text_font_size="10px", text_font_style="bold", text_color=canvas.INK,
        background_fill_color="white", background_fill_alpha=0.65, border_radius=3, padding=1,
    )  # fmt: skip
    labels.nonselection_glyph = labels.selection_glyph = labels.glyph
    tips = [
        (say("Target"), "@label"),
        (say("Score"), "@score{0.00}"),
        (say("Area"), "@area_km2{0.00} km²"),
        (say("Why"), "@driver_1"),
    ]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips), TapTool(renderers=[drawn]))


def _areas(plot: figure, areas: gpd.GeoDataFrame, pixel: float) -> None:
    from bokeh.models import HoverTool

    source = _outlines(areas, ("label", "mean_prospectivity", "deposits"), pixel)
    source.name = "areas_source"
    drawn = plot.multi_polygons(
        xs="xs", ys="ys", source=source, name="areas", fill_alpha=0.0, hatch_alpha=0.0,
        line_color=canvas.MUTED, line_width=1.2, line_dash="dashed",
    )  # fmt: skip
    tips = [
        (say("Survey area"), "@label"),
        (say("Mean score"), "@mean_prospectivity{0.00}"),
        (say("Known deposits"), "@deposits"),
    ]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))


def _deposits(plot: figure, deposits: gpd.GeoDataFrame) -> None:
    from bokeh.models import ColumnDataSource, HoverTool

    points = deposits.geometry.representative_point()
    source = ColumnDataSource(
        {"x": points.x.tolist(), "y": points.y.tolist(), "name": contract.names(deposits)}
    )
    drawn = plot.scatter(
        x="x", y="y", source=source, marker="diamond", size=11, fill_color=canvas.BLUE,
        line_color="white", name="deposits",
    )  # fmt: skip
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=[(say("Known deposit"), "@name")]))


def _outlines(
    features: gpd.GeoDataFrame, columns: tuple[str, ...], pixel: float
) -> ColumnDataSource:
    """Outlines thinned to the pixel, a point inside each, and what the tips tell."""
    from bokeh.models import ColumnDataSource

    outlines = shapely.simplify(features.geometry.to_numpy(), TOLERANCE * pixel)
    rings = [
        [[shapely.get_coordinates(ring).round(1) for ring in (part.exterior, *part.interiors)]
         for part in shapely.get_parts(outline)]
        for outline in outlines
    ]  # fmt: skip
    inside = features.geometry.representative_point()
    return ColumnDataSource(
        {
            "xs": [[[ring[:, 0].tolist() for ring in part] for part in parts] for parts in rings],
            "ys": [[[ring[:, 1].tolist() for ring in part] for part in parts] for parts in rings],
            "x": inside.x.tolist(),
            "y": inside.y.tolist(),
            **{name: _plain(features[name].tolist()) for name in columns},
        }
    )


def _plain(values: list[Any]) -> list[Any]:
    """JSON has no NaN: unknown numbers become None."""
    return [None if isinstance(v, float) and np.isnan(v) else v for v in values]


def _ramp(name: str, layer: xr.DataArray) -> style.Ramp:
    known = layer.values[np.isfinite(layer.values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return style.ramp(name, layer).over(low, high)


def _bytes(values: npt.NDArray[np.float32], ramp: style.Ramp) -> npt.NDArray[np.uint8]:
    """Values as 0 to 254 along the ramp, 255 for unknown."""
    (low, _), *_, (high, _) = ramp.stops()
    share = np.clip((values - low) / (high - low), 0, 1) * (UNKNOWN - 1)
    coded: npt.NDArray[np.uint8] = np.where(np.isnan(share), UNKNOWN, np.rint(share)).astype(
        "uint8"
    )
    return coded


def _palette(ramp: style.Ramp) -> list[str]:
    """255 colours along the ramp."""
    fixed = np.array([[int(c[n : n + 2], 16) for n in (1, 3, 5)] for c in ramp.colours])
    places = np.linspace(0, len(fixed) - 1, UNKNOWN)
    parts = [np.interp(places, np.arange(len(fixed)), fixed[:, n]).round() for n in range(3)]
    return [f"#{int(r):02x}{int(g):02x}{int(b):02x}" for r, g, b in zip(*parts, strict=True)]
