"""Maps: each cell's own scores, NaN where nothing is known, in bounded pieces."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, ModelError
from geoprospect.maps import predict
from tests.models import district


@pytest.fixture(scope="module")
def ensemble():
    return district.ensemble()


@pytest.fixture(scope="module")
def by_booster(ensemble):
    """Each member's own probability of every cell, straight from LightGBM."""
    cube = district.cube()
    rows = np.stack([cube[name].to_numpy().ravel() for name in ensemble.layers_], axis=1)
    scores = np.stack([member.predict(rows) for member in ensemble.members_])
    return scores.reshape(20, *district.GRID.shape)


def test_maps_are_mean_and_sample_deviation_of_the_members(ensemble, by_booster):
    maps = predict.prospectivity(district.cube(), ensemble)
    known = ~np.isnan(district.cube().signal.to_numpy())
    mean, spread = maps["prospectivity"].to_numpy(), maps["spread"].to_numpy()
    np.testing.assert_allclose(mean[known], by_booster.mean(axis=0)[known], atol=1e-7)
    np.testing.assert_allclose(spread[known], by_booster.std(axis=0, ddof=1)[known], atol=1e-7)
    assert np.isnan(mean[~known]).all()
    assert np.isnan(spread[~known]).all()
    assert (~known).sum() == 5 * 9


def test_cells_with_some_evidence_missing_are_scored(ensemble):
    maps = predict.prospectivity(district.cube(), ensemble)
    gap = np.isnan(district.cube().gappy.to_numpy()) & ~np.isnan(district.cube().signal.to_numpy())
    assert gap.sum() > 100
    assert np.isfinite(maps["prospectivity"].to_numpy()[gap]).all()


@pytest.mark.parametrize("chunk", [7, 16, 33])
def test_chunks_and_batches_change_nothing(ensemble, monkeypatch, chunk):
    whole = predict.prospectivity(district.cube(), ensemble).compute()
    monkeypatch.setattr(predict, "BATCH", 29)
    with lazy.cut(chunk):
        cut = predict.prospectivity(district.cube(), ensemble)
    assert max(cut["prospectivity"].chunks[0]) <= chunk
    assert whole.equals(cut.compute())


def test_a_small_map_is_cut_into_enough_blocks_for_all_cores(ensemble):
    maps = predict.prospectivity(district.cube(), ensemble)
    assert maps["spread"].chunks == ((40,), (60,))
    for side, chunk in ((100, 64), (800, 128), (1600, 256), (4000, 512)):
        assert lazy.block_side((side, side)) == chunk


def test_maps_are_lazy_and_say_what_they_are(ensemble, monkeypatch):
    monkeypatch.setattr(ensemble, "scores", lambda rows: pytest.fail("computed too early"))
    maps = predict.prospectivity(district.cube(16), ensemble)
    for name, layer in maps.data_vars.items():
        assert lazy.is_lazy(layer)
        assert contract.layer_problems(layer, district.GRID) == []
        assert layer.attrs["units"] == "1"
        assert name in layer.attrs["long_name"]


def test_the_order_of_the_cubes_layers_does_not_matter(ensemble):
    cube = district.cube()
    other = cube[["gappy", "rock", "noise", "signal"]]
    one, two = (predict.prospectivity(c, ensemble).compute() for c in (cube, other))
    assert one.equals(two)


def test_no_more_than_a_batch_is_scored_at_once(ensemble, monkeypatch):
    sizes = []
    scores = type(ensemble).scores
    monkeypatch.setattr(predict, "BATCH", 100)
    monkeypatch.setattr(
        ensemble, "scores", lambda rows: sizes.append(len(rows)) or scores(ensemble, rows)
    )
    predict.prospectivity(district.cube(), ensemble).compute()
    assert max(sizes) == 100
    assert sum(sizes) >= 40 * 60 - 45


def test_each_cell_is_scored_by_the_ensemble_of_its_fold():
    frame = district.samples()
    rows, labels, groups = district.table(frame), frame.label.to_numpy(), frame.group.to_numpy()
    west, east = (frame.column < 30).to_numpy(), (frame.column >= 30).to_numpy()
    ensembles = {
        0: district.fit(rows[east], labels[east], groups[east]),
        1: district.fit(rows[west], labels[west], groups[west]),
    }
    cube = district.cube()
    made = predict.out_of_fold(cube, ensembles, district.fold_layer())
    assert lazy.is_lazy(made["score"])
    for number, ground in enumerate((np.s_[:, :30], np.s_[:, 30:])):
        own = predict.prospectivity(cube, ensembles[number])["prospectivity"].to_numpy()
        np.testing.assert_array_equal(made["score"].to_numpy()[ground], own[ground])
    unknown = np.isnan(cube.signal.to_numpy())
    np.testing.assert_array_equal(
        made["fold"].to_numpy(), np.where(unknown, np.nan, district.fold_layer())
    )
    assert contract.meanings(made["fold"]) == {0: "fold 0", 1: "fold 1"}


def test_cells_in_no_fold_have_no_score(ensemble):
    fold = district.fold_layer()
    holed = fold.copy(data=np.where(np.arange(60) < 12, np.nan, fold.to_numpy()))
    made = predict.out_of_fold(district.cube(), {0: ensemble, 1: ensemble}, holed.astype("float32"))
    assert np.isnan(made["score"].to_numpy()[:, :12]).all()
    assert np.isfinite(made["score"].to_numpy()[:, 12:]).all()


def test_what_does_not_fit_is_refused_by_name(ensemble):
    with pytest.raises(ModelError, match="the cube lacks noise, which the model was trained on"):
        predict.prospectivity(district.cube().drop_vars("noise"), ensemble)
    with pytest.raises(ModelError, match="no ensemble was trained for fold 1"):
        predict.out_of_fold(district.cube(), {0: ensemble}, district.fold_layer())
    elsewhere = district.fold_layer().isel(y=slice(0, 20))
    with pytest.raises(ContractError, match=r"layer 'fold' .*\n.*not on the target grid"):
        predict.out_of_fold(district.cube(), {0: ensemble, 1: ensemble}, elsewhere)
