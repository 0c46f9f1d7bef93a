"""
Why a target is there, for runs that wrote no ``explanations.json``.

The same form, read from the run's contribution maps and cube: means over the cells whose
centres lie in the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.features import geometry_mask
from rasterio.windows import Window

from geoprospect.review import tiles
from geoprospect.review.folder import Run
from geoprospect.review.layers import CONTRIBUTIONS, EVIDENCE, Band, Layer, Variable

BASE = "base_value"
STEPS = 21
"""Quantiles that stand for a layer's distribution over the district: 0, 5, ..., 100 %."""


def explanation(run: Run, layers: Mapping[str, Layer], label: str) -> dict[str, Any] | None:
    """
    Contributions and values of one target [log-odds; the layers' units].

    None where the run's maps do not tell: they keep only the strongest contributions, or none.
    """
    shape = run.targets.geometry.iloc[run.position(label)]
    parts = {one.name: one for one in layers.values() if one.group == CONTRIBUTIONS}
    evidence = {one.name: one for one in layers.values() if one.group == EVIDENCE}
    names = [name for name in parts if name != BASE]
    if BASE not in parts or not names or not all(name in evidence for name in names):
        return None
    amounts = _amounts(list(parts.values()), shape)
    if amounts is None:
        return None
    told = dict(zip(parts, amounts, strict=True))
    contributions = [_told(evidence[name], told[name], shape) for name in names]
    base = told[BASE]
    total = base + sum(one["contribution"] for one in contributions)
    return {"base": base, "score_raw": total, "contributions": contributions, "analogues": []}


def described(layers: Mapping[str, Layer]) -> list[dict[str, Any]]:
    """The evidence with its distribution over the district, as ``explanations.json`` has it."""
    return [
        {"name": layer.name, "long_name": layer.title, "units": layer.units, "role": "",
         "quantiles": [] if layer.classes else _quantiles(layer)}
        for layer in layers.values() if layer.group == EVIDENCE
    ]  # fmt: skip


def _quantiles(layer: Layer) -> list[float]:
    known = tiles.overview(layer)
    known = known[np.isfinite(known)]
    return [float(q) for q in np.quantile(known, np.linspace(0, 1, STEPS))] if known.size else []


def _amounts(parts: list[Layer], shape: Any) -> list[float] | None:
    """Mean contribution of each part over the target; None if the maps do not reach it."""
    sources = [part.source for part in parts if isinstance(part.source, Band)]
    with rasterio.Env(GDAL_CACHEMAX=tiles.CACHE), rasterio.open(sources[0].path) as file:
        window = _window(shape.bounds, file.transform, file.shape)
        if window is None:
            return None
        values = file.read([s.index for s in sources], window=window, masked=True)
        scale = [(file.scales[s.index - 1], file.offsets[s.index - 1]) for s in sources]
        where = file.window_transform(window)
    inside = _inside(shape, values.shape[1:], where)
    rows = np.ma.filled(values.astype("float64"), np.nan)[:, inside]
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    if not rows.shape[1]:
        return None
    return [float(mean * by + to) for mean, (by, to) in zip(rows.mean(axis=1), scale, strict=True)]


def _told(layer: Layer, contribution: float, shape: Any) -> dict[str, Any]:
    """One layer's contribution, its value there and where that stands in the district."""
    values = _values(layer, shape)
    known = values[np.isfinite(values)]
    told: dict[str, Any] = {
        "layer": layer.name, "contribution": contribution, "value": None, "percentile": None,
        "missing_share": 1 - known.size / max(1, values.size), "class": None,
    }  # fmt: skip
    if known.size and layer.classes:
        codes, counts = np.unique(known, return_counts=True)
        told["class"] = layer.classes.get(int(codes[counts.argmax()]), "")
    elif known.size:
        told["value"] = float(known.mean())
        district = tiles.overview(layer)
        district = district[np.isfinite(district)]
        told["percentile"] = float(100 * (district <= told["value"]).mean())
    return told


def _values(layer: Layer, shape: Any) -> npt.NDArray[np.float64]:
    assert isinstance(layer.source, Variable)
    stored = tiles.array(layer.source)
    window = _window(shape.bounds, layer.source.transform, stored.shape)
    if window is None:
        return np.empty(0)
    rows, columns = window.toslices()
    values = np.asarray(stored[rows, columns], "float64")
    where = layer.source.transform * Affine.translation(window.col_off, window.row_off)
    found: npt.NDArray[np.float64] = values[_inside(shape, values.shape, where)]
    return found


def _window(bounds: Any, transform: Affine, shape: Any) -> Window | None:
    """The cells that bounds reach; None if there are none."""
    (left, top), (right, bottom) = (
        ~transform * (bounds[0], bounds[3]), ~transform * (bounds[2], bounds[1]),
    )  # fmt: skip
    row, column = max(0, int(np.floor(top))), max(0, int(np.floor(left)))
    height = min(shape[0], int(np.ceil(bottom))) - row
    width = min(shape[1], int(np.ceil(right))) - column
    return Window(column, row, width, height) if height > 0 and width > 0 else None


def _inside(shape: Any, size: Any, transform: Affine) -> npt.NDArray[np.bool_]:
    """Cells whose centres lie in the target; all that it touches if none does."""
    centres: npt.NDArray[np.bool_] = geometry_mask([shape], size, transform, invert=True)
    if centres.any():
        return centres
    touched: npt.NDArray[np.bool_] = geometry_mask(
        [shape], size, transform, invert=True, all_touched=True
    )
    return touched
