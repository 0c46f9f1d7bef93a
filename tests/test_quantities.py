"""Words that a predicted amount may not be called by, and amounts that are never added."""

import itertools

import pytest

from geoprospect.errors import ContractError
from geoprospect.quantities import (
    CONCEPTUAL,
    GUARD,
    LEVELS,
    NAME,
    Quantity,
    checked,
    exploration_target,
    total,
)  # fmt: skip

REFUSED = [
    "resource", "Resources", "reserve", "RESERVES", "资源量", "储量", "资源储量", "資源量", "儲量",
]  # fmt: skip


@pytest.mark.parametrize("word", REFUSED)
def test_a_predicted_amount_is_called_none_of_these(word):
    with pytest.raises(ContractError, match=r"a predicted amount may not be called '"):
        checked(f"the copper {word} of the tract", "predicted")
    with pytest.raises(ContractError, match="may not be called"):
        Quantity(f"Cu {word}", "t", "predicted", 1.0)
    with pytest.raises(ContractError, match="may not be called"):
        Quantity("Cu", "t", "predicted", 1.0, method=f"{word} model")


@pytest.mark.parametrize(("word", "level"), [*itertools.product(REFUSED, LEVELS[1:])])
def test_what_was_drilled_may_be(word, level):
    assert checked(f"Cu {word}", level) == f"Cu {word}"
    assert Quantity(f"Cu {word}", "t", level, 1.0).name.endswith(word)


@pytest.mark.parametrize("word", ["preserved", "preservation", "潜在矿产资源", "conserves", NAME])
def test_other_words_pass(word):
    assert checked(word, "predicted") == word


def test_the_guards_own_sentence_and_names_of_places_pass():
    for sentence in (GUARD, CONCEPTUAL):
        assert checked(sentence, "predicted") == sentence
    told = "In Forest Reserve 12 one deposit is expected."
    assert checked(told, "predicted", names=["Forest Reserve 12"]) == told
    with pytest.raises(ContractError, match="may not be called 'Reserve'"):
        checked(told, "predicted")
    with pytest.raises(ContractError, match="may not be called 'resource'"):
        checked(f"{GUARD} It is a resource.", "predicted")


def test_an_unknown_level_is_refused():
    with pytest.raises(ContractError, match="must be one of predicted, drilled_unclassified, "):
        Quantity("Cu", "t", "certain", 1.0)


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(LEVELS, 2)])
def test_levels_are_never_added(one, other):
    with pytest.raises(ContractError, match="evidence levels differ are listed, never added"):
        Quantity("Cu", "t", one, 1.0) + Quantity("Cu", "t", other, 2.0)


@pytest.mark.parametrize("level", LEVELS)
def test_means_of_one_level_add_up_and_spreads_do_not(level):
    several = [Quantity("Cu", "t", level, mean, 1.0, {0.5: 1.0}, "m") for mean in (1.5, 2.5, 3.0)]
    found = total(several)
    assert (found.mean, found.sd, dict(found.quantiles), found.method) == (7.0, None, {}, "m")
    assert (several[0] + several[1]).mean == 4.0


@pytest.mark.parametrize(
    ("other", "why"),
    [(("Mo", "t"), "names differ"), (("Cu", "kt"), "units differ")],
)
def test_unlike_amounts_are_not_added(other, why):
    with pytest.raises(ContractError, match=why):
        total([Quantity("Cu", "t", "predicted", 1), Quantity(*other, "predicted", 1)])
    with pytest.raises(ContractError, match="nothing given"):
        total([])


def test_an_exploration_target_is_ranges_and_says_what_it_is_not():
    told = exploration_target((20e6, 55e6), {"Cu": (0.3, 0.6)})
    assert told == f"Exploration target: 20 to 55 Mt at 0.3 to 0.6 % Cu. {CONCEPTUAL}"
    with pytest.raises(ContractError, match=r"told as a range: Cu runs from 0.4 to 0.4"):
        exploration_target((1e6, 2e6), {"Cu": (0.4, 0.4)})
    with pytest.raises(ContractError, match="told as a range: ore runs from 3e"):
        exploration_target((3e6, 2e6), {})
