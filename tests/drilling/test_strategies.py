"""Ways of drilling on: counted by hand, and replayed hole by hole by code that shares nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.drilling.nulls import expected_holes, expected_rank
from geoprospect.drilling.strategies import Search, down_the_list, hole_by_hole, tries
from geoprospect.errors import DataError


def search(cells, needed, n=6, shut=()):
    return Search(~np.isin(np.arange(n), shut), np.array(cells), np.array(needed))


def replayed(order, cells, needed, per_cell):
    """Holes until each discovery, hole after hole."""
    left = dict(zip(cells, needed, strict=True))
    drilled, found = 0, []
    while left:
        for cell in order:
            if cell in cells and cell not in left:
                continue
            for _ in range(per_cell):
                drilled += 1
                if cell in left:
                    left[cell] -= 1
                    if left[cell] == 0:
                        del left[cell]
                        found.append(drilled)
                        break
    return found


def test_a_list_is_gone_through_again_until_all_is_found():
    scores = [6, 5, 4, 3, 2, 1]
    hidden = search([1, 4], [1, 2])
    # 0, 1 found; 2 3 4 missed 5; then 0, 2, 3, 4 found
    assert down_the_list(scores, hidden, seed=0).tolist() == [2, 10]
    # 0 0, 1 found, 2 2 3 3 4 4 found
    assert down_the_list(scores, hidden, per_cell=2, seed=0).tolist() == [3, 9]


def test_shut_cells_take_no_holes_and_unknown_ones_come_last():
    hidden = search([5], [1], shut=[0, 1])
    assert down_the_list([9, 8, np.nan, 7, 6, 5], hidden, seed=0).tolist() == [3]


@given(st.integers(0, 10**6), st.integers(1, 3))
def test_a_list_is_drilled_as_it_is_replayed(seed, per_cell):
    rng = np.random.default_rng(seed)
    cells, scores = rng.choice(12, 4, replace=False), rng.permutation(12)
    needed = rng.geometric(0.5, 4)
    wanted = replayed(np.argsort(-scores).tolist(), cells.tolist(), needed.tolist(), per_cell)
    found = down_the_list(scores, search(cells, needed, 12), per_cell=per_cell, seed=seed)
    assert found.tolist() == wanted


def test_cells_of_one_score_are_drilled_in_random_order():
    first = [down_the_list(np.zeros(6), search([0], [1]), seed=s)[0] for s in range(600)]
    assert np.mean(first) == pytest.approx(3.5, abs=0.25)


def test_holes_at_random_are_as_every_order_has_them():
    """All orders of four cells with two deposits, which every hole meets."""
    orders = list(itertools.permutations(range(4)))
    for which in (1, 2):
        wanted = np.mean([replayed(order, [0, 1], [1, 1], 1)[which - 1] for order in orders])
        found = expected_holes(which, cells=4, discoveries=2, detection=1)
        assert found == pytest.approx(wanted)
        assert found == pytest.approx(expected_rank(which, cells=4, discoveries=2))


@pytest.mark.parametrize("per_cell", [1, 2])
def test_holes_that_miss_cost_as_many_as_drawn_ones(per_cell):
    rng = np.random.default_rng(3)
    found = []
    for draw in range(1200):
        hidden = search(rng.choice(9, 3, replace=False), rng.geometric(0.6, 3), 9)
        found.append(down_the_list(rng.random(9), hidden, per_cell=per_cell, seed=draw))
    for which in (1, 2, 3):
        holes = np.array(found)[:, which - 1]
        wanted = expected_holes(which, cells=9, discoveries=3, detection=0.6, per_cell=per_cell)
        assert abs(holes.mean() - wanted) < 4 * holes.std() / np.sqrt(len(holes))


def test_one_sure_hole_in_one_cell():
    assert expected_holes(1, cells=1, discoveries=1, detection=0.25) == pytest.approx(4)
    assert expected_holes(1, cells=1, discoveries=1, detection=0.25, per_cell=3) == pytest.approx(4)
    with pytest.raises(
        ValueError, match=r"detection must be above 0 and up to 1 .* got 1\.5 and 1"
    ):
        expected_holes(1, cells=2, discoveries=1, detection=1.5)


def test_luck_is_geometric_and_hangs_on_the_seed():
    drawn = tries(20_000, detection=0.4, seed=1)
    assert drawn.mean() == pytest.approx(2.5, rel=0.03)
    assert (drawn == 1).mean() == pytest.approx(0.4, abs=0.02)
    assert np.array_equal(drawn, tries(20_000, detection=0.4, seed=1))
    assert tries(5, detection=1, seed=1).tolist() == [1] * 5


# --- every result changes where the next hole goes ---------------------------------------------


def posterior(chances, weight, holes, detection):
    """
    Chance of a deposit in each cell after results, by adding up every possible truth.

    *holes* are (cell, whether it met a deposit), in order; a cell with a discovery is done.
    """
    ideas, cells = chances.shape
    total, there = 0.0, np.zeros(cells)
    for idea in range(ideas):
        for truth in itertools.product([0, 1], repeat=cells):
            p = np.prod(np.where(truth, chances[idea], 1 - chances[idea])) * weight[idea]
            for cell, met in holes:
                hit = detection * truth[cell]
                p *= hit if met else 1 - hit
            total += p
            there += p * np.array(truth)
    return there / total


@pytest.mark.parametrize("seed", range(6))
def test_each_hole_goes_where_every_possible_truth_together_says(seed):
    rng = np.random.default_rng(seed)
    chances = np.clip(rng.beta(0.4, 0.6, (3, 6)), 0.02, 0.95)  # ideas that differ
    weight, cells = rng.uniform(0.2, 1, 3), np.sort(rng.choice(6, 2, replace=False)).tolist()
    needed = rng.geometric(0.6, 2)
    left, holes, wanted = dict(zip(cells, needed.tolist(), strict=True)), [], []
    while left:
        chance = posterior(chances, weight, holes, 0.6)
        chance[[cell for cell, met in holes if met]] = -1
        cell = int(chance.argmax())
        left[cell] = left.get(cell, 0) - 1
        holes.append((cell, left[cell] == 0))
        if left[cell] == 0:
            wanted.append(len(holes))
        left = {at: more for at, more in left.items() if more > 0}
    found = hole_by_hole(chances, search(cells, needed, 6), weight=weight, detection=0.6, until=2)
    assert found.tolist() == wanted


def test_a_barren_hole_speaks_against_the_idea_that_sent_it():
    # the first idea praises cells 0 to 2, the second cells 3 to 5, by half as much
    chances = np.array([[0.9, 0.9, 0.9, 0.01, 0.01, 0.01], [0.01, 0.01, 0.01, 0.4, 0.4, 0.4]])
    found = hole_by_hole(chances, search([5], [1]), weight=[1, 1], detection=1, until=1)
    # 0 is barren: the first idea is all but given up, and 3, 4, 5 come before 1 and 2
    assert found.tolist() == [4]


def test_a_discovery_may_renew_what_ideas_say():
    chances = np.array([[0.5, 0.4, 0.3, 0.2, 0.2, 0.1]])

    def renewed(cells):
        assert cells.tolist() == [0]
        return np.where(np.arange(6) == 5, 0.9, chances)

    hidden = search([0, 5], [1, 1])
    plain = hole_by_hole(chances, hidden, weight=[1], detection=1, until=2)
    taught = hole_by_hole(chances, hidden, weight=[1], detection=1, until=2, renewed=renewed)
    assert (plain.tolist(), taught.tolist()) == ([1, 6], [1, 2])


def test_barren_holes_are_remembered_when_ideas_are_renewed():
    chances = np.array([[0.5, 0.45, 0.3]])
    hidden = Search(np.ones(3, bool), np.array([1, 2]), np.array([1, 1]))
    # 0 barren, 1 found; 0 counts as much as before but for its barren hole, so 2 is next
    found = hole_by_hole(chances, hidden, weight=[1], detection=0.9, until=2,
                         renewed=lambda _: chances)  # fmt: skip
    assert found.tolist() == [2, 3]


def test_what_cannot_be_drilled_is_named():
    with pytest.raises(DataError, match="2 hidden deposits and 1 numbers of holes"):
        search([1, 2], [1])
    with pytest.raises(DataError, match="an open cell of its own"):
        search([1, 1], [1, 1])
    with pytest.raises(DataError, match="an open cell of its own"):
        search([1], [1], shut=[1])
    with pytest.raises(DataError, match="less than 1 hole"):
        search([1], [0])
    with pytest.raises(ValueError, match="per_cell must be 1 or more, got 0"):
        down_the_list(np.ones(6), search([1], [1]), per_cell=0, seed=0)
    with pytest.raises(ValueError, match="detection must be above 0 and up to 1, got 0"):
        tries(3, detection=0, seed=0)
    with pytest.raises(DataError, match="3 discoveries are wanted and 1 deposits hidden"):
        hole_by_hole(np.full((1, 6), 0.5), search([1], [1]), weight=[1], detection=1, until=3)
    with pytest.raises(DataError, match=r"chance of a hidden deposit \(number 1 of 6\) is 1"):
        hole_by_hole(np.ones((1, 6)), search([1], [1]), weight=[1], detection=1, until=1)
