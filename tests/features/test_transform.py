import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from geoprospect import contract, lazy
from geoprospect.errors import ContractError
from geoprospect.features import sources
from geoprospect.features.transform import log10, rank
from tests.features import made
from tests.features.made import small_grid, values


def patchy(seed: int, rows: int = 13, columns: int = 17) -> np.ndarray:
    """Whole numbers, so with many ties, and holes."""
    rng = np.random.default_rng(seed)
    field = rng.integers(1, 40, (rows, columns)).astype(float)
    field[rng.random((rows, columns)) < 0.2] = np.nan
    return field


def ranked(field: np.ndarray) -> np.ndarray:
    known = ~np.isnan(field)
    found = np.full(field.shape, np.nan)
    found[known] = (rankdata(field[known]) - 0.5) / known.sum()
    return found


@given(st.integers(0, 1000), st.integers(1, 20))
@settings(max_examples=30)
def test_rank_is_scipys_whatever_the_chunks(seed, side):
    field = patchy(seed)
    source = made.layer(field, small_grid(13, 17)).chunk({"y": side, "x": side})
    found = values(rank(source))
    np.testing.assert_allclose(found, ranked(field), rtol=1e-6)
    assert np.nanmin(found) >= 0
    assert np.nanmax(found) <= 1


@given(st.integers(0, 100))
@settings(max_examples=10)
def test_rank_does_not_care_for_units_or_skew(seed):
    field = patchy(seed)
    grid = small_grid(13, 17)
    np.testing.assert_array_equal(
        values(rank(made.layer(field, grid))), values(rank(made.layer(np.exp(field / 9) + 5, grid)))
    )


def test_only_cells_of_the_study_area_are_ranked_against():
    field = np.arange(12.0).reshape(3, 4)
    inside = np.where(field < 8, 1.0, np.nan)
    grid = small_grid(3, 4)
    found = values(rank(made.layer(field, grid), area=made.layer(inside, grid)))
    np.testing.assert_allclose(found[:2].ravel(), (np.arange(8) + 0.5) / 8)
    assert (found[2] == 1).all()


def test_a_large_layer_is_ranked_against_a_regular_selection(monkeypatch):
    monkeypatch.setattr(sources, "MOST", 2_000)
    grid = small_grid(150, 160)
    field = np.random.default_rng(0).lognormal(size=(150, 160))
    found = values(rank(made.layer(field, grid)))
    assert np.abs(found - ranked(field)).max() < 0.05
    with made.chunks_of(7):
        assert np.array_equal(found, values(rank(made.layer(field, grid))))


@pytest.mark.parametrize("shape", [(1, 5_000), (5_000, 1), (73, 91), (3, 3)])
def test_the_selection_is_never_larger_than_promised(shape):
    chosen = np.zeros(shape)[sources.selection(shape, 1_000)]
    assert chosen.size <= 1_000
    assert chosen.size == np.zeros(shape).size or chosen.size > 250


def test_a_layer_of_nothing_but_holes_stays_so():
    assert np.isnan(values(rank(made.layer(np.full((3, 4), np.nan), small_grid(3, 4))))).all()


def test_log10_is_the_logarithm_and_says_what_it_lost(caplog):
    field = np.array([[1.0, 10.0, 1000.0], [0.0, -3.0, np.nan]])
    source = made.layer(field, small_grid(2, 3), units="mg kg-1", long_name="Cu")
    found = values(log10(source))
    np.testing.assert_array_equal(found, [[0, 1, 3], [np.nan] * 3])
    assert "log10 of 'Cu': values at or below zero have no logarithm" in caplog.text
    assert "(2 cells of the first block that has any)" in caplog.text


def test_log10_says_it_once(caplog):
    with made.chunks_of(1):
        values(log10(made.layer(np.zeros((3, 4)), small_grid(3, 4))))
    assert len(caplog.records) == 1


def test_an_offset_keeps_zeros(caplog):
    found = values(log10(made.layer(np.array([[0.0, 9.0]]), small_grid(1, 2)), offset=1.0))
    np.testing.assert_allclose(found, [[0, 1]])
    assert not caplog.records
    with pytest.raises(ValueError, match="offset must be finite, got nan"):
        log10(made.layer(np.ones((1, 2)), small_grid(1, 2)), offset=float("nan"))


def test_lazy_on_the_grid_and_say_what_they_are():
    grid = small_grid(13, 17)
    source = made.layer(patchy(1), grid, units="mg kg-1", long_name="Cu")
    for found, attrs in (
        (log10(source), {"long_name": "log10 of Cu", "units": "lg(re 1 mg kg-1)"}),
        (rank(source), {"long_name": "rank of Cu", "units": "1"}),
    ):
        assert lazy.is_lazy(found)
        assert found.attrs == attrs
        contract.check_layer(found, grid, "derived")
    assert log10(made.layer(patchy(1), grid, units="1")).attrs["units"] == "1"


@pytest.mark.parametrize("feature", [log10, rank])
def test_a_set_of_layers_gives_one_each_and_leaves_out_what_tells_of_the_data(feature):
    grid = small_grid(2, 3)
    field = np.arange(1, 7).reshape(2, 3)
    several = xr.Dataset(
        {
            "cu": made.layer(field, grid, long_name="Cu"),
            "sample_distance": made.layer(field, grid, quality=True),
        }
    )
    found = feature(several)
    assert list(found.data_vars) == ["cu"]
    np.testing.assert_array_equal(values(found["cu"]), values(feature(several["cu"])))


@pytest.mark.parametrize("feature", [log10, rank])
def test_classes_are_refused(feature):
    classes = made.layer(np.ones((2, 2)), small_grid(2, 2), long_name="units", meanings={1: "a"})
    with pytest.raises(ContractError, match="needs measured values, and 'units' holds codes"):
        feature(classes)
