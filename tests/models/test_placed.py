"""Places of deposits against sorting every cell; the curve as data."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from geoprospect import lazy
from geoprospect.errors import DataError, ModelError
from geoprospect.kernels import ranking
from geoprospect.models import placed
from geoprospect.models.scores import Fold

from . import district


@pytest.fixture
def deposits():
    frame = district.samples()
    return frame[frame.label == 1].reset_index(drop=True)


def test_places_are_those_of_comparing_every_cell(deposits, caplog):
    cube = district.cube()
    cube.gappy.values[deposits.row[:3], deposits.column[:3]] = np.nan
    with caplog.at_level(logging.INFO, "geoprospect.models"):
        found = placed.in_maps(cube, deposits)
    assert list(found) == ["signal", "noise", "gappy"]  # classes have no order
    for name, some in found.items():
        values = cube[name].to_numpy()
        own = values[deposits.row, deposits.column]
        known = ~np.isnan(own)
        every = values[~np.isnan(values)]
        np.testing.assert_array_equal(some.scores, own[known])
        np.testing.assert_array_equal(some.groups, deposits.group[known])
        for n, score in enumerate(own[known]):
            assert some.above[n] == pytest.approx((every > score).mean())
            assert some.at_or_above[n] == pytest.approx((every >= score).mean())
    assert "3 of 30 deposits lie where gappy is unknown" in caplog.text


def test_chunking_changes_nothing(deposits):
    whole = placed.in_maps(district.cube(), deposits)["signal"]
    cut = placed.in_maps(lazy.chunked(district.cube(), 7), deposits)["signal"]
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_map_unknown_at_every_deposit_is_an_error(deposits):
    cube = district.cube()[["noise"]]
    cube.noise.values[deposits.row, deposits.column] = np.nan
    with pytest.raises(DataError, match="no deposit lies where 'noise' is known"):
        placed.in_maps(cube, deposits)


def fold(above: list[int], cells: int, *, fitted: bool = False) -> Fold:
    return Fold(
        number=0, above=np.array(above), at_or_above=np.array(above) + 1, cells=cells, clusters=1,
        training_deposits=1, training_background=1, groups=np.array(above), fitted=fitted,
    )  # fmt: skip


def test_held_out_deposits_stand_among_their_own_ground():
    found = placed.in_folds([fold([0, 9], 10), fold([], 50), fold([49], 100)])
    assert found.scores == pytest.approx([0.95, 0.05, 0.505])
    assert found.at_or_above == pytest.approx([0.1, 1.0, 0.5])
    assert found.groups.tolist() == [0, 9, 49]
    with pytest.raises(ModelError, match="not a prediction_rate"):
        placed.in_folds([fold([1], 10, fitted=True)])


def test_the_curve_is_ready_for_json_and_says_what_it_was_given(deposits):
    some = placed.in_maps(district.cube(), deposits)["signal"]
    crossing = {"score": 0.4, "captured": 0.7, "area": 0.3, "density": 7 / 3}
    told = placed.curve(some, crossing, long_name="signal", units="nT", fitted=True)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told["fitted"], told["units"], told["crossing"]) == (True, "nT", crossing)
    _, found, _ = ranking.by_score(some.scores, some.above, some.at_or_above, 1)
    np.testing.assert_array_equal(told["deposits"], found)
    assert told["deposits"][0] == 0
    assert told["deposits"][-1] == 1
    assert told["area"][-1] == max(some.at_or_above)
