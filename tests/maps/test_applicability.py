"""Dissimilarity by hand, by brute force in plain numpy, and on ground planted to be strange."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.contract import Folds
from geoprospect.errors import ModelError
from geoprospect.maps import applicability as aoa
from geoprospect.maps.space import training_space
from tests.models import district

LAYERS = ["signal", "noise", "rock", "gappy"]
WEIGHTS = {"signal": 2.0, "noise": 0.5, "rock": 1.0, "gappy": 0.2}


def column(*values):
    return np.array(values, "float32")[:, None]


def folds(*of_samples):
    """Each fold's model learns from all samples of the others."""
    of = np.array(of_samples)
    return Folds(of, of[None, :] != np.arange(of.max() + 1)[:, None])


def cube_of(values):
    """One layer on a grid of one row."""
    grid = district.GRID[:1, : len(values)]
    made = contract.on_grid(np.array([values], "float32"), grid)
    return xr.Dataset({"a": contract.describe(made, long_name="a", units="1")})


def space_of(values, of=(0, 0, 1, 1), labels=(1, 0, 0, 0), **settings):
    return training_space(
        column(*values), np.array(labels), folds(*of), layers=["a"], weights={"a": 1}, **settings
    )


def test_four_samples_of_one_layer_by_hand():
    # 0, 2 | 4, 10: distances 2 4 10 2 8 6, mean 16/3; to the other fold 4 2 2 8
    space = space_of([0, 2, 4, 10])
    np.testing.assert_allclose(space.dissimilarity, np.array([4, 2, 2, 8]) / (16 / 3))
    # quartiles 0.375 and 0.9375 give a fence of 1.78, which no sample reaches
    assert space.threshold == pytest.approx(1.5)
    maps = aoa.applicability(cube_of([7, 2, 18, 19, np.nan]), space).compute()
    np.testing.assert_allclose(
        maps["dissimilarity"][0], np.array([3, 0, 8, 9, np.nan]) / (16 / 3), rtol=1e-6
    )
    np.testing.assert_array_equal(maps["applicability"][0], [1, 1, 1, 0, np.nan])
    # nearer than 1.5 mean distances, which are 8: all four of 7; 8 is no nearer than 8
    np.testing.assert_array_equal(maps["point_density"][0], [4, 3, 0, 0, np.nan])
    np.testing.assert_allclose(
        maps["analogue_distance"][0], np.array([7, 2, 18, 19, np.nan]) / (16 / 3), rtol=1e-6
    )
    np.testing.assert_array_equal(maps["missing_layers"][0], [0, 0, 0, 0, np.nan])


def test_the_fence_is_the_third_quartile_and_half_as_much_again():
    # ten near pairs across two folds, and one sample far from all
    values = [*(10.0 * n + d for n in range(10) for d in (0, 1 + 0.1 * n)), 500]
    space = space_of(values, of=[0, 1] * 10 + [0], labels=[1] + [0] * 20)
    away = np.array([*np.repeat(1 + 0.1 * np.arange(10), 2), 500 - 91.9])
    first, third = np.percentile(away, [25, 75])
    scale = space.mean_distance * np.array(values, "float32").std(ddof=1)
    assert space.threshold == pytest.approx((third + 1.5 * (third - first)) / scale, rel=1e-5)


def test_samples_in_a_dead_zone_are_not_what_a_model_had_learnt_from():
    of = np.array([0, 0, 1, 1])
    training = np.array([[False, False, False, True], [True, False, False, False]])
    space = training_space(
        column(0, 2, 4, 10), np.array([1, 0, 0, 0]), Folds(of, training),
        layers=["a"], weights={"a": 1},
    )  # fmt: skip
    np.testing.assert_allclose(space.dissimilarity, np.array([10, 8, 4, 10]) / (16 / 3))


def test_a_sample_in_no_fold_teaches_but_is_not_judged():
    space = space_of([0, 2, 4, 10], of=(0, -1, 1, 1))
    assert np.isnan(space.dissimilarity).tolist() == [False, True, False, False]
    assert len(space.points) == 4


def brute(cells, rows, labels, parted):
    """Everything in plain numpy, column by column as the paper has it; rock has classes."""
    columns, strange = [], np.zeros(len(cells), bool)
    for n, name in enumerate(LAYERS):
        weight = WEIGHTS[name] / 2
        here, there = rows[:, n].astype(float), cells[:, n].astype(float)
        gaps = np.isnan(here)
        if name == "rock":
            levels = np.unique(here[~gaps])
            pairs = [((here == v) * 1.0, (there == v) * 1.0) for v in levels]
            strange |= ~np.isnan(there) & ~np.isin(there, levels)
        else:
            mean = np.nanmean(here)
            pairs = [(np.where(gaps, mean, here), np.where(np.isnan(there), mean, there))]
        if gaps.any():
            pairs.append((gaps * 1.0, np.isnan(there) * 1.0))
        else:
            strange |= np.isnan(there)
        columns += [
            [weight * (v - a.mean()) / a.std(ddof=1) for v in (a, b)] for a, b in pairs if np.ptp(a)
        ]
    points, places = (np.stack([pair[k] for pair in columns], axis=1) for k in (0, 1))
    among = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=-1))
    scale = among.sum() / (len(rows) * (len(rows) - 1))
    away = np.sqrt(((places[:, None] - points[None]) ** 2).sum(axis=-1)) / scale
    trained = np.array([
        among[i][parted.training[f]].min() / scale for i, f in enumerate(parted.of_samples)
    ])  # fmt: skip
    first, third = np.quantile(trained, [0.25, 0.75])
    limit = min(third + 1.5 * (third - first), trained.max())
    return {
        "dissimilarity": np.where(strange, np.nan, away.min(axis=1)),
        "applicability": np.where(strange, 0, away.min(axis=1) <= limit),
        "point_density": np.where(strange, 0, (away < limit).sum(axis=1)),
        "analogue_distance": np.where(strange, np.nan, away[:, labels == 1].min(axis=1)),
        "missing_layers": np.isnan(cells).sum(axis=1),
    }


@pytest.fixture(scope="module")
def made():
    frame = district.samples(120, 12)
    rows, labels, parted = district.table(frame), frame.label.to_numpy(), district.halves(frame)
    space = training_space(
        rows, labels, parted, layers=LAYERS, weights=WEIGHTS, categorical=["rock"]
    )
    return rows, labels, parted, space


def strange_cube():
    """The district, with a class and gaps where no sample has them."""
    cube = district.cube()
    rock, signal = cube.rock.to_numpy().copy(), cube.signal.to_numpy().copy()
    rock[10:14, 40:50], signal[30:33, 5:9] = 9999, np.nan
    return cube.assign(rock=cube.rock.copy(data=rock), signal=cube.signal.copy(data=signal))


def test_maps_are_what_plain_numpy_makes_of_values_classes_and_gaps(made):
    rows, labels, parted, space = made
    cube = strange_cube()
    assert np.isnan(rows[:, 3]).any()
    assert not np.isnan(rows[:, 0]).any()
    cells = np.stack([cube[name].to_numpy().ravel() for name in LAYERS], axis=1)
    known = ~np.isnan(cells).all(axis=1)
    wanted = brute(cells[known], rows, labels, parted)
    maps = aoa.applicability(cube, space).compute()
    assert set(np.unique(wanted["applicability"])) == {0, 1}
    for name, values in wanted.items():
        found = maps[name].to_numpy().ravel()
        np.testing.assert_allclose(found[known], values, rtol=1e-5, atol=1e-6, err_msg=name)
        assert np.isnan(found[~known]).all()


def test_ground_planted_to_be_strange_is_outside_and_like_ground_is_not(made):
    space = made[3]
    cube = district.cube()
    signal = cube.signal.to_numpy().copy()
    signal[20:30, 30:50] += 8
    maps = aoa.applicability(cube.assign(signal=cube.signal.copy(data=signal)), space)
    inside = maps["applicability"].to_numpy()
    planted = np.zeros(inside.shape, bool)
    planted[20:30, 30:50] = True
    assert (inside[planted] == 0).all()
    assert np.nanmean(inside[~planted]) > 0.9
    assert (maps["point_density"].to_numpy()[planted] == 0).all()


@pytest.mark.parametrize("chunk", [7, 33])
def test_chunks_and_batches_change_nothing(made, monkeypatch, chunk):
    whole = aoa.applicability(strange_cube(), made[3]).compute()
    monkeypatch.setattr(aoa, "BATCH", 29)
    with lazy.cut(chunk):
        assert whole.identical(aoa.applicability(strange_cube(), made[3]).compute())


@settings(max_examples=15)
@given(st.floats(0.01, 100), st.floats(-50, 50), st.floats(0.1, 10), st.integers(0, 99))
def test_units_weights_scale_and_the_order_of_samples_do_not_matter(factor, shift, scale, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 2)).astype("float32")
    labels, of = np.arange(40) < 5, np.arange(40) % 3
    weights = {"a": 1.0, "b": 0.3}

    def told(rows, order, by):
        parted = folds(*of[order])
        return training_space(
            rows[order], labels[order], parted, layers=["a", "b"],
            weights={name: by * weight for name, weight in weights.items()},
        )  # fmt: skip

    plain = told(rows, np.arange(40), 1)
    order = rng.permutation(40)
    other = told((factor * rows + shift).astype("float32"), order, scale)
    assert other.threshold == pytest.approx(plain.threshold, rel=1e-2)
    np.testing.assert_allclose(
        other.dissimilarity, plain.dissimilarity[order], rtol=2e-2, atol=1e-3
    )


def test_layers_of_no_weight_and_layers_that_never_vary_do_not_count():
    rows = np.column_stack([column(0, 2, 4, 10), column(5, 9, 1, 7), column(3, 3, 3, 3)])
    labels = np.array([1, 0, 0, 0])
    space = training_space(
        rows, labels, folds(0, 0, 1, 1), layers=["a", "b", "c"], weights={"a": 3, "b": -1, "c": 9}
    )
    assert [axis.layer for axis in space.axes] == [0]
    np.testing.assert_allclose(space.dissimilarity, space_of([0, 2, 4, 10]).dissimilarity)


def test_a_layer_that_no_sample_knows_is_strange_where_it_is_known():
    rows = np.column_stack([column(0, 2, 4, 10), column(*[np.nan] * 4)])
    space = training_space(
        rows, np.array([1, 0, 0, 0]), folds(0, 0, 1, 1), layers=["a", "b"], weights={"a": 1, "b": 1}
    )
    _, strange = space.placed(np.array([[1, np.nan], [1, 5]], "float32"))
    assert strange.tolist() == [False, True]


def test_maps_say_what_they_are_and_the_summary_counts(made):
    space = made[3]
    maps = aoa.applicability(lazy.chunked(strange_cube(), 16), space)
    for name, layer in maps.items():
        assert lazy.is_lazy(layer)
        assert contract.layer_problems(layer, district.GRID) == []
        assert contract.is_quality(layer) == (name == "missing_layers")
    assert contract.meanings(maps["applicability"]) == aoa.MEANINGS
    told = aoa.told(maps["applicability"], space)
    assert told["inside"] == pytest.approx(float(np.nanmean(maps["applicability"].to_numpy())))
    assert (told["samples"], told["deposits"], told["threshold"]) == (132, 12, space.threshold)
    assert told["training_dissimilarity"]["100"] == pytest.approx(space.dissimilarity.max())


def test_what_does_not_fit_is_refused_by_name(made):
    rows, labels, parted, space = made
    with pytest.raises(ModelError, match="the cube lacks rock, which the model was trained on"):
        aoa.applicability(district.cube().drop_vars("rock"), space)

    def refit(**changed):
        told = {"layers": LAYERS, "weights": WEIGHTS, "categorical": ["rock"]} | changed
        training_space(rows, labels, changed.pop("folds", parted), **told)

    with pytest.raises(ModelError, match="no weight is given for noise, gappy"):
        refit(weights={"signal": 1, "rock": 1})
    for bad in (0, -1, np.nan, np.inf):
        with pytest.raises(ModelError, match="weights must be finite, and at least one"):
            refit(weights=dict.fromkeys(LAYERS, bad))
    with pytest.raises(ModelError, match=r"rows are \(132, 4\), but there are 132 labels and 3"):
        refit(layers=LAYERS[:3])
    with pytest.raises(ModelError, match="all samples have the same evidence"):
        space_of([2, 2, 2, 2])
    with pytest.raises(ModelError, match="no sample was tested in any fold"):
        training_space(
            rows, labels, Folds(np.full(132, -1), parted.training),
            layers=LAYERS, weights=WEIGHTS, categorical=["rock"],
        )  # fmt: skip
