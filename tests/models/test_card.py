"""Card and texts: the ensemble comes back to the bit, and only to cubes it knows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.errors import ModelError
from geoprospect.models import card as cards

from . import district


@pytest.fixture(scope="module")
def fitted():
    return district.ensemble()


def described(ensemble):
    return cards.card(
        ensemble, district.cube(), model="lightgbm", settings={"num_leaves": 5},
        scores={"auc": 0.8}, versions={"lightgbm": "4.7"},
    )  # fmt: skip


@pytest.fixture
def card(fitted):
    return json.loads(cards.to_json(described(fitted)))


def test_an_ensemble_comes_back_from_its_texts_to_the_bit(fitted, card):
    rows = district.table(district.samples())
    back = cards.from_texts(card, cards.texts(fitted))
    np.testing.assert_array_equal(back.raw_scores(rows), fitted.raw_scores(rows))
    assert (back.layers_, back.categorical_) == (fitted.layers_, fitted.categorical_)
    assert (back.members, back.ratio, back.seed) == (20, 5, 3)
    assert back.estimator.get_params() == fitted.estimator.get_params()


def test_the_card_says_what_a_cube_must_hold(card):
    assert [entry["name"] for entry in card["layers"]] == ["signal", "noise", "rock", "gappy"]
    assert card["layers"][0] == {
        "name": "signal", "long_name": "signal of the ground", "units": "nT", "categories": None,
    }  # fmt: skip
    assert card["layers"][2]["categories"] == {"2": "basalt", "5": "skarn", "9": "sandstone"}
    assert card["settings"]["estimator"]["num_leaves"] == 5
    assert card["scores"] == {"auc": 0.8}
    assert card["versions"] == {"lightgbm": "4.7"}


def test_the_same_ensemble_has_the_same_texts(fitted, card):
    again = district.ensemble()
    assert cards.texts(again) == cards.texts(fitted)
    assert cards.to_json(described(again)) == cards.to_json(card)


def test_the_cube_it_was_trained_on_is_accepted(card):
    cards.check_layers(card, district.cube())
    quality = contract.describe(district.cube().noise, long_name="n", units="m", quality=True)
    cards.check_layers(card, district.cube().assign(nearest=quality))


def test_every_difference_of_a_cube_is_named_at_once(card):
    cube = district.cube()
    other = cube.drop_vars("noise").assign(extra=cube.noise)
    other["signal"] = contract.describe(cube.signal, long_name="s", units="mT")
    rocks = {**district.ROCKS, 9: "granite"}
    other["rock"] = contract.describe(cube.rock, long_name="r", units="1", meanings=rocks)
    with pytest.raises(ModelError) as caught:
        cards.check_layers(card, other)
    for line in (
        "layer 'noise' is missing",
        "layer 'extra' is not one it knows",
        "layer 'signal' is in 'mT', not 'nT'",
        "layer 'rock' has other categories: 2 = basalt, 5 = skarn, 9 = granite, not 2 = basalt",
    ):
        assert line in str(caught.value)


def test_another_order_and_lost_categories_are_refused(card):
    cube = district.cube()
    with pytest.raises(ModelError, match="layers are in the order signal, noise, rock, gappy, not"):
        cards.check_layers(card, cube[["noise", "signal", "rock", "gappy"]])
    plain = cube.assign(rock=contract.describe(cube.rock, long_name="r", units="1"))
    with pytest.raises(ModelError, match="layer 'rock' has other categories: none, not 2 = basalt"):
        cards.check_layers(card, plain)


def test_a_damaged_text_never_reaches_lightgbm(fitted, card, monkeypatch):
    texts = cards.texts(fitted)
    monkeypatch.setattr("lightgbm.Booster.__init__", None)
    with pytest.raises(ModelError, match="member 3 of the model is damaged"):
        cards.from_texts(card, [*texts[:3], texts[3][:2000], *texts[4:]])
    with pytest.raises(ModelError, match="tells of 20 members, there are 19"):
        cards.from_texts(card, texts[1:])


def test_cards_that_cannot_be_read_say_why(fitted, card):
    texts = cards.texts(fitted)
    with pytest.raises(ModelError, match="format 7, this version reads 2"):
        cards.from_texts({**card, "format": 7}, texts)
    with pytest.raises(ModelError, match="lacks seed"):
        cards.from_texts({k: v for k, v in card.items() if k != "seed"}, texts)
    renamed = [{**entry, "name": entry["name"] + "_x"} for entry in card["layers"]]
    with pytest.raises(ModelError, match=r"was trained on signal, .* but the card says signal_x"):
        cards.from_texts({**card, "layers": renamed}, texts)
