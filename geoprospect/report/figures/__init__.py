"""The figures of a report; each function returns a matplotlib Figure of its own."""

from __future__ import annotations

from geoprospect.report.figures.charts import PROTOCOLS, capture_curve, coverage, fold_scores
from geoprospect.report.figures.confidence import (
    reliability_diagram,
    reliability_diagram_data,
    risk_return,
    risk_return_data,
    search_curve,
    search_curve_data,
)
from geoprospect.report.figures.confidence_maps import applicability_map, hatched, quadrant_map
from geoprospect.report.figures.evidence import evidence_curves
from geoprospect.report.figures.maps import drivers_map, prospectivity_map, spread_map
from geoprospect.report.figures.shap import shap_summary

__all__ = [
    "PROTOCOLS",
    "applicability_map",
    "capture_curve",
    "coverage",
    "drivers_map",
    "evidence_curves",
    "fold_scores",
    "hatched",
    "prospectivity_map",
    "quadrant_map",
    "reliability_diagram",
    "reliability_diagram_data",
    "risk_return",
    "risk_return_data",
    "search_curve",
    "search_curve_data",
    "shap_summary",
    "spread_map",
]
