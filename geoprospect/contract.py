"""
What travels between stages, and the checks at every border.

A *layer* is a ``DataArray (y, x)``: north up, float32, NaN where unknown, on
the target grid, with ``long_name`` and ``units``. A categorical layer also
carries ``flag_values`` (integers) and ``flag_meanings`` (one text each). A
layer about the data rather than the ground (distance to the nearest sample,
say) carries ``quality = 1`` and is never evidence. A *cube* is a ``Dataset``
of layers on one grid. *Samples* are points with ``label``, ``group`` and
``fold``. The grid is an :class:`odc.geo.geobox.GeoBox`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from geoprospect.errors import ContractError, listing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

LAYER_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
ROLES = ("source", "pathway", "trap", "preservation", "signature")
SAMPLE_COLUMNS = ("label", "group", "geometry")


# --- grids ------------------------------------------------------------------------------


def crs_name(crs: Any) -> str:
    """A CRS in a word: ``EPSG:...`` where it has a code, else its name."""
    if crs is None:
        return "no CRS"
    proj = getattr(crs, "proj", crs)
    code = proj.to_epsg()
    return f"EPSG:{code}" if code else str(proj.name)


def cell_size(grid: GeoBox) -> tuple[float, float]:
    """Height and width of a cell, both positive [units of the CRS, mostly m]."""
    return abs(grid.resolution.y), abs(grid.resolution.x)


def cell_area_km2(grid: GeoBox) -> float:
    """Area of one cell [km2]."""
    height, width = cell_size(grid)
    return height * width / 1e6


def same_grid(one: GeoBox, other: GeoBox) -> bool:
    """Whether two grids have the same CRS, shape and cells (to a thousandth of a cell)."""
    if one.shape != other.shape or one.crs != other.crs:
        return False
    tolerance = 1e-3 * min(cell_size(one))
    return bool(np.allclose(list(one.affine), list(other.affine), rtol=0, atol=tolerance))


def grid_of(layer: xr.DataArray | xr.Dataset) -> GeoBox:
    """The grid that a layer or a cube lies on."""
    found = layer.odc.geobox
    if not isinstance(found, GeoBox):
        raise ContractError(
            "this array lies on no regular grid with a CRS; pass it through grid.align first"
        )
    return found


def check_grid(grid: GeoBox) -> None:
    """Raise a ContractError unless *grid* is north up, in a projected CRS in metres."""
    problems = []
    if grid.crs is None:
        problems.append("it has no CRS; state one, for example crs: 'EPSG:4545'")
    elif not grid.crs.projected:
        problems.append(
            f"its CRS {crs_name(grid.crs)} is geographic: distances and areas need metres; choose "
            "a projected CRS, for example UTM or a CGCS2000 Gauss-Kruger zone"
        )
    elif any(axis.unit_conversion_factor != 1.0 for axis in grid.crs.proj.axis_info[:2]):
        units = ", ".join(sorted({axis.unit_name for axis in grid.crs.proj.axis_info[:2]}))
        problems.append(f"its CRS {crs_name(grid.crs)} is in {units}; choose one in metres")
    if grid.affine.e >= 0 or grid.affine.a <= 0 or grid.affine.b or grid.affine.d:
        problems.append("it is not north up")
    if problems:
        raise ContractError(listing("the target grid breaks the data contract:", problems))


# --- layers -----------------------------------------------------------------------------


def cells_at(
    x: npt.ArrayLike, y: npt.ArrayLike, grid: GeoBox
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """
    Row and column of the cell around each point, and whether it lies on the grid.

    *x* and *y* are in the grid's CRS; cells beyond the grid are out of its range, as are
    points without a place (NaN).
    """
    places = ~grid.affine * (np.asarray(x, float), np.asarray(y, float))
    columns, rows = (np.floor(np.nan_to_num(at, nan=-1.0)).astype(np.int64) for at in places)
    inside = (rows >= 0) & (rows < grid.shape[0]) & (columns >= 0) & (columns < grid.shape[1])
    return rows, columns, inside


def on_grid(
    block: Any, grid: GeoBox, *, name: Hashable | None = None, dims: Sequence[str] = ("y", "x")
) -> xr.DataArray:
    """An array of the grid's shape, with the grid's coordinates and no attrs."""
    return xr.DataArray(block, dims=tuple(dims), coords=xr_coords(grid, dims=("y", "x")), name=name)


def describe(
    layer: xr.DataArray,
    *,
    long_name: str,
    units: str,
    quality: bool = False,
    meanings: Mapping[int, str] | None = None,
) -> xr.DataArray:
    """
    The layer with these attrs and no others: a source's attrs never leak through.

    *meanings* maps the codes of a categorical layer to their texts; *quality*
    marks a layer about the data, which is never evidence.
    """
    attrs: dict[str, Any] = {"long_name": long_name, "units": units}
    if meanings is not None:
        codes = sorted(meanings)
        attrs["flag_values"] = [int(code) for code in codes]
        attrs["flag_meanings"] = [str(meanings[code]) for code in codes]
    if quality:
        attrs["quality"] = 1
    return layer.astype("float32", copy=False).drop_attrs(deep=False).assign_attrs(attrs)


def is_categorical(layer: xr.DataArray) -> bool:
    """Whether the layer's values are codes of classes."""
    return "flag_values" in layer.attrs


def meanings(layer: xr.DataArray) -> dict[int, str]:
    """Code to text, of a categorical layer."""
    return dict(zip(layer.attrs["flag_values"], layer.attrs["flag_meanings"], strict=True))


def is_quality(layer: xr.DataArray) -> bool:
    """Whether the layer is about the data rather than the ground."""
    return bool(layer.attrs.get("quality", 0))


def evidence(cube: Mapping[Any, xr.DataArray]) -> list[str]:
    """Ids of the layers that a model may learn from, in cube order."""
    return [str(name) for name, layer in cube.items() if not is_quality(layer)]


def layer_problems(layer: xr.DataArray, grid: GeoBox) -> list[str]:
    """All that keeps *layer* from being a layer on *grid*."""
    problems = []
    if layer.dims != ("y", "x"):
        problems.append(f"its dims are {layer.dims}, not ('y', 'x')")
    elif not same_grid(grid_of(layer), grid):
        problems.append("it is not on the target grid; pass it through grid.align first")
    if layer.dtype != np.float32:
        problems.append(f"its dtype is {layer.dtype}, not float32")
    problems += [f"attrs lack {key!r}" for key in ("long_name", "units") if key not in layer.attrs]
    if is_categorical(layer) and len(layer.attrs["flag_values"]) != len(
        layer.attrs.get("flag_meanings", ())
    ):
        problems.append("flag_values and flag_meanings differ in length")
    return problems


def check_layer(layer: xr.DataArray, grid: GeoBox, name: str) -> None:
    """Raise one ContractError that lists all that is wrong with a layer."""
    problems = layer_problems(layer, grid)
    if problems:
        raise ContractError(listing(f"layer {name!r} breaks the data contract:", problems))


def check_cube(cube: Mapping[Any, xr.DataArray], grid: GeoBox) -> None:
    """Raise one ContractError that lists all that is wrong with a cube."""
    problems = cube_problems(cube, grid)
    if not evidence(cube):
        problems.append("it has no evidence layer")
    _complain(problems)


def check_layers(layers: Mapping[Any, xr.DataArray], grid: GeoBox) -> None:
    """Raise one ContractError that lists all that is wrong with layers for a cube."""
    _complain(cube_problems(layers, grid))


def cube_problems(cube: Mapping[Any, xr.DataArray], grid: GeoBox) -> list[str]:
    """What is wrong with the layers of a cube, each by its id."""
    problems = [
        f"{name}: {problem}"
        for name, layer in cube.items()
        for problem in layer_problems(layer, grid)
    ]
    return problems + [
        f"{name}: a layer's id is ASCII snake_case; put what people read into long_name"
        for name in cube
        if not LAYER_ID.match(str(name))
    ]


def _complain(problems: list[str]) -> None:
    if problems:
        raise ContractError(listing("the cube breaks the data contract:", problems))


# --- vectors ----------------------------------------------------------------------------


def check_crs(features: gpd.GeoDataFrame, grid: GeoBox, name: str = "this vector layer") -> None:
    """Raise a ContractError unless *features* are in the grid's CRS."""
    if features.crs is None:
        raise ContractError(f"{name} has no CRS; state it where it is read, crs: 'EPSG:...'")
    if grid.crs is None or features.crs != grid.crs.proj:
        raise ContractError(
            f"{name} is in {crs_name(features.crs)} and the grid in {crs_name(grid.crs)}; "
            "pass it through grid.project first"
        )


NAME_COLUMNS = ("name", "deposit", "deposit_name", "site_name", "名称", "矿床名称", "矿点名称")


def names(features: gpd.GeoDataFrame) -> list[str]:
    """What each feature is called: the first column that holds names, else empty texts."""
    for column in features.columns:
        if str(column).lower() in NAME_COLUMNS:
            return [str(name) for name in features[column].astype(object).fillna("")]
    return [""] * len(features)


def check_samples(samples: gpd.GeoDataFrame, grid: GeoBox) -> None:
    """Raise one ContractError that lists all that is wrong with samples."""
    check_crs(samples, grid, "the sample table")
    problems = [f"column {c!r} is missing" for c in SAMPLE_COLUMNS if c not in samples.columns]
    if not problems and not set(samples["label"].unique()) <= {0, 1}:
        problems.append("label must be 1 (deposit) or 0 (background)")
    if problems:
        raise ContractError(listing("the samples break the data contract:", problems))


# --- validation and models ----------------------------------------------------------------


@dataclass(frozen=True)
class Folds:
    """
    Samples parted for validation, whatever the protocol.

    ``of_samples`` (samples,) is the fold in which each sample is tested, from 0, -1 where
    it is not; ``training`` (folds, samples) says which samples each fold's model learns
    from. ``blocks`` are the squares of ground (column ``fold``) that are held
    out whole, or None where only the samples are. ``further`` are other ways the
    same protocol parts the samples, each judged by itself.

    ``judged`` says what of: ``"folds"``, each an equal piece of the ground; ``"clusters"``,
    each fold one deposit cluster, ranked among the whole area; ``"sweep"``, this and
    ``further`` each at a size of its own. ``label`` is what one way of a sweep is called,
    ``size`` the edge of its blocks, or the distance that is held out around a cluster [m],
    and ``names`` what each fold is called. ``ranges`` is the table that a block size was
    found from.
    """

    of_samples: npt.NDArray[np.int64]
    training: npt.NDArray[np.bool_]
    blocks: gpd.GeoDataFrame | None = None
    further: tuple[Folds, ...] = ()
    judged: str = "folds"
    label: str = ""
    size: float | None = None
    names: tuple[str, ...] = ()
    ranges: pd.DataFrame | None = None


class Ensemble(Protocol):
    """
    What validation and maps ask of a fitted ensemble, whatever its members are.

    ``layers_`` are the ids of its inputs in order; scores are (members, cells) float64
    in [0, 1].
    """

    layers_: list[str]

    def scores(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Each member's score of each row of (cells, layers)."""


class Explainable(Ensemble, Protocol):
    """
    What explanations ask of a fitted ensemble.

    Where ``trees`` is true, ``members_`` are LightGBM boosters and ``texts`` the same as
    LightGBM writes them. Raw scores, in ``raw_units``, are what contributions sum to;
    where ``additive`` is false there are none.
    """

    members_: list[Any]

    @property
    def trees(self) -> bool:
        """Whether the members are LightGBM trees."""

    @property
    def additive(self) -> bool:
        """Whether a raw score is the sum of what each layer contributes."""

    @property
    def raw_units(self) -> str:
        """Unit of raw scores and contributions."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The members as they are written."""

    def contributions(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Mean contributions of members that are no trees, (cells, layers + 1), base last."""
