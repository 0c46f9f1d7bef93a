import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels import wavenumber
from geoprospect.kernels.wavenumber import Transform

AS_IT_IS = Transform(lambda n, e: np.ones(np.broadcast_shapes(n.shape, e.shape)), lambda p: p)


def tiled(field, transforms, every, side, cell=(1.0, 1.0)):
    """Every tile by hand."""
    means, counts = wavenumber.block_means(field, every)
    shape = wavenumber.broad(means, counts, every, cell, transforms)
    margin = wavenumber.margin(every)
    kernels = [wavenumber.kernel(t, side + 2 * margin, every, cell) for t in transforms]
    made = [np.empty(field.shape) for _ in transforms]
    for top in range(0, field.shape[0], side):
        for left in range(0, field.shape[1], side):
            core = (
                slice(top, min(top + side, field.shape[0])),
                slice(left, min(left + side, field.shape[1])),
            )
            wide = tuple(
                slice(max(0, s.start - margin), min(n, s.start + side + margin))
                for s, n in zip(core, field.shape, strict=True)
            )
            found = wavenumber.transform_tile(field[wide], wide, core, shape, kernels)
            for whole, part in zip(made, found, strict=True):
                whole[core] = part
    return made


def rough(shape=(150, 170)):
    rng = np.random.default_rng(3)
    return rng.normal(size=shape).cumsum(axis=0) + 0.1 * np.arange(shape[1])


@pytest.mark.parametrize(("every", "side"), [(2, 32), (4, 64), (8, 64)])
def test_doing_nothing_gives_the_field_back(every, side):
    field = rough()
    for found in (
        wavenumber.transform(field, (1.0, 1.0), [AS_IT_IS])[0],
        tiled(field, [AS_IT_IS], every, side)[0],
    ):
        np.testing.assert_allclose(found, field, atol=0.01 * field.std())


@pytest.mark.parametrize("length", [6, 15, 40, 100])
def test_a_wave_is_changed_by_its_response_whatever_its_length(length):
    """Tiles meet short waves in the rest and long ones in the broad shape, and all between."""
    y, x = np.mgrid[:240, :260].astype(float)
    down, right = 2 * np.pi / length * np.array([0.8, 0.6])
    wave = np.cos(right * x - down * -y)
    slow = Transform(lambda n, e: 1 / (1 + np.hypot(n, e)), lambda p: p)
    for found in (
        wavenumber.transform(wave, (1.0, 1.0), [slow])[0],
        tiled(wave, [slow], 4, 64)[0],
    ):
        share = (found / (1 + np.hypot(down, right)) ** -1 - wave)[60:-60, 60:-60]
        assert np.abs(share).max() < 0.02


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 40))
def test_means_are_those_of_the_known_cells(every, rows, columns):
    rng = np.random.default_rng(rows)
    field = rng.normal(size=(rows, columns))
    field[rng.random(field.shape) < 0.3] = np.nan
    means, counts = wavenumber.block_means(field, every)
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            cells = field[i * every : (i + 1) * every, j * every : (j + 1) * every]
            cells = cells[~np.isnan(cells)]
            assert counts[i, j] == cells.size
            assert means[i, j] == pytest.approx(cells.mean() if cells.size else 0, abs=1e-12)


def test_the_plane_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    field, known = rng.normal(size=(13, 17)), rng.random((13, 17)) < 0.6
    rows, columns = np.nonzero(known)
    at = np.stack([np.ones(rows.size), -rows * 20.0, columns * 30.0], axis=1)
    expected = np.linalg.lstsq(at, field[known])[0]
    found = wavenumber.fitted(field, known.astype(float), (20.0, 30.0))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1)])
def test_too_few_cells_for_a_plane_give_a_level_one(shape):
    level, north, east = wavenumber.fitted(np.full(shape, 3.0), np.ones(shape), (10.0, 10.0))
    assert (level, north, east) == pytest.approx((3, 0, 0), abs=1e-9)
    assert wavenumber.fitted(np.full(shape, np.nan), np.zeros(shape), (1.0, 1.0)) == (0, 0, 0)


def test_the_spline_runs_through_what_it_was_made_of():
    y, x = np.mgrid[:40, :50] / 8
    knots = np.cos(x) * np.sin(y)  # a smooth one: its coefficients are nearly its values
    found = wavenumber.at_cells(knots, 1, slice(0, 36), slice(0, 46))
    np.testing.assert_allclose(found, knots[2:38, 2:48], atol=0.01)
    part = wavenumber.at_cells(knots, 4, slice(37, 60), slice(5, 90))
    whole = wavenumber.at_cells(knots, 4, slice(0, 144), slice(0, 184))
    np.testing.assert_allclose(part, whole[37:60, 5:90], atol=1e-12)
