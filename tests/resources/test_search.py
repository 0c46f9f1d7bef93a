"""Which samples a place is estimated from: cases counted by hand, and a search by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import ContractError
from geoprospect.kernels.anisotropy import Orientation
from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.kriging import kriged, kriging_weights
from geoprospect.resources.search import Search

LIES = Orientation(35, -20, 10)
MODEL = Nested(0.5, (Structure("spherical", 1.0, 80.0, 50.0, 20.0, LIES),))
ZERO = np.zeros((1, 3))


def row(*x, hole=None):
    holes = range(len(x)) if hole is None else hole
    return pd.DataFrame({"x": np.array(x, float), "y": 0.0, "z": 0.0, "hole": holes, "Cu": 1.0})


def taken(samples, search, at=ZERO):
    kept = kriging_weights(samples, at, grade="Cu", variogram=MODEL, search=search)
    return [sorted(one[one >= 0].tolist()) for one in kept.neighbours]


def round_(**more):
    return Search(radii=(100.0, 100.0, 100.0), orientation=Orientation(), **more)


def test_the_nearest_within_the_radius_count():
    samples = row(10, 20, -30, 99, 101, 500)
    assert taken(samples, round_(fewest=1, passes=(1,))) == [[0, 1, 2, 3]]
    assert taken(samples, round_(fewest=1, most=2, passes=(1,))) == [[0, 1]]


def test_the_ellipsoid_reaches_farther_along_its_axis():
    along, across = LIES.axes[0] * 150, LIES.axes[1] * 150
    at = np.stack([along, across])
    samples = pd.DataFrame(at, columns=["x", "y", "z"]).assign(hole=[0, 1], Cu=1.0)
    search = Search(radii=(200.0, 100.0, 50.0), orientation=LIES, fewest=1, passes=(1,))
    assert taken(samples, search) == [[0]]


def test_by_default_the_search_is_the_variograms_longest_structure():
    found = Search().matrix(MODEL)
    np.testing.assert_allclose(found, MODEL.structures[0].matrix)


def test_an_octant_gives_no_more_than_its_share():
    # octants by the sign of each coordinate: four to the east, one to the west
    samples = row(10, 20, 30, 40, -50)
    assert taken(samples, round_(fewest=1, octant=2)) == [[0, 1, 4]]
    assert taken(samples, round_(fewest=1, octant=3, most=4)) == [[0, 1, 2, 4]]


def test_a_hole_gives_no_more_than_its_share():
    samples = row(10, 20, 30, 40, -50, hole=["A", "A", "A", "B", "B"])
    assert taken(samples, round_(fewest=1, hole=2)) == [[0, 1, 3, 4]]
    assert taken(samples, round_(fewest=1, hole=1)) == [[0, 3]]


def test_limits_are_kept_however_many_samples_have_to_be_passed_by():
    samples = row(*np.linspace(1, 30, 50), 60, 70, hole=["A"] * 50 + ["B", "C"])
    assert taken(samples, round_(fewest=1, most=3, hole=1)) == [[0, 50, 51]]
    found = kriged(samples, ZERO, grade="Cu", variogram=MODEL,
                   search=round_(fewest=3, most=3, holes=3, hole=1, passes=(0.5, 1)))  # fmt: skip
    assert found[["search_pass", "count", "holes"]].to_numpy()[0].tolist() == [2, 3, 3]


def test_passes_grow_until_samples_and_holes_are_enough():
    samples = row(50, 90, 150, 250, hole=["A", "A", "B", "C"])

    def of(**more):
        found = kriged(samples, ZERO, grade="Cu", variogram=MODEL, search=round_(**more))
        return found[["search_pass", "count", "holes"]].to_numpy()[0].tolist()

    assert of(fewest=2) == [1, 2, 1]
    assert of(fewest=3) == [2, 3, 2]
    assert of(fewest=2, holes=2) == [2, 3, 2]
    assert of(fewest=4) == [3, 4, 3]
    assert of(fewest=4, passes=(1, 2)) == [0, 3, 2]
    # the nearest two are all that count, and they are of one hole
    assert of(fewest=1, most=2, holes=2) == [0, 2, 1]
    assert of(fewest=1, most=2, holes=2, hole=1) == [2, 2, 2]


def brute(at, holes, place, search):
    """Sample by sample from the nearest on."""
    matrix = search.matrix(MODEL)
    local = (at - place) @ matrix.T
    away = np.linalg.norm(local, axis=1)
    octants = (local >= 0) @ np.array([1, 2, 4])
    for reach in search.passes:
        chosen: list[int] = []
        for one in np.argsort(away):
            same = sum(holes[k] == holes[one] for k in chosen)
            near = sum(octants[k] == octants[one] for k in chosen)
            full = same >= (search.hole or 99) or near >= (search.octant or 99)
            if away[one] <= reach and not full and len(chosen) < search.most:
                chosen.append(int(one))
        if len(chosen) >= search.fewest and len({holes[k] for k in chosen}) >= search.holes:
            return sorted(chosen)
    return []


limits = st.none() | st.integers(1, 3)


@settings(max_examples=40)
@given(
    st.integers(0, 9999), st.integers(1, 60), st.integers(1, 12), limits, limits, st.integers(1, 3)
)
def test_the_search_is_that_by_brute_force(seed, count, most, octant, hole, fewest):
    rng = np.random.default_rng(seed)
    at = rng.uniform(-100, 100, (count, 3))
    samples = pd.DataFrame(at, columns=["x", "y", "z"]).assign(
        hole=rng.integers(0, 4, count), Cu=rng.normal(size=count)
    )
    search = Search(most=most, fewest=min(fewest, most), octant=octant, hole=hole,
                    holes=min(2, most), passes=(0.7, 1.1, 2.0))  # fmt: skip
    places = rng.uniform(-50, 50, (4, 3))
    expected = [brute(at, samples["hole"].to_numpy(), place, search) for place in places]
    assert taken(samples, search, places) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radii": (1.0, 0.0, 1.0)}, r"radii must be positive, got \(1.0, 0.0, 1.0\) m"),
        ({"fewest": 0}, "fewest must be from 1 to most = 24, got 0"),
        ({"fewest": 9, "most": 8}, "fewest must be from 1 to most = 8, got 9"),
        ({"octant": 0}, "octant must be 1 or more, got 0"),
        ({"hole": 0}, "hole must be 1 or more, got 0"),
        ({"holes": 0}, "holes must be from 1 to most = 24, got 0"),
        ({"passes": ()}, "passes must be positive and grow"),
        ({"passes": (2.0, 1.0)}, "passes must be positive and grow"),
    ],
)
def test_a_search_that_finds_nothing_is_refused(change, message):
    with pytest.raises(ContractError, match=message):
        Search(**change)
