"""Sections on why, beyond single layers: by part of the mineral system, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from markupsafe import Markup

from geoprospect.registry import SECTIONS
from geoprospect.report import canvas
from geoprospect.report import figures as draw
from geoprospect.report.page import render


@SECTIONS.register
def roles(
    trust: Mapping[str, Any],
    role_drivers: xr.Dataset | None,
    role_targets: Sequence[Mapping[str, Any]] | None,
) -> Markup:
    """What each part of the mineral system adds."""
    told = trust.get("roles")
    if not told or role_drivers is None:
        return Markup()
    return render(
        "roles.html",
        units=draw.unit_told(told["units"]),
        decimals=3 if told["units"] == "1" else 2,
        groups=told["groups"],
        targets=role_targets or [],
        map=_drawn(draw.drivers_map(role_drivers["driver_1"]), "roles"),
    )


@SECTIONS.register
def agreement(
    trust: Mapping[str, Any], steady_driver: xr.DataArray | None, cube: xr.Dataset
) -> Markup:
    """Whether the models agree on why."""
    told = trust.get("agreement")
    if not told or steady_driver is None:
        return Markup()
    names = {str(name): str(layer.attrs["long_name"]) for name, layer in cube.items()}
    return render(
        "agreement.html",
        least=told["least"],
        layers=told["layers"],
        names=names,
        bars=_drawn(draw.agreement_bars(told["layers"], names), "agreement"),
        map=_drawn(draw.drivers_map(steady_driver), "steady"),
    )


def _drawn(figure: Any, name: str) -> Markup:
    return Markup(canvas.svg(figure, name))  # noqa: S704
