"""Ways of drilling tried on made districts: every count replayed by code that shares none of it."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from geoprospect.cli import app
from geoprospect.drilling.made import made_district
from geoprospect.drilling.strategies import tries
from geoprospect.pipeline import experiment

SEEDS, SHAPE = (5, 6, 7), (44, 44)
MET = 240 * 200 * np.pi / 500**2
"""A hole at random in a cell of 500 m meets a body that fits into it."""


@pytest.fixture(scope="module")
def learnt():
    """The experiment on three small districts, and what was known in each before the first hole."""
    known = {}
    knowledge = experiment.knowledge

    def remembered(district, *, seed):
        known[seed] = knowledge(district, seed=seed)
        return known[seed]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "knowledge", remembered)
        found = experiment.experiment(districts=3, seed=SEEDS[0], shape=SHAPE)
    return found, known


def of(found, seed, strategy, per_cell):
    trials = found.trials
    rows = trials[(trials["seed"] == seed) & (trials["strategy"] == strategy)]
    row = rows[rows["per_cell"] == per_cell].iloc[0]
    return row["first"], row["half"]


def luck(seed):
    """Hidden cells with the holes that each needs, and the cells that are open."""
    district = made_district(seed=seed, shape=SHAPE)
    needed = tries(len(district.hidden), detection=MET, seed=seed)
    taken = set(zip(district.known["row"], district.known["column"], strict=True))
    free = [k for k in range(SHAPE[0] * SHAPE[1]) if divmod(k, SHAPE[1]) not in taken]
    return dict(zip(district.hidden.tolist(), needed.tolist(), strict=True)), free


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("strategy", ["nearest", "prospectivity", "best layer"])
def test_holes_down_a_list_are_as_replayed(learnt, seed, strategy):
    found, known = learnt
    score = known[seed].scores[strategy]
    left, free = luck(seed)
    middle = (len(left) + 1) // 2
    drilled, counts, shut = 0, [], set()
    chance = np.random.default_rng([seed, 2]).random(len(score))  # among cells of one score
    while len(counts) < middle:
        for cell in sorted(free, key=lambda k: (-score[k], chance[k])):
            if cell in shut:
                continue
            drilled += 1
            left[cell] = left.get(cell, 0) - 1
            if left[cell] == 0:
                counts.append(drilled)
                shut.add(cell)
    assert of(found, seed, strategy, 1) == (counts[0], counts[middle - 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_holes_of_the_plan_are_as_replayed(learnt, seed):
    found, known = learnt
    left, free = luck(seed)
    middle = (len(left) + 1) // 2
    shut = np.ones(SHAPE[0] * SHAPE[1], bool)
    shut[free] = False
    barren, belief = np.zeros(shut.size), np.ones(6)
    made, counts, drilled = [], [], 0
    prior = known[seed].ideas(np.empty(0, np.int64))
    while len(counts) < middle:
        missed = (1 - MET) ** barren
        now = np.where(shut, 0, prior * missed / (1 - prior * (1 - missed)))
        cell = int((belief @ now).argmax())
        drilled += 1
        left[cell] = left.get(cell, 0) - 1
        if left[cell] == 0:
            belief = belief * MET * now[:, cell]
            counts.append(drilled)
            made.append(cell)
            shut[cell] = True
            prior = known[seed].ideas(np.array(made))
        else:
            belief = belief * (1 - MET * now[:, cell])
            barren[cell] += 1
        belief = belief / belief.sum()
    assert of(found, seed, "plan", 0) == (counts[0], counts[-1])


def test_nothing_hidden_is_known_before(learnt):
    """Ideas rank the ground by known deposits only: no hidden cell is told apart by them."""
    _, known = learnt
    for seed, one in known.items():
        hidden, free = luck(seed)
        assert one.layer in one.district.cube
        assert (one.ideas(np.empty(0, np.int64)) < 1).all()
        assert 0.3 < one.auc < 1
        best = max(one.scores["prospectivity"][free])
        assert not all(one.scores["prospectivity"][k] == best for k in hidden)


def test_random_holes_are_expected_ones(learnt):
    found, _ = learnt
    left, free = luck(SEEDS[0])
    rng = np.random.default_rng(0)
    firsts = []
    for _ in range(300):
        order = rng.permutation(len(free))
        rank = {free[k]: place for place, k in enumerate(order, 1)}
        once = [rank[cell] for cell in left if rng.random() < MET]
        firsts.append(min(once))
    wanted, _ = of(found, SEEDS[0], "random", 1)
    assert abs(np.mean(firsts) - wanted) < 4 * np.std(firsts) / np.sqrt(300)


def trials(plan, other, twice):
    """Rows as of districts, with holes for one list only."""
    rows = []
    for name in experiment.STRATEGIES:
        for per_cell, holes in ((0, plan),) if name == "plan" else ((1, other), (2, twice)):
            rows += [{"seed": k, "strategy": name, "per_cell": per_cell, "first": one, "half": 9.0}
                     for k, one in enumerate(holes)]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_plan_stands_against_the_better_number_of_holes_a_cell():
    plan, once, twice = [5, 10, 5, 10, 10, 8], [20, 20, 20, 20, 20, 20], [10, 20, 10, 20, 10, 26]
    found = experiment.outcome(trials(plan, once, twice), seed=1).set_index("strategy")
    assert found["first"]["nearest"] == 16
    assert found["first_saved"]["nearest"] == pytest.approx(1 - 48 / 96)
    assert found["first_factor"]["nearest"] == pytest.approx((2**4 * 26 / 8) ** (1 / 6))
    assert found["first_p"]["nearest"] == pytest.approx((1 + 2**0) / 2**6, abs=1 / 2**6)
    assert found["half_saved"]["nearest"] == 0
    assert np.isnan(found["first_saved"]["plan"])


def test_the_interval_is_that_of_districts_drawn_anew():
    rng = np.random.default_rng(4)
    theirs = rng.integers(20, 200, 40)
    mine = theirs * rng.uniform(0.3, 1.1, 40)
    found = experiment.saved(mine, theirs, seed=2)
    drawn = rng.integers(0, 40, (4000, 40))
    wanted = np.quantile(1 - mine[drawn].sum(axis=1) / theirs[drawn].sum(axis=1), [0.05, 0.95])
    assert (found["low"], found["high"]) == pytest.approx(tuple(wanted), abs=0.012)
    assert found["low"] < found["saved"] < found["high"]


def test_three_districts_are_too_few_to_tell(learnt):
    found, _ = learnt
    lines = experiment.lines(found)
    assert [line[0] for line in lines][-3:] == [
        "prospectivity alone",
        "the plan's first chances as a list",
        "the plan",
    ]
    assert lines[0][2].endswith("too few districts to tell")
    assert lines[-1][2] == ""
    told = experiment.told(found)
    assert told["seeds"] == list(SEEDS)
    assert told["detection"] == pytest.approx(MET)
    assert told["strategies"][0]["first_low"] is None
    with pytest.raises(ValueError, match="districts must be 1 or more, got 0"):
        experiment.experiment(districts=0, seed=1)


def test_what_came_out_is_written(learnt, tmp_path):
    found, _ = learnt
    table, result = experiment.written(found, tmp_path / "new")
    assert len(pd.read_csv(table)) == 3 * (2 * 6 + 1)
    assert json.loads(result.read_text(encoding="utf-8")) == experiment.told(found)


def test_the_command_prints_what_came_out(learnt, tmp_path, monkeypatch):
    asked = {}

    def known(**settings):
        asked.update(settings)
        return learnt[0]

    monkeypatch.setattr(experiment, "experiment", known)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["experiment", "--districts", "3", "--seed", "5", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert asked == {"districts": 3, "seed": 5}
    assert "nearest known deposit" in done.output
    assert str(out / "experiment.json") in done.output
    assert (out / "experiment.csv").is_file()
