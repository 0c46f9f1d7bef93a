import logging

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features.anomaly import anomaly_distance, exponential_proximity
from tests.features import made
from tests.features.made import small_grid, values

sides = st.sampled_from([3, 7, 10, 16, 40])
fields = st.integers(0, 10_000).map(
    lambda seed: np.where(
        np.random.default_rng(seed).random((12, 15)) < 0.1,
        np.nan,
        np.random.default_rng(seed + 1).normal(0, 10, (12, 15)),
    ).astype("float32")
)


def field_layer(field, **more):
    return made.layer(field, small_grid(*field.shape), units="nT", long_name="field", **more)


@given(
    fields,
    sides,
    st.sampled_from([100.0, 350.0, 5000.0]),
    st.sampled_from([(12.0, None), (None, -12.0), (3.0, 5.0)]),
)
@settings(max_examples=30)
def test_it_is_the_distance_to_the_centres_of_anomalous_cells(field, side, cap, band):
    above, below = band
    with made.chunks_of(side):
        layer = lazy.chunked(field_layer(field))
        found = values(anomaly_distance(layer, max_distance=cap, above=above, below=below))
    middle = made.centres(small_grid(12, 15))
    low, high = -np.inf if above is None else above, np.inf if below is None else below
    there = shapely.MultiPoint(middle[(field > low) & (field < high)])
    away = np.full(field.shape, cap) if there.is_empty else shapely.distance(there, middle)
    expected = np.where(np.isnan(field), np.nan, np.minimum(away, cap))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(fields, sides)
@settings(max_examples=15)
def test_chunking_changes_nothing(field, side):
    layer = field_layer(field)
    settings = {"max_distance": 450.0, "above": 80.0, "threshold": "percentile"}
    whole = values(anomaly_distance(layer, **settings))
    with made.chunks_of(side):
        cut = values(anomaly_distance(lazy.chunked(layer), **settings))
    np.testing.assert_array_equal(whole, cut)


def test_percentiles_are_of_the_known_values_within_the_area(caplog):
    grid = small_grid(2, 4)
    layer = made.layer([[1, 2, 3, 4], [np.nan, 9, 9, 9]], grid, units="nT", long_name="field")
    area = made.layer([[1, 1, 1, 1], [1, np.nan, np.nan, np.nan]], grid)
    with caplog.at_level(logging.INFO):
        found = anomaly_distance(
            layer, max_distance=900.0, below=50.0, threshold="percentile", area=area
        )
    assert "percentile 50 of 'field' is 2.5 nT" in caplog.text
    np.testing.assert_allclose(values(found)[0], [0, 0, 100, 200])
    assert found.attrs["long_name"] == "distance to field below percentile 50"


def test_a_threshold_itself_is_no_anomaly():
    layer = made.layer([[4, 5, 6]], small_grid(1, 3))
    found = values(anomaly_distance(layer, max_distance=900.0, above=5.0))
    np.testing.assert_allclose(found, [[200, 100, 0]])
    found = values(anomaly_distance(layer, max_distance=900.0, above=4.0, below=6.0))
    np.testing.assert_allclose(found, [[100, 0, 100]])


def test_lazy_on_the_grid_and_says_what_it_is():
    layer = field_layer(np.zeros((12, 15), "float32"))
    found = anomaly_distance(layer, max_distance=500.0, above=5.0)
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "distance to field above 5 nT", "units": "m"}
    contract.check_layer(found, small_grid(12, 15), "anomaly")
    band = anomaly_distance(layer, max_distance=500.0, above=5.0, below=7.5)
    assert band.attrs["long_name"] == "distance to field between 5 and 7.5 nT"
    quality = anomaly_distance(field_layer(np.zeros((2, 2)), quality=True), max_distance=5, above=1)
    assert contract.is_quality(quality)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "needs a threshold; state above, below or both"),
        ({"above": np.nan}, "above and below must be finite, got nan and None"),
        ({"above": 120.0, "threshold": "percentile"}, "from 0 to 100, got 120.0 and None"),
        ({"above": 5.0, "below": 5.0}, "above is 5 and below 5: nothing lies between"),
        ({"above": 5.0, "max_distance": 0.0}, "max_distance must be positive and finite, got 0 m"),
    ],
)
def test_thresholds_that_bound_nothing_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        anomaly_distance(field_layer(np.zeros((2, 2))), **({"max_distance": 500.0} | settings))


def test_classes_and_empty_layers_have_no_anomalies():
    classes = field_layer(np.ones((2, 2)), meanings={1: "a"})
    with pytest.raises(ContractError, match="anomaly_distance needs measured values"):
        anomaly_distance(classes, max_distance=500.0, above=5.0)
    with pytest.raises(DataError, match="'field' has no known value, and so no percentiles"):
        anomaly_distance(
            field_layer(np.full((2, 2), np.nan)),
            max_distance=500.0,
            above=90.0,
            threshold="percentile",
        )


# --- nearness -----------------------------------------------------------------------------


def away(distances, **more):
    grid = small_grid(1, len(distances))
    told = {"units": "m", "long_name": "distance to faults"} | more
    return made.layer([distances], grid, **told)


def test_nearness_falls_to_one_eth_over_each_scale():
    found = exponential_proximity(away([0, 500, 1000, 346.5736, np.nan, 1e9]), scale=500.0)
    np.testing.assert_allclose(
        values(found)[0], [1, 0.36787944, 0.13533528, 0.5, np.nan, 0], rtol=1e-6
    )
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "nearness by distance to faults, scale 500 m", "units": "1"}
    contract.check_layer(found, small_grid(1, 6), "nearness")


@given(fields, sides)
@settings(max_examples=8)
def test_chunking_changes_nothing_of_nearness(field, side):
    layer = made.layer(np.abs(field), small_grid(12, 15))
    whole = values(exponential_proximity(layer, scale=20.0))
    with made.chunks_of(side):
        cut = values(exponential_proximity(lazy.chunked(layer), scale=20.0))
    np.testing.assert_array_equal(whole, cut)


def test_nearness_of_what_is_no_distance_is_refused():
    with pytest.raises(DataError, match="needs a distance in m, and 'field' is in 'nT'"):
        exponential_proximity(field_layer(np.ones((2, 2))), scale=500.0)
    with pytest.raises(ValueError, match="scale must be positive and finite, got 0 m"):
        exponential_proximity(away([1.0]), scale=0.0)
