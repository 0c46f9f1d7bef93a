"""Maps under ground: the truth is found again, and where no data are near nothing is claimed."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.blocks import grid_of
from geoprospect.errors import ModelError
from geoprospect.maps.voxels import prospectivity
from tests import underground
from tests.models.samples import area_under_curve

FAR = {"unknown_beyond": 90.0, "known_by": ["cu"]}


@pytest.fixture(scope="module")
def maps():
    return prospectivity(underground.cube(), underground.ensemble(), **FAR)


def test_the_truth_scores_high(maps):
    score = maps["prospectivity"].to_numpy().ravel()
    truth = underground.is_ore(underground.BLOCKS.centres())
    known = ~np.isnan(score)
    assert area_under_curve(truth[known], score[known]) > 0.9


def test_scores_are_those_of_the_ensemble(maps):
    score = maps["prospectivity"].to_numpy().ravel()
    some = np.flatnonzero(~np.isnan(score))[::501]
    names = contract.evidence(underground.cube())
    rows = np.column_stack([underground.cube()[name].to_numpy().ravel()[some] for name in names])
    members = underground.ensemble().scores(rows)
    np.testing.assert_allclose(score[some], members.mean(axis=0), rtol=1e-6)
    spread = maps["spread"].to_numpy().ravel()[some]
    np.testing.assert_allclose(spread, members.std(axis=0, ddof=1), rtol=1e-5)


def test_far_from_holes_a_voxel_is_unknown_and_not_low(maps, caplog):
    holes = underground.samples()[["x", "y", "z"]].to_numpy()
    places = underground.BLOCKS.centres()
    away = np.concatenate(
        [np.linalg.norm(part[:, None] - holes, axis=2).min(axis=1)
         for part in np.array_split(places, 20)]
    )  # fmt: skip
    unknown = np.isnan(maps["prospectivity"].to_numpy().ravel())
    assert np.array_equal(unknown, away > 90)
    assert 0.05 < unknown.mean() < 0.5
    np.testing.assert_allclose(maps["data_distance"].to_numpy().ravel(), away, rtol=1e-5)
    why = contract.meanings(maps["unknown"])
    codes = maps["unknown"].to_numpy().ravel()
    assert {why[int(code)] for code in codes[unknown]} == {"no data near"}
    assert (codes[~unknown] == 0).all()
    with caplog.at_level("INFO"):
        prospectivity(underground.cube(), underground.ensemble(), **FAR)
    assert (
        f"{unknown.sum()} of {len(codes)} voxels have no score: {unknown.sum()} lie" in caplog.text
    )


def test_any_layers_data_count_unless_some_are_named(maps):
    found = prospectivity(underground.cube(), underground.ensemble(), unknown_beyond=90)
    known, before = (~np.isnan(one["prospectivity"].to_numpy()) for one in (found, maps))
    assert (known | ~before).all()
    assert known.sum() > before.sum()


def test_outside_the_ground_and_without_evidence_say_so(maps):
    ground = maps["prospectivity"].copy(data=np.ones(underground.BLOCKS.shape, "float32"))
    ground[-1] = 0
    cube = underground.cube().copy()
    for name in contract.evidence(cube):
        cube[name] = cube[name].where(cube["y"] > cube["y"][0])
    found = prospectivity(cube, underground.ensemble(), ground=ground, **FAR)
    codes = found["unknown"].to_numpy()
    assert (codes[-1] == 3).all()
    assert set(np.unique(codes[:-1, 0])) == {1, 2}
    assert np.isnan(found["prospectivity"].to_numpy()[codes > 0]).all()


def test_maps_lie_on_the_blocks_and_say_what_they_are(maps):
    assert grid_of(maps) == underground.BLOCKS
    assert contract.evidence(maps) == ["prospectivity", "spread"]
    assert maps["prospectivity"].dtype == np.float32
    assert maps["data_distance"].attrs["units"] == "m"


def test_a_layer_that_is_not_there_is_told():
    with pytest.raises(ModelError, match="lacks 'Cu'; known: contact, cu"):
        prospectivity(underground.cube(), underground.ensemble(), unknown_beyond=9, known_by=["Cu"])
    with pytest.raises(ModelError, match="lacks 'cu'"):
        prospectivity(underground.cube().drop_vars("cu"), underground.ensemble(), unknown_beyond=9)
    with pytest.raises(ValueError, match="unknown_beyond must be positive, got 0 m"):
        prospectivity(underground.cube(), underground.ensemble(), unknown_beyond=0)


def test_nothing_known_anywhere_is_warned_of(caplog):
    prospectivity(underground.cube(), underground.ensemble(), unknown_beyond=1e-6, known_by=["cu"])
    assert "no voxel is known" in caplog.text
