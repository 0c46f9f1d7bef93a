"""Layers chosen inside the training folds; what each is worth on unseen ground."""

from __future__ import annotations

import dataclasses
import json
import logging
from types import SimpleNamespace

import numpy as np
import pytest

from geoprospect.errors import DataError, ModelError
from geoprospect.models import choices, importance, quick, selection, validate

from . import benches

LAYERS = ["crest", "twin", "noise", "flat", "unit"]


def evidence(where, rng):
    """A wave that deposits follow, its noisy twin, noise, one value everywhere, classes."""
    crest = np.sin(where[:, 0] / 600)
    twin = np.exp(crest) + rng.normal(0, 0.2, len(where))
    unit = rng.integers(1, 5, len(where))
    return np.stack([crest, twin, rng.normal(size=len(where)), np.full(len(where), 4), unit], 1)


def crests() -> np.ndarray:
    where = np.random.default_rng(40).uniform(0, benches.SIDE, (3000, 2))
    return where[np.argsort(-np.sin(where[:, 0] / 600))[:50]]


@pytest.fixture(scope="module")
def bench():
    return benches.make(evidence, LAYERS, deposits=crests(), categorical=["unit"])


def fits(layers):
    return quick.trees(layers, categorical=[x for x in layers if x == "unit"], seed=1)


def learnt(bench, fit):
    return fit(bench.rows, bench.labels, bench.samples["group"].to_numpy())


# --- choosing -----------------------------------------------------------------------------


def test_of_like_layers_the_better_is_kept_and_constants_go(bench):
    made = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"]))
    assert made.chosen_ == ["crest", "noise", "unit"]
    assert made.layers_ == LAYERS
    best = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"], most=1))
    assert best.chosen_ == ["crest"]
    strict = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"], like=1.0))
    assert strict.chosen_ == ["crest", "twin", "noise", "unit"]


def test_it_takes_all_layers_and_scores_as_the_chosen_ones_would(bench):
    made = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"]))
    columns = [LAYERS.index(name) for name in made.chosen_]
    alone = fits(made.chosen_)(bench.rows[:, columns], bench.labels, None)
    np.testing.assert_array_equal(made.scores(bench.rows), alone.scores(bench.rows[:, columns]))
    assert made.inner.layers_ == made.chosen_


def test_a_fold_chooses_by_its_own_training_rows_alone(bench):
    """Held-out labels turned round change nothing of what a fold chooses or learns."""
    folds = bench.folds["spatial_blocks"]
    fit = selection.selected(fits, LAYERS, categorical=["unit"], most=1)
    plain = validate.cross_validated(bench.rows, bench.samples, folds, fit)
    for fold, may in enumerate(folds.training):
        rows = bench.rows.copy()
        rows[~may, 2] = 100 * bench.labels[~may]  # noise that knows the answer, elsewhere
        other = validate.cross_validated(rows, bench.samples, folds, fit)
        assert other[fold].chosen_ == plain[fold].chosen_ == ["crest"]
        np.testing.assert_array_equal(
            other[fold].scores(bench.rows), plain[fold].scores(bench.rows)
        )


def test_choosing_before_the_folds_flatters_noise_and_choosing_inside_does_not():
    """A hundred layers of noise, twelve deposits: the best few look like evidence."""
    many = [f"n{i}" for i in range(100)]
    rng = np.random.default_rng(8)
    scattered = rng.uniform(0, benches.SIDE, (12, 2))
    bench = benches.make(benches.noise(100), many, deposits=scattered, background=80, seed=5)
    inside = selection.selected(by_means, many, most=5)
    honest = score(bench, bench.rows, inside)
    seen_all = learnt(bench, inside).chosen_
    columns = [many.index(name) for name in seen_all]
    flattered = score(bench, bench.rows[:, columns], by_means(seen_all))
    assert flattered > 0.8
    assert honest < 0.65


def by_means(layers):
    def fit(rows, labels, groups):
        direction = rows[labels == 1].mean(axis=0) - rows[labels == 0].mean(axis=0)
        return SimpleNamespace(layers_=list(layers), scores=lambda asked: (asked @ direction)[None])

    return fit


def score(bench, rows, fit) -> float:
    folds = bench.folds["random"]
    fitted = validate.cross_validated(rows, bench.samples, folds, fit)
    ground = bench.samples.label.to_numpy() == 0
    told = validate.folds_on_sample(
        fitted, rows, rows[ground], bench.samples, folds, of_cells=folds.of_samples[ground]
    )
    return validate.summary(told)["auc"]["mean"]


def test_a_layer_that_is_left_out_says_why(bench):
    made = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"]))
    assert made.choice_.left == {"twin": ("alike", "crest"), "flat": ("flat", "")}
    best = learnt(bench, selection.selected(fits, LAYERS, categorical=["unit"], most=1))
    weak = {"noise": ("weak", ""), "unit": ("weak", "")}
    assert best.choice_.left == {"twin": ("alike", "crest"), "flat": ("flat", "")} | weak


def test_a_layer_that_a_models_settings_name_is_never_left_out(bench):
    kept = selection.selected(fits, LAYERS, categorical=["unit"], keep=["twin", "flat"])
    made = learnt(bench, kept)
    assert made.chosen_ == ["twin", "noise", "flat", "unit"]
    assert made.choice_.left == {"crest": ("alike", "twin")}
    one = selection.selected(fits, LAYERS, categorical=["unit"], keep=["noise"], most=1)
    assert learnt(bench, one).chosen_ == ["noise"]
    both = selection.selected(fits, LAYERS, categorical=["unit"], keep=["crest", "twin"], most=1)
    assert learnt(bench, both).chosen_ == ["crest", "twin"]


def chooser(chosen, left):
    return selection.Choice(("a", "b", "c"), tuple(chosen), left)


def test_how_often_folds_chose_a_layer_is_counted_with_the_reasons():
    found = choices.choices(
        [
            chooser(["a"], {"b": ("alike", "a"), "c": ("flat", "")}),
            chooser(["a", "b"], {"c": ("weak", "")}),
            chooser(["a"], {"b": ("alike", "a"), "c": ("weak", "")}),
        ]
    )
    assert found["folds"] == 3
    assert [one["chosen"] for one in found["layers"]] == [1.0, pytest.approx(1 / 3), 0.0]
    assert found["layers"][0]["left"] == []
    assert found["layers"][1]["left"] == [{"why": "alike", "by": "a", "folds": 2}]
    assert found["layers"][2]["left"] == [
        {"why": "weak", "by": "", "folds": 2}, {"why": "flat", "by": "", "folds": 1},
    ]  # fmt: skip
    assert json.loads(json.dumps(found)) == found


def test_stability_of_choices_of_one_size_is_kunchevas_index():
    """Kuncheva (2007): mean over pairs of (r - k2/d) / (k - k2/d), r the number in common."""
    rng = np.random.default_rng(3)
    taken = np.zeros((6, 9), bool)
    for row in taken:
        row[rng.permutation(9)[:4]] = True
    chance = 4 * 4 / 9
    pairs = [
        ((one & other).sum() - chance) / (4 - chance)
        for n, one in enumerate(taken)
        for other in taken[:n]
    ]
    assert choices.stability(taken) == pytest.approx(np.mean(pairs))
    assert choices.stability(np.tile(taken[:1], (4, 1))) == pytest.approx(1)
    assert choices.stability(taken[:1]) is None
    assert choices.stability(np.ones((3, 4), bool)) is None


def test_choices_at_random_have_no_stability():
    taken = np.random.default_rng(1).random((400, 60)) < 0.3
    assert choices.stability(taken) == pytest.approx(0, abs=0.01)


def test_layers_that_are_constant_in_a_fold_are_an_error(bench):
    rows = np.ones_like(bench.rows)
    rows[:, 1] = np.nan
    with pytest.raises(ModelError, match="all 5 layers are constant or unknown among the"):
        selection.selected(fits, LAYERS)(rows, bench.labels, bench.labels)


def test_bad_settings_are_refused_by_name():
    with pytest.raises(ValueError, match="like must be above 0 and at most 1, got 0"):
        selection.selected(fits, LAYERS, like=0)
    with pytest.raises(ValueError, match="most must be 1 layer or more, got 0"):
        selection.selected(fits, LAYERS, most=0)


def test_clusters_and_inflation_are_told_by_layer(bench, caplog):
    found = selection.clusters(bench.area_rows, LAYERS, categorical=["unit"])
    assert found == [["crest", "twin"], ["noise"], ["flat"], ["unit"]]
    vif = selection.inflation(bench.area_rows, LAYERS, categorical=["unit"])
    r = np.corrcoef(bench.area_rows[:, :3].T)
    assert vif["crest"] == pytest.approx(np.linalg.inv(r)[0, 0], rel=1e-4)
    assert vif["flat"] is None
    assert vif["unit"] is None
    doubled = np.concatenate([bench.area_rows[:, :1]] * 2, axis=1)
    with caplog.at_level(logging.WARNING, "geoprospect.models"):
        assert selection.inflation(doubled, ["a", "b"]) == {"a": None, "b": None}
    assert "one at least is superfluous" in caplog.text


# --- importance -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(bench):
    return importance.importance(bench, fits, "spatial_blocks", repeats=2, seed=3)


def record(told, name):
    return next(one for one in told["layers"] if one["layer"] == name)


def test_what_carries_the_signal_is_missed_and_noise_is_not(told):
    assert told["auc"] > 0.9
    assert told["layers"][0]["layer"] == "crest"
    (group,) = told["groups"]
    assert group["layers"] == ["crest", "twin"]
    assert group["permuted"] > record(told, "crest")["permuted"]
    assert group["permuted"] == pytest.approx(told["auc"] - 0.5, abs=0.1)
    for name in ("noise", "flat", "unit"):
        assert abs(record(told, name)["permuted"]) < 0.05
    assert record(told, "flat")["permuted"] == record(told, "flat")["helps"] == 0
    assert record(told, "flat")["vif"] is None
    assert record(told, "crest")["dropped"] < group["permuted"]  # its twin stands in
    assert record(told, "crest")["helps"] == 1
    assert -1 <= told["agreement"] <= 1


def test_it_is_ready_for_json_and_the_seed_decides(bench, told):
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told == importance.importance(bench, fits, "spatial_blocks", repeats=2, seed=3)


def test_permutation_of_a_linear_model_is_as_counted_by_hand():
    """One layer is all the model looks at: mixed up it is chance, the other costs nothing."""
    bench = benches.make(
        lambda where, rng: np.stack([np.sin(where[:, 0] / 600), rng.normal(size=len(where))], 1),
        ["crest", "noise"],
        deposits=crests(),
    )

    def first(layers):
        place = list(layers).index("crest") if "crest" in layers else None
        return lambda *given: SimpleNamespace(
            scores=lambda rows: np.zeros((1, len(rows))) if place is None else rows[:, [place]].T
        )

    told = importance.importance(bench, first, "random", repeats=20, seed=1)
    assert record(told, "crest")["permuted"] == pytest.approx(told["auc"] - 0.5, abs=0.03)
    assert record(told, "crest")["dropped"] == pytest.approx(told["auc"] - 0.5, abs=1e-9)
    assert record(told, "noise")["permuted"] == pytest.approx(0, abs=1e-12)
    assert record(told, "noise")["dropped"] == 0


def test_folds_that_agree_on_the_order_read_one_and_reversed_ones_minus_one():
    up = np.array([[0.1, 0.2, 0.3], [0.0, 0.5, 0.9]])
    assert importance._agreement(up) == pytest.approx(1)
    assert importance._agreement(np.stack([up[0], up[0][::-1]])) == pytest.approx(-1)
    assert importance._agreement(up[:1]) is None


def test_without_held_out_deposits_or_repeats_that_is_an_error(bench):
    with pytest.raises(ValueError, match="repeats must be 1 or more, got 0"):
        importance.importance(bench, fits, "random", repeats=0, seed=1)
    blank = np.full_like(bench.rows, np.nan)
    nothing = dataclasses.replace(
        bench, rows=np.where(bench.labels[:, None] == 1, blank, bench.rows)
    )
    with pytest.raises(DataError, match="no fold holds a deposit"):
        importance.importance(nothing, fits, "random", seed=1)


def test_weights_reach_every_model_that_is_fitted(bench):
    """A deposit of no weight teaches nothing: as if it were not there."""
    groups = bench.samples["group"].to_numpy()
    heavy = np.where(np.arange(len(groups)) < 25, 1e-9, 1.0)
    fit = selection.selected(fits, LAYERS, categorical=["unit"])
    weighed = fit(bench.rows, bench.labels, groups, heavy)
    plain = fit(bench.rows, bench.labels, groups)
    assert not np.array_equal(weighed.scores(bench.rows), plain.scores(bench.rows))
    samples = bench.samples.assign(weight=heavy)
    told = importance.importance(
        dataclasses.replace(bench, samples=samples), fits, "random", repeats=1, drop_one=False,
        seed=1,
    )  # fmt: skip
    assert told != importance.importance(bench, fits, "random", repeats=1, drop_one=False, seed=1)


def test_a_layer_that_the_model_needs_is_mixed_up_but_never_dropped(bench):
    def stubborn(layers):
        if "crest" not in layers:
            raise ModelError("monotone names layers that the model is not given")
        return fits(layers)

    told = importance.importance(
        bench, stubborn, "spatial_blocks", repeats=1, needed=["crest"], seed=3
    )
    assert record(told, "crest")["dropped"] is record(told, "crest")["dropped_sd"] is None
    assert record(told, "crest")["permuted"] > 0
    assert record(told, "noise")["dropped"] is not None
    assert json.loads(json.dumps(told, allow_nan=False)) == told
