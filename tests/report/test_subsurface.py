"""What the page says of ground between holes: no more than was shown out of hole."""

from __future__ import annotations

import numpy as np

from geoprospect.report import figures
from geoprospect.report.sections.subsurface import subsurface
from tests.report.drilled import make_voxels


def protocol(auc, low):
    return {
        "auc": {"mean": auc, "sd": 0.02, "worst": auc - 0.05},
        "interval": {"auc": [low, auc + 0.1]},
        "capture": {"5": 0.2},
    }


def told(hole=0.75, low=0.7, alone=0.6):
    grid = make_voxels().attrs
    sizes = {name: make_voxels().sizes[name] for name in "xyz"}
    best = {
        "rank": 1, "x": 500_100.0, "y": 4_000_050.0, "z": 60.0, "prospectivity": 0.91,
        "spread": 0.02, "data_distance": 12.5, "driver_1": "copper", "value_1": 0.8,
        "contribution_1": 1.2, "driver_2": "none", "value_2": None, "contribution_2": 0,
    }  # fmt: skip
    copper = {"layer": "copper", "long_name": "Cu <of> others", "units": "%", "size": 0.6}
    return {
        "grid": {"size": grid["size"], "counts": [*sizes.values()]},
        "grade": "Cu", "cut_off": 0.5, "samples": 1200, "ore": 80, "holes": 40,
        "unknown_beyond": 200, "known_by": ["copper"],
        "voxels": {"known": 300, "no data near": 90, "no evidence": 10, "outside the ground": 0},
        "validation": {"by_hole": protocol(hole, low), "random": protocol(0.999, 0.99)},
        "layers": [
            copper | {"alone": alone},
            {"layer": "rock", "long_name": "岩性", "units": "1", "size": 0.1, "alone": None},
        ],
        "best": [best],
    }  # fmt: skip


def page(**more):
    return subsurface({"told": told(**more), "maps": make_voxels(), "composites": None})


def test_a_model_that_works_is_told_as_far_as_it_does():
    made = page()
    assert "ranks ore above barren ground in 75 % of pairs (holes left out)" in made
    assert "adds nothing" not in made
    assert "At random, beside others of the same hole" in made
    assert "25 % of the voxels lie farther than 200 m from the data of copper" in made
    assert "Cu &lt;of&gt; others 0.8 (+1.20)" in made.replace("0.800", "0.8")


def test_a_model_no_better_than_a_layer_says_so():
    assert "Cu &lt;of&gt; others alone does as well (0.76" in page(alone=0.76)


def test_a_model_no_better_than_chance_is_not_to_be_drilled_by():
    made = page(hole=0.55, low=0.48)
    assert "cannot be told from chance (AUC 0.55" in made
    assert "do not drill by this map" in made


def test_a_map_that_knows_nothing_says_so():
    unknown = make_voxels().map(lambda one: one * np.nan)
    made = subsurface({"told": told(), "maps": unknown, "composites": None})
    assert "No voxel has data within 200 m" in made
    assert subsurface(None) == ""


def test_slices_pass_through_the_place_and_unknown_is_not_drawn():
    maps = make_voxels()
    table = figures.voxel_slices_data(maps, place=(2, 3, 4))
    level = table[table["slice"] == "z"]
    assert set(level["z"]) == {float(maps["z"][2])}
    score = maps["prospectivity"].to_numpy()
    np.testing.assert_array_equal(level["prospectivity"], score[2].ravel())
    figure = figures.voxel_slices(maps, place=(2, 3, 4))
    mesh = figure.axes[0].collections[0]
    assert np.ma.count_masked(mesh.get_array()) == np.isnan(score[2]).sum()
    assert figure.axes[0].patches[0].get_hatch() == "////"
    assert figure.axes[1].get_title(loc="left").startswith("Section along northing")


def test_few_holes_without_an_interval_are_told_by_their_mean():
    made = told()
    del made["validation"]["by_hole"]["interval"]
    assert "in 75 % of pairs" in subsurface(
        {"told": made, "maps": make_voxels(), "composites": None}
    )
