import numpy as np
import pytest
import shapely

from geoprospect.errors import ContractError, DataError
from geoprospect.features import variogram
from geoprospect.features.variogram import experimental_variogram
from tests.features.made import NORTH, WEST, frame


def transect(count: int = 60):
    """Samples 100 m apart going north, values going up by one each."""
    places = [shapely.Point(WEST, NORTH + 100 * k) for k in range(count)]
    return frame(*places, Cu=np.arange(count, dtype=float))


def test_a_straight_rise_has_a_variogram_of_half_the_square_of_distance():
    found = experimental_variogram(transect(), column="Cu", seed=1, max_lag=1000.0)
    assert list(found.columns) == ["distance", "gamma", "pairs"]
    first = found.iloc[0]
    assert (first.distance, first.gamma, first.pairs) == (100, 0.5, 59)
    assert (found["gamma"] >= (found["distance"] / 100) ** 2 / 2 - 1e-9).all()
    assert found["pairs"].sum() == sum(60 - k for k in range(1, 11))


def test_pairs_of_a_line_northward_lie_north():
    found = experimental_variogram(
        transect(), column="Cu", seed=1, max_lag=1000.0, directional=True
    )
    np.testing.assert_allclose(found["azimuth"] % 180, 0, atol=1e-9)


def test_a_third_of_the_diagonal_is_the_longest_lag():
    found = experimental_variogram(transect(61), column="Cu", seed=1)
    assert found["distance"].max() <= 2000
    assert found["distance"].max() > 1800


def test_where_pairs_are_many_a_share_of_samples_makes_them(monkeypatch, caplog):
    monkeypatch.setattr(variogram, "PAIRS", 600)
    with caplog.at_level("INFO", "geoprospect"):
        one = experimental_variogram(transect(), column="Cu", seed=1, max_lag=5000.0)
        again = experimental_variogram(transect(), column="Cu", seed=1, max_lag=5000.0)
        other = experimental_variogram(transect(), column="Cu", seed=2, max_lag=5000.0)
    assert one["pairs"].sum() <= 600
    assert one.equals(again)
    assert not one.equals(other)
    assert "measured from the pairs that 10 of 60 samples make" in caplog.text


def test_what_has_no_variogram_is_refused():
    with pytest.raises(DataError, match="'Cu' has 5 samples at places of their own, too few"):
        experimental_variogram(transect(5), column="Cu", seed=1)
    with pytest.raises(DataError, match="no two samples within 50 m of each other; raise max_lag"):
        experimental_variogram(transect(), column="Cu", seed=1, max_lag=50.0)
    with pytest.raises(DataError, match="holds text"):
        experimental_variogram(frame(shapely.Point(0, 0), Cu=["x"]), column="Cu", seed=1)
    far = frame(shapely.Point(0, 0), Cu=[1.0], crs="EPSG:4326")
    with pytest.raises(ContractError, match="metres"):
        experimental_variogram(far, column="Cu", seed=1)
