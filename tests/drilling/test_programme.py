"""A programme of holes: geometry by hand, beliefs by enumeration, choices by what they find."""

from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import LineString, Point
from shapely.affinity import rotate
from shapely.geometry import box

from geoprospect import contract
from geoprospect.drilling.bodies import Body, places
from geoprospect.drilling.detection import after_barren, detection
from geoprospect.drilling.drift import Drift
from geoprospect.drilling.information import Accuracy, Prospect, of_holes
from geoprospect.drilling.known import Hit, outcomes
from geoprospect.drilling.programme import programme
from geoprospect.drilling.sites import Ground, Pattern, frame_of, lattice, sites
from geoprospect.drilling.views import Views, by_member
from geoprospect.errors import ContractError, DataError

CRS = "EPSG:32648"
SURE = Accuracy(1.0, 1.0)


def targets(**outlines):
    return gpd.GeoDataFrame({"label": list(outlines)}, geometry=list(outlines.values()), crs=CRS)


TWO = targets(T1=box(0, 0, 300, 1000), T2=box(3000, 0, 3300, 700))
SETTINGS = {
    "targets": TWO, "probability": {"T1": 0.3, "T2": 0.1},
    "scores": np.array([[0.2, 0.8], [0.3, 0.7]]), "budget": 4e5, "cost_per_metre": 200.0,
    "worth": [-1e7, 3e7], "loss": 2e6, "body": Body(200, 100), "accuracy": Accuracy(0.9, 0.95),
    "holes": Pattern(spacing=200, depth=200, longest=400),
}  # fmt: skip


# --- where holes start ------------------------------------------------------------------------


@given(st.floats(0, 179), st.floats(-1e5, 1e5))
@settings(max_examples=25, deadline=None)
def test_axes_are_those_of_the_longer_side(turn, shift):
    outline = rotate(box(shift, 0, shift + 100, 500), -turn)
    frame = frame_of(outline)
    assert math.isclose((frame.strike - turn + 90) % 180, 90, abs_tol=1e-6)
    points = np.array([[shift, 1.0], [shift + 7, 300.0]])
    np.testing.assert_allclose(frame.placed(frame.local(points)), points, atol=1e-6)
    tip = outline.centroid.x + 250 * math.sin(math.radians(turn))
    far = frame.local(np.array([[tip, 250 + 250 * math.cos(math.radians(turn))]]))
    np.testing.assert_allclose(far, [[250, 0]], atol=1e-6)


def test_points_lie_in_rows_about_the_middle_and_one_at_least_inside():
    outline = box(0, 0, 300, 1000)
    found = lattice(outline, frame_of(outline), 250.0)
    wanted = [[150, y] for y in (0.0, 250, 500, 750, 1000)]
    np.testing.assert_allclose(sorted(found.tolist()), wanted, atol=1e-9)
    bent = box(0, 0, 100, 100).difference(box(10, -1, 90, 101).buffer(0.1))
    (only,) = lattice(bent, frame_of(bent), 1000.0)
    assert bent.contains(Point(only))


def test_a_hole_starts_off_its_point_so_that_it_meets_it_at_its_dip():
    pattern = Pattern(spacing=1000, depth=200, longest=400, dip=-60, core_angle=20)
    (hole,) = sites(TWO.iloc[:1], Ground(), pattern=pattern).itertuples()
    # the target strikes north, so its structure falls east, and the hole comes from there
    assert (hole.point_x, hole.point_y, hole.point_z) == pytest.approx((150, 500, -200))
    assert hole.geometry.x == pytest.approx(150 + 200 / math.sqrt(3))
    assert hole.geometry.y == pytest.approx(500)
    assert (hole.azimuth, hole.dip) == pytest.approx((270, -60))
    assert hole.length == pytest.approx(400 / math.sqrt(3))
    assert hole.core_angle == pytest.approx(30)


def test_a_drifting_hole_still_hits_its_point():
    drift = Drift(lift=1.5, swing=-1.0)
    found = sites(TWO, Ground(), pattern=Pattern(200, 200, 400, core_angle=10), drift=drift)
    for hole in found.itertuples():
        end = drift.trace(hole.azimuth, hole.dip, hole.length)
        start = [hole.geometry.x, hole.geometry.y, hole.elevation]
        np.testing.assert_allclose(start + end, [hole.point_x, hole.point_y, hole.point_z],
                                   atol=1e-3)  # fmt: skip
    assert len(found) == 8


def test_points_each_way_are_no_more_than_wanted():
    wide = targets(T1=box(0, 0, 2000, 4000))
    for along, across in itertools.product((1, 2, 5), (1, 4)):
        pattern = Pattern(200, 200, 400, along_strike=along, across=across, core_angle=10)
        assert len(sites(wide, Ground(), pattern=pattern)) == along * across


def slope():
    grid = GeoBox.from_bbox((-1000, -1000, 5000, 2000), crs=CRS, resolution=10)
    height = np.broadcast_to(np.linspace(1000, 1600, grid.shape[1]), grid.shape)
    return contract.on_grid(height.astype("float32"), grid)


def test_the_ground_is_that_of_the_elevation_and_unknown_where_it_is_not():
    surface = slope()
    pattern = Pattern(1000, 200, 400, core_angle=10)
    (hole,) = sites(TWO.iloc[:1], Ground(surface), pattern=pattern).itertuples()
    assert hole.point_z + 200 == pytest.approx(1000 + 0.1 * (150 + 1000), abs=1.5)
    assert hole.elevation == pytest.approx(1000 + 0.1 * (hole.geometry.x + 1000), abs=1.5)
    blank = xr.full_like(surface, np.nan)
    with pytest.raises(DataError, match=r"none of 1 holes .*the height of the ground is not known"):
        sites(TWO.iloc[:1], Ground(blank), pattern=pattern)


def test_a_barred_collar_gives_way_to_the_other_side(caplog):
    caplog.set_level("INFO")
    pattern = Pattern(1000, 200, 400, core_angle=10)
    east = targets(x=box(200, 0, 500, 1000))
    (hole,) = sites(TWO.iloc[:1], Ground(no_go=east), pattern=pattern).itertuples()
    assert hole.azimuth == pytest.approx(90)
    everywhere = targets(x=box(-1000, 0, 1000, 1000))
    found = sites(TWO, Ground(no_go=everywhere), pattern=pattern)
    assert found["target"].tolist() == ["T2"]
    assert "1 of 2 holes cannot be drilled: in a no-go area (1)." in caplog.text
    with pytest.raises(DataError, match=r"none of 1 holes can be drilled: in a no-go area \(1\)"):
        sites(TWO.iloc[:1], Ground(no_go=everywhere), pattern=pattern)


def test_holes_start_from_the_nearest_pad_and_turn_as_they_must():
    pads = targets(a=box(400, 450, 420, 480), b=box(9000, 0, 9010, 10))
    pattern = Pattern(1000, 200, 400, core_angle=10, flattest=-30)
    (hole,) = sites(TWO.iloc[:1], Ground(pads=pads), pattern=pattern).itertuples()
    assert (hole.geometry.x, hole.geometry.y) == pytest.approx((400, 480))
    assert hole.length == pytest.approx(math.dist((400, 480, 0), (150, 500, -200)))
    with pytest.raises(ContractError, match="the pads are in"):
        sites(TWO, Ground(pads=pads.to_crs(4326)), pattern=pattern)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"spacing": 0}, "spacing and depth must be above 0 m, got 0 and 200"),
        ({"across": 0}, "there must be 1 point or more each way, got 5 and 0"),
        ({"dip": 60}, "dip of holes must be from -90 up to below 0, got 60"),
    ],
)
def test_patterns_that_are_none_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Pattern(**{"spacing": 200, "depth": 200, "longest": 400, **wrong})


# --- what they would meet ---------------------------------------------------------------------


def test_a_grid_over_a_large_target_meets_a_body_as_often_as_geometry_says():
    large = targets(T1=box(0, 0, 8000, 8100))
    body = Body(120, 60)
    where = places(large, body)
    x, y = np.meshgrid(np.arange(-400, 8500, 200.0), np.arange(-400, 8600, 200.0))
    grid = np.column_stack([x.ravel(), y.ravel()])
    drawn = np.random.default_rng(1).uniform(0, 8000, (4000, 2))
    met = type(where)(drawn, np.zeros(4000, np.int64), where.frames).met(grid, body).any(axis=0)
    wanted = detection(120, 60, spacing=200, angle=0)
    assert met.mean() == pytest.approx(wanted, abs=3 * math.sqrt(wanted * (1 - wanted) / 4000))


def test_places_fill_targets_and_holes_elsewhere_meet_nothing():
    where = places(TWO, Body(200, 100))
    counts = np.bincount(where.target)
    assert counts / TWO.area.to_numpy() == pytest.approx((3 / 100) ** 2, rel=0.35)
    met = where.met(
        np.array([[150, 500], [3150, 350], [9000, 0], [np.nan, np.nan]]), Body(200, 100)
    )
    assert [set(where.target[row].tolist()) for row in met] == [{0}, {1}, set(), set()]


def test_the_longer_axis_of_a_body_lies_along_that_of_its_target():
    where = places(TWO.iloc[:1], Body(200, 100))
    middle = np.hypot(*(where.points - [150, 500]).T).argmin()
    around = where.points[middle] + np.array([[0, 150], [150, 0], [0, 210], [90, 0]])
    assert where.met(around, Body(200, 100))[:, middle].tolist() == [True, False, False, True]


def test_bodies_have_their_axes_the_right_way_round():
    with pytest.raises(ValueError, match="the longer one not below the shorter, got 1 and 2"):
        Body(1, 2)


# --- what is believed -------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_members_keep_their_order_and_the_stated_chance(scores, chance):
    (found,) = by_member([chance], np.array([scores]))
    assert found.mean() == pytest.approx(chance, abs=1e-9)
    for one, other in itertools.combinations(range(len(scores)), 2):
        if scores[one] < scores[other]:
            assert found[one] <= found[other] + 1e-12


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_chance_of_0_or_1_is_refused(chance):
    with pytest.raises(DataError, match=f"is {chance:g}, and must lie above 0 and below 1"):
        programme(**SETTINGS | {"chances": {"T2": chance}})
    with pytest.raises(DataError, match="every member must score every target"):
        by_member([0.3], np.array([[0.3, np.nan]]))


def by_enumeration(chance, target, holes, accuracy):
    """Posterior chances of targets by summing over members, deposits and their places."""
    members, count = chance.shape[1], len(chance)
    total, each = 0.0, np.zeros(count)
    own = [np.flatnonzero(target == number) for number in range(count)]
    worlds = itertools.product(*([None, *of] for of in own))
    for world, member in itertools.product(list(worlds), range(members)):
        p = 1 / members
        for number, place in enumerate(world):
            share = chance[number, member]
            p *= 1 - share if place is None else share / len(own[number])
        for met, hit in holes:
            meets = any(place is not None and met[place] for place in world)
            shows = accuracy.sensitivity if meets else 1 - accuracy.specificity
            p *= shows if hit else 1 - shows
        total += p
        each += [p * (place is not None) for place in world]
    return each / total


def test_beliefs_are_those_of_bayes_rule_over_every_world():
    chance = np.array([[0.2, 0.5, 0.1], [0.3, 0.6, 0.3]])
    target = np.array([0, 0, 0, 1, 1])
    holes = [([1, 1, 0, 0, 0], False), ([0, 0, 0, 0, 1], True), ([0, 1, 1, 0, 0], False)]
    accuracy = Accuracy(0.8, 0.9)
    views = Views.begun(chance, target)
    np.testing.assert_allclose(views.probability, chance.mean(axis=1))
    for met, hit in holes:
        views = views.after(np.array(met, bool), hit, accuracy)
    wanted = by_enumeration(chance, target, holes, accuracy)
    np.testing.assert_allclose(views.probability, wanted, rtol=1e-12)
    assert views.place[:3].sum() == pytest.approx(1)


def test_a_sure_barren_hole_is_the_formula_and_moves_what_hangs_together():
    chance = np.array([[0.1, 0.5], [0.1, 0.5], [0.3, 0.3]])
    target = np.repeat([0, 1, 2], 4)
    met = np.array([1, 1, 0, 0, *[0] * 8], bool)
    after = Views.begun(chance, target).after(met, False, SURE)
    alone = Views.begun(chance[:, :1], target).after(met, False, SURE)
    assert alone.probability[0] == pytest.approx(float(after_barren(0.1, [0.5])))
    assert after.probability[1] < 0.3  # the member that had favoured both was wrong of the first
    assert after.probability[2] == pytest.approx(0.3)
    together, apart = after.nothing_found(np.array([1.0, 1, 0]))
    assert together > apart


def test_what_cannot_be_is_refused():
    views = Views.begun(np.array([[0.3]]), np.array([0, 0]))
    none = views.after(np.array([True, True]), False, SURE)
    assert none.probability.tolist() == [0.0]
    with pytest.raises(DataError, match="hit where nothing can be hit"):
        none.after(np.array([True, True]), True, SURE)


# --- holes that are there ---------------------------------------------------------------------


def traces(**lines):
    made = [LineString(points) for points in lines.values()]
    return gpd.GeoDataFrame({"hole": list(lines)}, geometry=made, crs=CRS)


def assays(*rows):
    return pd.DataFrame(rows, columns=["hole", "from", "to", "Cu"])


def test_a_hole_counts_where_it_passes_the_depth_and_hits_by_length_of_grade():
    found = outcomes(
        traces(A=[(0, 0, 50), (0, 0, -50), (300, 0, -350)], B=[(0, 0, 0), (0, 0, -100)],
               C=[(9, 9, 0), (9, 9, -100)]),
        assays(("A", 0, 8, 0.5), ("A", 20, 23, 0.3), ("A", 30, 90, 0.2), ("B", 0, 90, None),
               ("C", 0, 11, 2)),
        hit=Hit("Cu", 0.3, 11), depth=250,
    )  # fmt: skip
    assert found["hit"].tolist() == [True, False, True]
    assert found.loc[0, ["x", "y"]].tolist() == pytest.approx([150, 0])
    assert np.isnan(found.loc[1, "x"])  # it ends above, and tells nothing
    assert found.loc[2, ["x", "y"]].tolist() == [9, 9]
    with pytest.raises(DataError, match="no grade 'cu', by which a hit is told; known: Cu,"):
        outcomes(traces(A=[(0, 0, 0), (0, 0, -1)]), assays(), hit=Hit("cu", 1, 1), depth=1)
    with pytest.raises(ValueError, match="cutoff and length must be above 0, got 0 and 1 m"):
        Hit("Cu", 0, 1)


def test_barren_and_hitting_holes_move_the_chances_of_their_target_alone(caplog):
    caplog.set_level("INFO")
    there = {"traces": traces(A=[(150, 500, 0), (150, 500, -300)], B=[(9, 9, 0), (9, 9, -9)]),
             "intervals": assays(("A", 0, 300, 0.01))}  # fmt: skip
    hit = Hit("Cu", 0.3, 10)
    barren = programme(**SETTINGS | there | {"hit": hit}).targets.set_index("target")
    assert barren.loc["T1", ["barren", "hits"]].tolist() == [1, 0]
    assert barren.loc["T1", "probability"] < barren.loc["T1", "before"] - 0.03
    assert "1 of 2 holes that are there already would have met a body" in caplog.text
    rich = {"intervals": assays(("A", 0, 300, 1.0))}
    found = programme(**SETTINGS | there | rich | {"hit": hit}).targets.set_index("target")
    assert found.loc["T1", "probability"] > 0.6
    with pytest.raises(ValueError, match="state by hit what makes one a hit"):
        programme(**SETTINGS | there)


# --- the programme ----------------------------------------------------------------------------


def test_a_plan_keeps_to_its_budget_and_adds_up():
    made = programme(**SETTINGS)
    plan, told, table = made.plan, made.told, made.targets.set_index("target")
    assert told["spent"] == pytest.approx(plan["cost"].sum())
    assert told["spent"] <= 4e5
    assert plan["cost"].to_numpy() == pytest.approx(200 * plan["length"].to_numpy())
    assert len(plan) == made.holes["chosen"].sum() == table["planned"].sum()
    # the choice counts a body that two holes meet as met once, and each may fail to show it
    mined = 3e7 / 2
    shown = (table["probability"] * table["met_by_plan"] * mined).sum()
    assert 0.9 * shown < told["worth"] <= shown * (1 + 1e-9)
    assert table["worth"].tolist() == [mined, mined]
    ends = [np.array(line.coords)[-1] for line in made.traces.geometry]
    np.testing.assert_allclose(ends, plan[["point_x", "point_y", "point_z"]], atol=1e-6)


def test_each_hole_beside_it_is_paid_for_once():
    close = {"holes": Pattern(spacing=60, depth=200, longest=400), "budget": 3e5}
    choices = {one["how"]: one for one in programme(**SETTINGS | close).told["choices"]}
    assert choices["exact"]["lost"] == 0
    assert choices["ranked"]["lost"] > 0.2
    assert choices["exact"]["value"] >= choices["greedy"]["value"] >= choices["ranked"]["value"]


def test_information_is_that_of_the_detection_told():
    made = programme(**SETTINGS)
    for one in made.targets.to_dict("records"):
        prospect = Prospect(one["probability"], 1.5e7, -2e6)
        hole = Accuracy(one["detection"], 0.95)
        assert one["one_hole"] == pytest.approx(of_holes(prospect, hole, 1))
        assert [row["holes"] for row in one["batches"]] == [1, 2, 4, 8]
        assert one["value"] == pytest.approx(
            one["probability"] * one["met_by_all"] * 1.5e7 - one["cost_of_all"]
        )


def test_ruin_is_what_chances_and_detections_give():
    told = programme(**SETTINGS).told
    table = programme(**SETTINGS).targets
    apart = np.prod(1 - table["probability"] * table["met_by_plan"])
    assert told["ruin_apart"] == pytest.approx(apart)
    assert told["ruin"] > apart  # the members agree on both targets
    first = told["after_first"]["chances"]
    assert all(first[one.target] < one.probability for one in table.itertuples())


def test_budgets_and_costs_that_will_not_do_are_refused():
    with pytest.raises(DataError, match="the budget of 1000 is below the cheapest hole"):
        programme(**SETTINGS | {"budget": 1000.0})
    with pytest.raises(ValueError, match="loss must be above 0, got 0"):
        programme(**SETTINGS | {"loss": 0.0})
    with pytest.raises(ValueError, match="cost_per_metre must be above 0, got -1"):
        programme(**SETTINGS | {"cost_per_metre": -1.0})


def test_a_target_without_a_hole_has_no_part_in_the_plan(caplog):
    barred = {"no_go": [targets(x=box(2000, -1000, 5000, 2000)), targets(y=box(-9, -9, -8, -8))]}
    made = programme(**SETTINGS | barred)
    assert made.targets["target"].tolist() == ["T1"]
    assert "no hole can be drilled on T2; it has no part in the plan." in caplog.text


def test_the_same_is_planned_twice():
    one, other = programme(**SETTINGS), programme(**SETTINGS)
    pd.testing.assert_frame_equal(one.plan, other.plan, check_exact=True)
    assert one.told == other.told
