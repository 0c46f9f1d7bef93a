"""What figures of drill holes and blocks show, held against geometry and the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.blocks import BlockGrid, grid_of
from geoprospect.errors import ContractError
from geoprospect.report import canvas, figures
from geoprospect.report.planes import Plane, plane_through
from tests.report.drilled import (
    HOLES,
    make_blocks,
    make_composites,
    make_curve,
    make_plane,
    make_swaths,
    make_variogram,
)

CU = {"grade": "Cu", "unit": "%"}


# --- planes ---------------------------------------------------------------------------------


def test_a_plane_measures_along_and_across():
    plane = Plane((10.0, 0.0), (10.0, 100.0), 20)
    assert (plane.length, plane.azimuth) == (100, 0)
    places = np.array([[10, 30], [15, 30], [-5, 30], [10, -1.0]])
    assert plane.along(places).tolist() == [30, 30, 30, -1]
    assert plane.across(places).tolist() == [0, 5, -15, 0]  # east of a northward line is right
    assert plane.within(places).tolist() == [True, True, False, False]


@given(
    azimuth=st.floats(0, 360), seed=st.integers(0, 99),
    shift=st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)),
)  # fmt: skip
def test_a_plane_through_places_spans_them_and_moves_with_them(azimuth, seed, shift):
    places = np.random.default_rng(seed).uniform(0, 500, (20, 2))
    plane = plane_through(places, azimuth=azimuth, thickness=1e6, margin=5)
    assert plane.within(places).all()
    along = plane.along(places)
    assert along.min() == pytest.approx(5, abs=1e-6)
    assert plane.length - along.max() == pytest.approx(5, abs=1e-6)
    turned = (plane.azimuth - azimuth + 180) % 360 - 180
    assert turned == pytest.approx(0, abs=1e-6)
    moved = plane_through(places + shift, azimuth=azimuth, thickness=1e6, margin=5)
    np.testing.assert_allclose(moved.start, np.add(plane.start, shift), atol=1e-6)
    np.testing.assert_allclose(plane.at(along), places - plane.across(places)[:, None]
                               * across_of(azimuth), atol=1e-6)  # fmt: skip


def across_of(azimuth):
    turn = np.radians(azimuth)
    return np.array([np.cos(turn), -np.sin(turn)])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Plane((1.0, 2.0), (1.0, 2.0), 5), "from one place to another"),
        (lambda: Plane((1.0, 2.0), (1.0, 3.0), 0), "positive thickness, got 0 m"),
        (lambda: plane_through(np.full((3, 2), np.nan), azimuth=0, thickness=5), "no place is"),
    ],
)
def test_no_plane_is_refused_in_a_line(make, told):
    with pytest.raises(ContractError, match=told):
        make()


# --- holes ----------------------------------------------------------------------------------


def test_bars_are_the_assays_and_a_gap_is_a_gap():
    samples = make_composites()
    drawn = figures.down_hole(samples, holes=["B1", "A1"], **CU)
    left, right = drawn.axes
    assert [axes.get_title("left") for axes in drawn.axes] == ["B1", "A1"]
    bars = [(one.get_y(), one.get_height(), one.get_width()) for one in left.patches]
    wanted = samples[samples["hole"] == "B1"]
    np.testing.assert_allclose(bars, np.column_stack(
        [wanted["from"], wanted["length"], wanted["Cu"]]
    ))  # fmt: skip
    assert np.isnan(right.patches[7].get_width())
    assert left.get_ylim() == (120, 0)


def test_a_hole_that_is_not_there_is_named():
    with pytest.raises(ContractError, match=r"no interval is of hole 'A3'; known: .*A1, A2, B1"):
        figures.down_hole(make_composites(), holes=["A3"], **CU)


def test_letters_of_any_script_are_drawn_and_the_same_twice():
    one, other = (
        canvas.svg(figures.down_hole(make_composites(), holes=HOLES[3:], code="rock", **CU), "d")
        for _ in range(2)
    )
    assert one == other
    assert "钻孔4" in one
    assert "橄榄岩" in one
    assert "<script" not in one


def test_the_plan_shows_means_by_length_and_lines_of_sections():
    samples = make_composites()
    table = figures.collar_plan_data(samples, **CU).set_index("hole")
    for hole, mine in samples.groupby("hole"):
        assert table.loc[hole, "Cu"] == pytest.approx(mine["Cu"].mean())
        assert table.loc[hole, "x"] == mine["x"].iloc[0]
    long = samples.assign(to=samples["to"].where(samples.index != 0, 500))
    heavy = figures.collar_plan_data(long, **CU).set_index("hole").loc["A1", "Cu"]
    assert heavy == pytest.approx(np.average(samples["Cu"][:24].drop(7),
                                             weights=[500, *[5] * 22]))  # fmt: skip
    axes = figures.collar_plan(samples, sections=[make_plane()], **CU).axes[0]
    assert [one.get_text() for one in axes.texts][5:7] == ["A", "A′"]


def test_a_section_draws_each_composite_from_its_begin_to_its_end():
    samples, plane = make_composites(), make_plane()
    table = figures.cross_section_data(samples, plane, **CU)
    near = np.abs(plane.across(samples[["x", "y"]].to_numpy())) <= 40
    assert len(table) == near.sum() < len(samples)
    length = np.hypot(table["end"] - table["begin"], table["bottom"] - table["top"])
    mine = samples[near].reset_index(drop=True)
    out_of_plane = np.cos(np.radians(mine["dip"])) * np.sin(np.radians(mine["azimuth"] - 70))
    np.testing.assert_allclose(length, 5 * np.sqrt(1 - out_of_plane**2), atol=1e-6)
    # a hole's composites follow on each other
    first = table[table["hole"] == "A2"]
    np.testing.assert_allclose(first["bottom"][:-1], first["top"][1:], atol=1e-9)


def test_blocks_behind_a_section_are_those_that_the_plane_cuts():
    model = make_blocks()
    grid = grid_of(model)
    row = 1
    y = grid.origin[1] + (row + 0.5) * grid.size[1]
    plane = Plane((grid.origin[0], y), (grid.origin[0] + 20 * grid.counts[0], y), 10)
    axes = figures.cross_section(make_composites(), plane, model=model, **CU).axes[0]
    (image,) = axes.images
    seen = image.get_array().filled(np.nan)
    left, right, low, high = image.get_extent()
    levels = low + (np.arange(seen.shape[0]) + 0.5) * (high - low) / seen.shape[0]
    for layer, z in enumerate(grid.origin[2] + grid.along(2)):
        if not low < z < high:
            continue
        line = seen[np.abs(levels - z).argmin()]
        columns = ((np.arange(len(line)) + 0.5) * (right - left) / len(line) // 20).astype(int)
        wanted = model["estimate"].to_numpy()[layer, row, columns]
        np.testing.assert_allclose(line, wanted)


def test_a_flat_section_is_stretched_and_says_so():
    samples = make_composites()
    flat = samples.assign(x=500_000 + 60 * (samples["x"] - 500_000))
    plane = plane_through(flat[["x", "y"]], azimuth=90, thickness=900)
    axes = figures.cross_section(flat, plane, **CU).axes[0]
    assert "heights times 20" in axes.get_title("left")
    assert axes.get_aspect() == 20


# --- curves ---------------------------------------------------------------------------------


def test_the_band_runs_from_p90_to_p10_and_a_model_alone_has_none():
    axes, other = figures.grade_tonnage_plot(make_curve(), unit="%").axes
    curve = pd.DataFrame(make_curve())
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(1e-6 * curve["tonnes_p10"].max())
    assert band[:, 1].min() == pytest.approx(1e-6 * curve["tonnes_p90"].min())
    np.testing.assert_allclose(other.lines[0].get_ydata(), curve["grade_p50"])
    alone = figures.grade_tonnage_plot(make_curve(simulated=False), unit="%").axes[0]
    assert not alone.collections
    np.testing.assert_allclose(alone.lines[0].get_ydata(), 1e-6 * curve["tonnes"])


def test_swaths_have_a_panel_for_each_axis():
    drawn = figures.swath_plot(make_swaths(), **CU)
    panels = [axes for axes in drawn.axes if axes.lines]
    assert len(panels) == 3
    mine = make_swaths()[lambda t: t["axis"] == "x"]
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), mine["sample_mean"])
    np.testing.assert_allclose(panels[0].lines[1].get_ydata(), mine["block_mean"])
    assert panels[0].lines[1].get_xdata().tolist() == [10, 30, 50, 70, 90, 110]


def test_a_variogram_has_dots_and_a_line_for_each_direction():
    experimental, fitted = make_variogram()
    (axes,) = figures.variogram_plot(experimental, fitted).axes
    assert [one.get_text() for one in axes.get_legend().get_texts()] == [
        "along strike", "down dip",
    ]  # fmt: skip
    sizes = axes.collections[0].get_sizes()
    assert (np.diff(sizes) < 0).all()  # pairs fall with distance
    np.testing.assert_allclose(
        axes.lines[1].get_ydata(), fitted["semivariance"][fitted["direction"] == "down dip"]
    )
    assert len(figures.variogram_plot(experimental).axes[0].collections) == 2


def test_an_unknown_grid_turns_with_its_blocks():
    grid = BlockGrid((0.0, 0.0, 0.0), (10.0, 10.0, 10.0), (3, 2, 1), "", 90.0)
    model = grid.dataset(estimate=np.arange(6.0))
    samples = make_composites().assign(x=5.0, y=-5.0, z=5.0)
    mesh = figures.collar_plan(samples, model=model, **CU).axes[0].collections[0]
    corners = mesh.get_coordinates()
    assert corners[0, 1].tolist() == pytest.approx([0, -10])  # its x runs south
    assert corners[1, 0].tolist() == pytest.approx([10, 0])  # its y runs east
