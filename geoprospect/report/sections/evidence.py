"""What single layers tell of deposits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from geoprospect.registry import SECTIONS
from geoprospect.report import canvas, evidence
from geoprospect.report import figures as draw
from geoprospect.report.page import render

MOST = 6
"""Classes of a layer that are seen at once; the others are folded away."""


@SECTIONS.register
def weights(weights: Mapping[str, Any] | None, independence: Mapping[str, Any] | None) -> Markup:
    """Weights of evidence, layer by layer."""
    if not weights:
        return Markup()
    names = {name: layer["long_name"] for name, layer in weights.items()}
    return render(
        "weights.html",
        most=MOST,
        layers=[dict(layer) | {"rows": evidence.chosen(layer)} for layer in weights.values()],
        verdict=evidence.verdict(independence) if independence else "",
        pairs=[
            dict(pair) | {"names": [names.get(n, n) for n in pair["layers"]]}
            for pair in (evidence.together(independence) if independence else [])
        ],
        few=evidence.FEW,
        chance=evidence.chance,
        curves=Markup(canvas.svg(draw.evidence_curves(weights), "weights")),  # noqa: S704
    )
