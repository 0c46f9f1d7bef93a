"""A pipeline's inputs: opened, hashed, and brought onto the grid when a call asks for them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, storage
from geoprospect.grid.align import align, project
from geoprospect.ingest.drillholes import DrillHoles
from geoprospect.ingest.files import files_of
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.ledger import Ledger, code_digest, fingerprint

Source: TypeAlias = xr.DataArray | xr.Dataset | gpd.GeoDataFrame | DrillHoles


@dataclass(frozen=True)
class Input:
    """One opened input: as read, with its files and a digest of their content."""

    name: str
    function: str
    source: Source
    files: Mapping[str, str]
    digest: str

    @property
    def crs(self) -> str:
        """Its CRS, as a short text."""
        if isinstance(self.source, gpd.GeoDataFrame):
            return contract.crs_name(self.source.crs)
        if isinstance(self.source, DrillHoles):
            stated = self.source.collars.crs
            return contract.crs_name(stated) if stated is not None else "local grid"
        return contract.crs_name(contract.grid_of(self.source).crs)

    @property
    def detail(self) -> str:
        """What it holds, in a few words."""
        if isinstance(self.source, gpd.GeoDataFrame):
            kinds = sorted({kind.removeprefix("Multi").lower() for kind in self.source.geom_type})
            many = "" if len(self.source) == 1 else "s"
            return f"{len(self.source)} {' and '.join(kinds) or 'feature'}{many}"
        if isinstance(self.source, DrillHoles):
            return f"{len(self.source.collars)} holes, {len(self.source.intervals)} intervals"
        box = contract.grid_of(self.source)
        height, width = contract.cell_size(box)
        several = isinstance(self.source, xr.Dataset)
        bands = f", {len(self.source)} bands" if several else ""
        size = f"{width:g}" if abs(width - height) < 1e-9 * width else f"{width:g} x {height:g}"
        return f"{box.shape[1]} x {box.shape[0]} cells of {size}{bands}"


class Things(Mapping[str, Any]):
    """
    What calls may take, by name, each made once and when first asked for.

    A feature may bear the name of an input: calls below it get the feature, its
    own call the input.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers

    def with_(self, name: str, make: Callable[[], Any]) -> Things:
        """The same, and one more thing."""
        return Things({**self._makers, name: functools.cache(make)})

    def __getitem__(self, name: str) -> Any:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def placed(inputs: Iterable[Input], grid: GeoBox) -> Things:
    """The inputs as things: on the grid when asked for."""
    things = Things({})
    for one in inputs:
        things = things.with_(one.name, functools.partial(on_grid, one, grid))
    return things


def opened(call: Call, ledger: Ledger, *, step: str | None = None) -> Input:
    """Open one input and hash its files; what it says goes into the ledger, under *step*."""
    paths = [path for value in call.settings.values() for path in storage.paths_in(value)]
    with ledger.noted(step or f"inputs.{call.name}") as noted:
        source = call({})
        files = {
            storage.below(path, root.parent): storage.digest(path)
            for root in paths
            for path in files_of(root)
        }
        digest = fingerprint(
            call.function.__name__, _without_paths(call.settings), files, code_digest("ingest")
        )
        noted["fingerprint"] = digest
    return Input(call.name, call.function.__name__, source, files, digest)


def on_grid(one: Input, grid: GeoBox) -> Any:
    """An input brought onto the grid: rasters aligned, vectors projected and told their name."""
    source = one.source
    assert not isinstance(source, DrillHoles)
    if isinstance(source, gpd.GeoDataFrame):
        features = project(source, grid=grid)
        features.attrs.setdefault("long_name", one.name.replace("_", " "))
        return features
    if isinstance(source, xr.Dataset):
        return xr.Dataset({name: align(band, grid=grid) for name, band in source.items()})
    return align(source, grid=grid)


def warn_if_unused(inputs: Mapping[str, Input], used: set[str]) -> None:
    """Say which inputs no call takes."""
    for name in inputs:
        if name not in used:
            logging.getLogger("geoprospect.pipeline").warning(
                "input %r is read but nothing takes it", name
            )


def _without_paths(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if not storage.paths_in(value)}
