"""Variograms in three dimensions: hand-counted pairs, closed forms, brute force, made fields."""

from __future__ import annotations

import logging

import gstools
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.kernels import geary, nested_fit, pairs
from geoprospect.kernels.anisotropy import Orientation, from_axes
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.fitted_variogram import FittedVariogram, fitted_variogram
from geoprospect.resources.variography import (
    Direction,
    along_axes,
    down_hole,
    down_hole_nugget,
    experimental,
)

LIES = Orientation(60, -20, 15)
REACH = np.array([300.0, 300, 100])


def line(*grades, hole="A"):
    x = np.arange(len(grades)) * 10.0
    return pd.DataFrame({"x": x, "y": 0.0, "z": 0.0, "hole": hole, "Cu": np.array(grades, float)})


def drawn(seed, count=80, box=(800, 800, 200)):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, box, (count, 3))
    return pd.DataFrame(at, columns=["x", "y", "z"]).assign(
        hole=rng.integers(0, 5, count), Cu=rng.normal(size=count)
    )


def field(model, seed, count=900):
    """A made field with a nugget of 0.2."""
    samples = drawn(seed, count)
    at = samples[["x", "y", "z"]].to_numpy()
    noise = np.random.default_rng(seed + 1).normal(0, np.sqrt(0.2), count)
    return samples.assign(Cu=gstools.SRF(model, seed=seed)(at.T) + noise)


# --- measured -----------------------------------------------------------------------------


def test_pairs_of_a_line_counted_by_hand():
    found = experimental(line(1, 3, 2, 6), grade="Cu", lag=10, lags=4)
    # at 10 m: 2, 1, 4; at 20 m: 1, 3; at 30 m: 5
    assert found["lag"].tolist() == [1, 2, 3]
    assert found["distance"].tolist() == [10, 20, 30]
    assert found["pairs"].tolist() == [3, 2, 1]
    np.testing.assert_allclose(found["gamma"], [21 / 6, 10 / 4, 25 / 2])
    assert found[["azimuth", "dip"]].isna().all().all()


def test_down_the_hole_only_pairs_of_a_hole_count():
    samples = line(1, 3, 2, 6).assign(hole=["A", "A", "B", "B"])
    found = down_hole(samples, grade="Cu", lag=10, lags=4)
    assert found[["distance", "gamma", "pairs"]].to_numpy().tolist() == [[10, (4 + 16) / 4, 2]]


def test_a_slope_has_a_parabola_along_it_and_nothing_across():
    """Z = 0.1 east: gamma is half the square of the rise, whatever the samples."""
    x, y = (part.ravel() * 10.0 for part in np.meshgrid(np.arange(8), np.arange(8)))
    samples = pd.DataFrame({"x": x, "y": y, "z": 0.0, "hole": 1, "Cu": 0.1 * x})
    ways = [Direction(90, tolerance=5), Direction(0, tolerance=5)]
    found = experimental(samples, grade="Cu", lag=10, lags=6, directions=ways)
    east, north = (found[found["direction"] == k] for k in (0, 1))
    np.testing.assert_allclose(east["gamma"], (0.1 * east["distance"]) ** 2 / 2)
    np.testing.assert_allclose(north["gamma"], 0, atol=1e-15)
    assert east["pairs"].tolist() == [8 * (8 - k) for k in range(1, 6)]


@settings(max_examples=10)
@given(
    st.integers(0, 999), st.floats(0, 360), st.floats(-90, 90), st.floats(5, 90), st.floats(20, 500)
)
def test_directions_are_those_by_brute_force(seed, azimuth, dip, tolerance, band):
    samples = drawn(seed, 30)
    way = Direction(azimuth, dip, tolerance, band)
    a, d = np.radians([azimuth, dip])
    unit = np.array([np.cos(d) * np.sin(a), np.cos(d) * np.cos(a), np.sin(d)])
    at, cu = samples[["x", "y", "z"]].to_numpy(), samples["Cu"].to_numpy()
    sums = np.zeros((6, 3))
    for i in range(30):
        for j in range(i):
            offset = at[i] - at[j]
            away = np.linalg.norm(offset)
            angle = np.degrees(np.arccos(min(abs(offset @ unit) / away, 1)))
            off = np.linalg.norm(np.cross(offset, unit))
            if angle <= tolerance and off <= band and away < 600:
                sums[int(away // 100)] += 1, away, (cu[i] - cu[j]) ** 2
    if not sums[:, 0].any():
        with pytest.raises(DataError, match="no two samples lie within 600 m"):
            experimental(samples, grade="Cu", lag=100, lags=6, directions=[way])
        return
    found = experimental(samples, grade="Cu", lag=100, lags=6, directions=[way])
    held = sums[sums[:, 0] > 0]
    assert found["pairs"].tolist() == held[:, 0].tolist()
    np.testing.assert_allclose(found["distance"], held[:, 1] / held[:, 0])
    np.testing.assert_allclose(found["gamma"], held[:, 2] / held[:, 0] / 2)


def test_directions_along_the_axes_of_an_ellipsoid():
    units = np.array([one.unit for one in along_axes(LIES, tolerance=30, band=50)])
    np.testing.assert_allclose(np.abs(np.sum(units * LIES.axes, axis=1)), 1)


def test_bins_of_offsets_hold_every_pair_once():
    samples = drawn(1, 60)
    at, cu = samples[["x", "y", "z"]].to_numpy(), samples["Cu"].to_numpy()
    found = pairs.all_around(at, cu, REACH)
    i, j = np.triu_indices(60, 1)
    near = (np.abs(at[i] - at[j]) <= REACH).all(axis=1)
    assert found.pairs.sum() == near.sum()
    squares = ((cu[i] - cu[j]) ** 2)[near].sum()
    assert (found.pairs * found.gamma).sum() == pytest.approx(squares / 2)
    assert (np.abs(found.offsets) <= REACH).all()
    assert (found.offsets[:, 2] > 0).all()  # opposite offsets are one
    opposite = pairs.all_around(-at, cu, REACH)
    np.testing.assert_allclose(np.sort(opposite.gamma), np.sort(found.gamma))


# --- modelled -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bins():
    samples = drawn(2, 300)
    at = samples[["x", "y", "z"]].to_numpy()
    return pairs.all_around(at, samples["Cu"].to_numpy(), REACH)


@pytest.mark.parametrize(
    ("lies", "more"), [(LIES, {}), (Orientation(160, -70, -40), {"nugget": 0.3})]
)
def test_a_variogram_without_scatter_is_found_as_it_is(bins, lies, more):
    true = Nested(0.3, (Structure("spherical", 1.2, 200.0, 120.0, 40.0, lies),))
    exact = bins._replace(gamma=true.gamma(bins.offsets))
    found, explained = nested_fit.fitted(exact, ["spherical"], longest=300, **more)
    one = found.structures[0]
    assert [found.nugget, one.sill, *one.ranges] == pytest.approx(
        [0.3, 1.2, 200, 120, 40], rel=1e-3
    )
    alike = np.abs(np.sum(one.orientation.axes * lies.axes, axis=1))
    np.testing.assert_allclose(alike, 1, atol=1e-5)
    assert explained == pytest.approx(1)


def test_two_structures_are_told_apart(bins):
    true = Nested(
        0.3,
        (
            Structure("spherical", 0.7, 60.0, 40.0, 20.0, LIES),
            Structure("spherical", 0.9, 250.0, 150.0, 60.0, LIES),
        ),
    )
    exact = bins._replace(gamma=true.gamma(bins.offsets))
    found, _ = nested_fit.fitted(exact, ["spherical"] * 2, longest=300, orientation=LIES)
    short, long = sorted(found.structures, key=lambda one: one.major)
    assert [found.nugget, short.sill, *short.ranges] == pytest.approx(
        [0.3, 0.7, 60, 40, 20], rel=0.02
    )
    assert [long.sill, *long.ranges] == pytest.approx([0.9, 250, 150, 60], rel=0.02)


def test_the_ellipsoid_of_a_made_field_is_found():
    made = gstools.Exponential(dim=3, var=1.0, len_scale=[60, 30, 12], angles=[0.7, 0.3, -0.2])
    found = fitted_variogram(
        field(made, 3), grade="Cu", models=["exponential"], reach=(300, 300, 100)
    )
    one = found.variogram.structures[0]
    lies = from_axes(made.main_axes())
    assert np.degrees(np.arccos(abs(one.orientation.axes[0] @ lies.axes[0]))) < 30
    assert np.degrees(np.arccos(abs(one.orientation.axes[2] @ lies.axes[2]))) < 20
    assert one.ranges == pytest.approx([180, 90, 36], rel=0.45)
    assert found.variogram.sill == pytest.approx(1.2, rel=0.25)
    assert found.alike < 0.9
    assert (found.samples, found.told()["samples"]) == (900, 900)


def test_the_nugget_is_read_down_the_holes():
    made = gstools.Exponential(dim=3, var=1.0, len_scale=20.0)
    rng = np.random.default_rng(5)
    hole, step = np.divmod(np.arange(40 * 60), 60)
    x, y = rng.uniform(0, 2000, (2, 40))
    at = np.stack([x[hole], y[hole], -2.0 * step], axis=1)
    cu = gstools.SRF(made, seed=5)(at.T) + rng.normal(0, np.sqrt(0.5), len(at))
    samples = pd.DataFrame(at, columns=["x", "y", "z"]).assign(hole=hole, Cu=cu)
    measured = down_hole(samples, grade="Cu", lag=2, lags=20)
    assert down_hole_nugget(measured, model="exponential") == pytest.approx(0.5, rel=0.2)
    with pytest.raises(DataError, match="0 bins down the holes hold 30 pairs or more"):
        down_hole_nugget(measured.assign(pairs=29))


def test_samples_of_one_level_have_an_azimuth_alone():
    made = gstools.Exponential(dim=2, var=1.0, len_scale=[90, 30], angles=np.radians(90 - 30))
    samples = drawn(6, 500).assign(z=12.0)
    at = samples[["x", "y"]].to_numpy().T
    samples["Cu"] = gstools.SRF(made, seed=6)(at)
    one = fitted_variogram(samples, grade="Cu").variogram.structures[0]
    assert (one.orientation.dip, one.orientation.roll) == (0, 0)
    assert abs((one.orientation.azimuth - 30 + 90) % 180 - 90) < 15
    assert one.major / one.semi > 1.8


def test_a_table_tells_each_part_in_both_conventions():
    made = Nested(0.5, (Structure("spherical", 1.5, 90.0, 60.0, 30.0, LIES),))
    table = FittedVariogram(made, explained=0.8, alike=0.5, samples=80, pairs=900).table()
    assert table["structure"].tolist() == ["nugget", "spherical"]
    assert table["share"].tolist() == [25, 75]
    row = table.iloc[1]
    assert [row["azimuth"], row["dip"], row["roll"]] == list(LIES)
    assert [row["plane_dip"], row["plane_dip_azimuth"], row["pitch"]] == list(LIES.plane)


def test_a_trend_that_never_levels_out_is_said(caplog):
    samples = drawn(8, 300)
    samples["Cu"] = 0.01 * samples["x"] + 0.1 * samples["Cu"]
    with caplog.at_level(logging.WARNING):
        fitted_variogram(samples, grade="Cu", reach=(200, 200, 100))
    assert "the variogram of Cu still rises at 200 m" in caplog.text


# --- what cannot be fitted ----------------------------------------------------------------


def test_gearys_ratio_of_noise_is_one_with_the_error_it_says():
    at = drawn(9, 200)[["x", "y", "z"]].to_numpy()
    draws = np.random.default_rng(9).normal(size=(400, 200))
    found = np.array([geary.ratio(at, one) for one in draws])
    error = found[0, 1]
    assert found[:, 0].mean() == pytest.approx(1, abs=3 * error / 20)
    assert found[:, 0].std() == pytest.approx(error, rel=0.12)


def test_noise_has_no_variogram():
    with pytest.raises(DataError, match=r"nearest samples differ as much as any .* noise"):
        fitted_variogram(drawn(10, 300), grade="Cu")


@pytest.mark.parametrize(
    ("samples", "more", "message"),
    [
        (drawn(1, 29), {}, "there are 29 samples and it takes 30"),
        (drawn(1).assign(Cu=2.5), {}, "all grades are 2.5"),
        (drawn(1).assign(y=5.0, z=0.0), {}, "all samples lie on one line"),
        (drawn(1).assign(z=lambda t: t["x"]), {}, "one plane that is not level"),
        (
            drawn(1).assign(Cu=lambda t: t["x"]),
            {"reach": (20, 20, 20)},
            r"pairs of samples lie within 20 x 20 x 20 m and it takes 210; widen reach",
        ),
        (drawn(1).drop(columns="z"), {}, "the samples have no column 'z'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(samples, more, message):
    with pytest.raises(DataError, match=message):
        fitted_variogram(samples, grade="Cu", **more)


def test_a_variogram_of_nugget_alone_is_refused():
    samples = drawn(11, 100)
    samples["Cu"] = 0.01 * samples["x"]
    with pytest.raises(DataError, match="is nugget alone: no structure holds 1% of the sill"):
        fitted_variogram(samples, grade="Cu", nugget=1e3)


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="lag and lags must be positive, got 0 m and 5"):
        experimental(line(1, 2), grade="Cu", lag=0, lags=5)
    with pytest.raises(ValueError, match="not above 90 degrees, got 91"):
        Direction(0, tolerance=91)
    with pytest.raises(ValueError, match="a band must be positive, got 0 m"):
        Direction(0, band=0)
    with pytest.raises(DataError, match="no two samples of a hole lie within 5 m"):
        down_hole(line(1, 2), grade="Cu", lag=5, lags=1)
