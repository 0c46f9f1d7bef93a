"""What holes met, between them: held against sums over all composites, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract
from geoprospect.errors import DataError
from geoprospect.features.voxels.holes import grade, rock, rock_share
from tests.features.voxels.made import BLOCKS, drilled

GRADE = {"column": "cu", "units": "%", "radius": 90.0}


def by_hand(table, values, place, neighbours, power, radius, without=None):
    """Inverse distance over a sorted list."""
    near = []
    for one, value in zip(table.itertuples(), values, strict=True):
        if one.hole == without:
            continue
        away = np.hypot(np.hypot(one.x - place[0], one.y - place[1]), one.z - place[2])
        near.append((away, value))
    near.sort()
    kept = [(away, value) for away, value in near[:neighbours] if away <= radius]
    if not kept:
        return np.nan, near[0][0] if near else np.inf
    shares = [away**-power for away, _ in kept]
    total = sum(share * value for share, (_, value) in zip(shares, kept, strict=True))
    return total / sum(shares), near[0][0]


@settings(max_examples=10)
@given(st.integers(0, 999), st.integers(1, 9), st.floats(0.5, 3), st.floats(20, 300))
def test_blocks_hear_all_holes_and_samples_all_but_their_own(seed, neighbours, power, radius):
    table = drilled(seed)
    settings_ = {"neighbours": neighbours, "power": power, "radius": radius}
    made = grade(table, at=BLOCKS, column="cu", units="%", **settings_)
    some = np.random.default_rng(seed).integers(0, BLOCKS.blocks, 10)
    for block in some:
        wanted = by_hand(table, table.cu, BLOCKS.centres()[block], *settings_.values())
        found = made["value"].to_numpy().ravel()[block], made["distance"].to_numpy().ravel()[block]
        assert found == pytest.approx(wanted, rel=1e-5, nan_ok=True)
    others = grade(table, at=table, column="cu", units="%", **settings_)
    for i in range(0, len(table), 9):
        place = table.loc[i, ["x", "y", "z"]].to_numpy(float)
        wanted = by_hand(table, table.cu, place, *settings_.values(), without=table.hole[i])
        assert others["value"].to_numpy()[i] == pytest.approx(wanted[0], rel=1e-5, nan_ok=True)
        assert others["distance"].to_numpy()[i] == pytest.approx(wanted[1], rel=1e-5)


def test_a_samples_own_hole_tells_it_nothing():
    table = drilled()
    mine = table["hole"] == "2"
    changed = table.assign(cu=np.where(mine, 1e6, table["cu"]))
    one, other = (
        grade(each, at=each, **GRADE)["value"][mine.to_numpy()] for each in (table, changed)
    )
    np.testing.assert_array_equal(one, other)
    leak = grade(changed, at=changed, **GRADE, own_hole=True)["value"][mine.to_numpy()]
    np.testing.assert_allclose(leak, 1e6)


def test_a_hole_alone_is_unknown_at_its_samples(caplog):
    alone = drilled(holes=1)
    with caplog.at_level("INFO"):
        made = grade(alone, at=alone, **GRADE)
    assert np.isnan(made["value"]).all()
    assert np.isinf(made["distance"]).all()
    assert "80 of 80 samples have no composite of a hole within 90 m" in caplog.text


def test_unassayed_composites_count_for_nothing():
    table = drilled()
    blank = table.assign(cu=table["cu"].where(table.index % 2 == 0))
    made = grade(blank, at=BLOCKS, **GRADE)
    half = grade(table[table.index % 2 == 0], at=BLOCKS, **GRADE)
    np.testing.assert_array_equal(made["value"], half["value"])


def test_rock_is_that_of_the_nearest_log_and_shares_sum_to_one():
    table = drilled()
    made = rock(table, at=BLOCKS, column="rock", radius=1000)["value"]
    at = table[["x", "y", "z"]].to_numpy()
    away = np.linalg.norm(BLOCKS.centres()[:, None] - at[None], axis=2)
    names = contract.meanings(made)
    told = [names[int(code)] for code in made.to_numpy().ravel()]
    assert told == table["rock"].to_numpy()[away.argmin(axis=1)].tolist()
    shares = [
        rock_share(table, at=BLOCKS, column="rock", rock=one, radius=1000)["value"] for one in "abc"
    ]
    np.testing.assert_allclose(sum(shares), 1, rtol=1e-6)
    assert (shares[1] <= 1).all()


def test_codes_keep_their_places_whichever_holes_are_known():
    table = drilled()
    some = table[table["rock"] != "a"]
    made = rock(some, at=table, column="rock", radius=1000, codes=["a", "b", "c"])["value"]
    assert set(np.unique(made)) == {2, 3}
    with pytest.raises(DataError, match=r"codes that are not among codes: \['a'\]"):
        rock(table, at=BLOCKS, column="rock", radius=10, codes=["b", "c"])


def test_layers_say_what_they_are():
    made = grade(drilled(), at=BLOCKS, **GRADE)
    assert made["value"].dims == ("z", "y", "x")
    assert made["value"].dtype == made["distance"].dtype == np.float32
    assert made["value"].attrs == {
        "long_name": "cu of the nearest composites", "units": "%", "of_holes": 1
    }  # fmt: skip
    assert contract.is_quality(made["distance"])


@pytest.mark.parametrize(
    ("holes", "at", "message"),
    [
        (drilled().rename(columns={"cu": "CU"}), BLOCKS, "composites of holes have no column 'cu'"),
        (drilled().assign(cu=np.nan), BLOCKS, "none of 80 rows has all of hole, x, y, z, cu"),
        (drilled(), drilled().assign(x=np.nan), "samples: none of 80 rows has all of hole"),
        (drilled(), drilled().assign(x=[np.nan, *range(79)]), "1 samples have no hole or no place"),
    ],
)
def test_what_cannot_be_carried_is_refused(holes, at, message):
    with pytest.raises(DataError, match=message):
        grade(holes, at=at, **GRADE)


def test_a_code_that_nobody_logged_is_refused():
    with pytest.raises(DataError, match="column 'rock' has no code 'd'; known: a, b, c"):
        rock_share(drilled(), at=BLOCKS, column="rock", rock="d", radius=9)


@pytest.mark.parametrize("wrong", [{"radius": 0}, {"neighbours": 0}, {"power": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be positive"):
        grade(drilled(), at=BLOCKS, **GRADE | wrong)


def test_order_changes_nothing():
    table = drilled()
    other = table.sample(frac=1, random_state=1)
    np.testing.assert_allclose(
        grade(table, at=BLOCKS, **GRADE)["value"], grade(other, at=BLOCKS, **GRADE)["value"],
        rtol=1e-6,
    )  # fmt: skip
