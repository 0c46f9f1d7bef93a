"""
The figures of a report; each function returns a matplotlib Figure of its own.

``FIGURES`` has them by name, and ``data_of`` what each draws as a table. They are in the
house's type and colours, which people with colour-blindness can tell apart, in widths that
journals ask for; :func:`geoprospect.report.export.figure` writes them.
"""

from __future__ import annotations

from geoprospect.report.figures.catalogue import DATA, FIGURES, data_of
from geoprospect.report.figures.charts import (
    PROTOCOLS,
    capture_curve,
    capture_curve_data,
    coverage,
    coverage_data,
    fold_scores,
    fold_scores_data,
)
from geoprospect.report.figures.confidence import (
    reliability_diagram,
    reliability_diagram_data,
    risk_return,
    risk_return_data,
    search_curve,
    search_curve_data,
)
from geoprospect.report.figures.confidence_maps import quadrant_map, quadrant_map_data
from geoprospect.report.figures.dependence import dependence, dependence_data
from geoprospect.report.figures.evidence import evidence_maps, evidence_maps_data
from geoprospect.report.figures.maps import (
    drivers_map,
    drivers_map_data,
    prospectivity_map,
    prospectivity_map_data,
    spread_map,
    spread_map_data,
)
from geoprospect.report.figures.shap import shap_summary, shap_summary_data
from geoprospect.report.figures.strength import strength_bars, strength_bars_data
from geoprospect.report.figures.waterfall import waterfall, waterfall_data
from geoprospect.report.figures.weights import evidence_curves

__all__ = [
    "DATA",
    "FIGURES",
    "PROTOCOLS",
    "capture_curve",
    "capture_curve_data",
    "coverage",
    "coverage_data",
    "data_of",
    "dependence",
    "dependence_data",
    "drivers_map",
    "drivers_map_data",
    "evidence_curves",
    "evidence_maps",
    "evidence_maps_data",
    "fold_scores",
    "fold_scores_data",
    "prospectivity_map",
    "prospectivity_map_data",
    "quadrant_map",
    "quadrant_map_data",
    "reliability_diagram",
    "reliability_diagram_data",
    "risk_return",
    "risk_return_data",
    "search_curve",
    "search_curve_data",
    "shap_summary",
    "shap_summary_data",
    "spread_map",
    "spread_map_data",
    "strength_bars",
    "strength_bars_data",
    "waterfall",
    "waterfall_data",
]
