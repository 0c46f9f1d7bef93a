"""
The figures of a report; each function returns a matplotlib Figure of its own.

``FIGURES`` has them by name, and ``data_of`` what each draws as a table. They are in the
house's type and colours, which people with colour-blindness can tell apart, in widths that
journals ask for; :func:`geoprospect.report.export.figure` writes them.
"""

from __future__ import annotations

from geoprospect.report.figures.agreement import (
    agreement_bars,
    agreement_bars_data,
    pair_curve,
    pair_curve_data,
)
from geoprospect.report.figures.amounts import (
    completeness_curve,
    completeness_curve_data,
    contained_metal,
    contained_metal_data,
    deposit_numbers,
    deposit_numbers_data,
)
from geoprospect.report.figures.block_curves import (
    grade_tonnage_plot,
    grade_tonnage_plot_data,
    swath_plot,
    swath_plot_data,
    variogram_plot,
    variogram_plot_data,
)
from geoprospect.report.figures.catalogue import DATA, FIGURES, data_of
from geoprospect.report.figures.charts import (
    PROTOCOLS,
    capture_curve,
    capture_curve_data,
    coverage,
    coverage_data,
    fold_scores,
    fold_scores_data,
    unit_told,
)
from geoprospect.report.figures.classes import (
    class_map,
    class_map_data,
    concentration_area_curve,
    concentration_area_curve_data,
)
from geoprospect.report.figures.collar_plan import collar_plan, collar_plan_data
from geoprospect.report.figures.confidence import (
    reliability_diagram,
    reliability_diagram_data,
    risk_return,
    risk_return_data,
    search_curve,
    search_curve_data,
)
from geoprospect.report.figures.confidence_maps import quadrant_map, quadrant_map_data
from geoprospect.report.figures.cross_section import cross_section, cross_section_data
from geoprospect.report.figures.dependence import dependence, dependence_data
from geoprospect.report.figures.doubt import (
    chance_scores,
    chance_scores_data,
    layer_worth,
    layer_worth_data,
    null_scores,
    null_scores_data,
    samples_map,
    samples_map_data,
)
from geoprospect.report.figures.down_hole import down_hole, down_hole_data
from geoprospect.report.figures.evidence import evidence_maps, evidence_maps_data
from geoprospect.report.figures.fitting import (
    layer_choices,
    layer_choices_data,
    tuned_settings,
    tuned_settings_data,
)
from geoprospect.report.figures.maps import (
    drivers_map,
    drivers_map_data,
    prospectivity_map,
    prospectivity_map_data,
    spread_map,
    spread_map_data,
)
from geoprospect.report.figures.prediction_area import (
    layer_densities,
    layer_densities_data,
    prediction_area_plot,
    prediction_area_plot_data,
)
from geoprospect.report.figures.ranking import target_ranking, target_ranking_data
from geoprospect.report.figures.shap import contribution_units, shap_summary, shap_summary_data
from geoprospect.report.figures.strength import strength_bars, strength_bars_data
from geoprospect.report.figures.trust import (
    cluster_places,
    cluster_places_data,
    degradation_curve,
    degradation_curve_data,
    leaderboard,
    leaderboard_data,
)
from geoprospect.report.figures.voxel_slices import voxel_slices, voxel_slices_data
from geoprospect.report.figures.waterfall import waterfall, waterfall_data
from geoprospect.report.figures.weights import evidence_curves, evidence_curves_data

__all__ = [
    "DATA",
    "FIGURES",
    "PROTOCOLS",
    "agreement_bars",
    "agreement_bars_data",
    "capture_curve",
    "capture_curve_data",
    "chance_scores",
    "chance_scores_data",
    "class_map",
    "class_map_data",
    "cluster_places",
    "cluster_places_data",
    "collar_plan",
    "collar_plan_data",
    "completeness_curve",
    "completeness_curve_data",
    "concentration_area_curve",
    "concentration_area_curve_data",
    "contained_metal",
    "contained_metal_data",
    "contribution_units",
    "coverage",
    "coverage_data",
    "cross_section",
    "cross_section_data",
    "data_of",
    "degradation_curve",
    "degradation_curve_data",
    "dependence",
    "dependence_data",
    "deposit_numbers",
    "deposit_numbers_data",
    "down_hole",
    "down_hole_data",
    "drivers_map",
    "drivers_map_data",
    "evidence_curves",
    "evidence_curves_data",
    "evidence_maps",
    "evidence_maps_data",
    "fold_scores",
    "fold_scores_data",
    "grade_tonnage_plot",
    "grade_tonnage_plot_data",
    "layer_choices",
    "layer_choices_data",
    "layer_densities",
    "layer_densities_data",
    "layer_worth",
    "layer_worth_data",
    "leaderboard",
    "leaderboard_data",
    "null_scores",
    "null_scores_data",
    "pair_curve",
    "pair_curve_data",
    "prediction_area_plot",
    "prediction_area_plot_data",
    "prospectivity_map",
    "prospectivity_map_data",
    "quadrant_map",
    "quadrant_map_data",
    "reliability_diagram",
    "reliability_diagram_data",
    "risk_return",
    "risk_return_data",
    "samples_map",
    "samples_map_data",
    "search_curve",
    "search_curve_data",
    "shap_summary",
    "shap_summary_data",
    "spread_map",
    "spread_map_data",
    "strength_bars",
    "strength_bars_data",
    "swath_plot",
    "swath_plot_data",
    "target_ranking",
    "target_ranking_data",
    "tuned_settings",
    "tuned_settings_data",
    "unit_told",
    "variogram_plot",
    "variogram_plot_data",
    "voxel_slices",
    "voxel_slices_data",
    "waterfall",
    "waterfall_data",
]
