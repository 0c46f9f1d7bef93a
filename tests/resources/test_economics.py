"""The economic screen: the published case to the cent, and written out a second time."""

import logging
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.resources.contained import contained, recovered
from geoprospect.resources.deposits import counted
from geoprospect.resources.economics import (
    CLIFF,
    DEFAULT,
    PRICES_2008,
    RECOVERED,
    Operation,
    PriceDeck,
    filtered,
    prices,
    told,
    worth,
)
from geoprospect.resources.mines import MILLS
from tests.resources.models import example

METALS = ("Cu", "Mo", "Au", "Ag")
ORE = 1_075_970_635.0
GRADES = np.array([0.768576186, 0.007146007, 1.06e-5, 0.000142627]) / 100


def golden(depth, **given):
    return worth([ORE], [GRADES], [depth], metals=METALS, deck=DEFAULT,
                 operation=Operation("massive", **given))  # fmt: skip


def test_the_published_case_to_the_cent():
    """Robinson and Menzie (2012), table 3, simulation 6, deposit 2."""
    found = golden(474)
    assert found.value[0] == pytest.approx(475_557_534.7, abs=0.05)
    wanted = (7_149_115.943, 46_018.02873, 82.34618464, 1_166.314725)
    assert found.recovered[0] == pytest.approx(wanted, rel=1e-9)
    assert found.pays[0]


def test_no_other_depth_gives_it():
    depths = np.arange(1001)
    found = worth(np.full(1001, ORE), np.tile(GRADES, (1001, 1)), depths, metals=METALS,
                  deck=DEFAULT, operation=Operation("massive"))  # fmt: skip
    assert np.flatnonzero(abs(found.value - 475_557_534.7) < 1e4).tolist() == [474]


def test_worth_falls_off_the_published_cliff_at_61_m():
    above, below = golden(60).value[0], golden(61).value[0]
    assert above - below > 1e9
    assert golden(59).value[0] - above < 2e7
    assert "61 m" in CLIFF
    assert told(Operation("massive"), DEFAULT, [(1.0, 0, 9)])["cliff"] == CLIFF


# --- the same, written out a second time, one deposit at a time -------------------------------


def by_hand(ore, grades, depth, body, mill, days, discount, index, local, *, pond, lined):
    st_ = ore / 0.907185
    life = 0.2 * math.sqrt(math.sqrt(st_))
    div = 70 if days == 350 else 52
    if depth < 61 and body != "vein":
        df, rf = 0.05, 0.90
        yards = 0.3772 * st_ ** (1 / 3) + 1.0936 * depth
        strip = 2.225 * 4.1 * yards**3 / st_ - 1
        c = ((strip + 1) * (1 + df) * rf * st_) ** 0.75 / div
        if c < 20000:
            kc, ko = 160000 * c**0.515, 71 * c**-0.414
        else:
            kc, ko = 2670 * c**0.917, 5.14 * c**-0.148
    else:
        df, rf, a, b, e, f, slope, least = {
            "massive": (0.15, 0.95, 64800, 0.759, 48.4, -0.217, 0.3772, 0),
            "flat": (0.05, 0.85, 97600, 0.644, 35.5, -0.171, 0.0243, 6),
            "vein": (0.10, 0.90, 45200, 0.747, 51, -0.206, 0.6853, 0),
        }[body]
        yards = max(least, slope * st_ ** (1 / 3) + 1.0936 * depth)
        c = ((1 + df) * rf * st_) ** 0.75 / div
        kc = a * c**b + 371 * c + 180 * 3 * yards * c**0.404
        ko = e * c**f + 2343 / c + 0.44 * 3 * yards / c + 0.00163 * 3 * yards
    cm = ((1 + df) * rf * st_) ** 0.75 / div
    a, b, e, f = {
        "flotation_3": (83600, 0.708, 153, -0.344), "flotation_2": (82500, 0.702, 149, -0.356),
        "flotation_1": (92600, 0.667, 121, -0.336), "solvent_extraction": (14600, 0.596, 3, -0.145),
        "carbon_in_pulp": (372000, 0.54, 105, -0.303), "heap_leach": (296500, 0.512, 31.5, -0.223),
        "counter_current": (414000, 0.584, 128, -0.3),
    }[mill]  # fmt: skip
    value = 0.90715 * sum(
        RECOVERED[m] * PRICES_2008[m] * 100 * g / 100 for m, g in zip(METALS, grades, strict=True)
    )
    equivalent = 100 / 0.90715 * value / (0.91 * 3813.958)
    smelt = 0.26 * 2000 * st_ * (equivalent / 100) * rf * 0.91 / life
    opex = index * local[1] * (smelt + c * ko * days + cm * e * cm**f * days)
    acres = (17 if life < 7.5 else 32 if life < 15 else 62) * cm / 1000
    round_ = 4 * math.sqrt(43560 * acres)
    ground = pond * (146000 + 1783 * acres + 161 * round_) + lined * (5 * round_ + 35790 * acres)
    capex = index * local[0] * (kc + ground + a * cm**b)
    npv = (value * cm * days - opex) * (1 - (1 + discount) ** -life) / discount - capex
    return npv, [rf * RECOVERED[m] * g * ore if npv > 0 else 0
                 for m, g in zip(METALS, grades, strict=True)]  # fmt: skip


@given(
    st.floats(4.5, 10), st.floats(0.02, 4), st.integers(0, 1200),
    st.sampled_from(["massive", "flat", "vein"]), st.sampled_from([*MILLS]),
    st.sampled_from([350, 260]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_every_formula_agrees_with_the_second_writing(
    size, rich, depth, body, mill, days, dam, liner
):
    ore, grades = 10**size, GRADES * rich
    operation = Operation(body, mill, days, 0.12, 1.2, 0.9, dam, liner)
    deck = PriceDeck("made", PRICES_2008, 1.5)
    found = worth([ore], [grades], [depth], metals=METALS, operation=operation, deck=deck)
    npv, metal = by_hand(ore, grades, depth, body, mill, days, 0.12, 1.5, (1.2, 0.9),
                         pond=dam, lined=liner)  # fmt: skip
    assert found.value[0] == pytest.approx(npv, rel=1e-9, abs=1e-3)
    assert found.recovered[0] == pytest.approx(metal, rel=1e-9)


def test_many_at_once_are_each_alone():
    ore = np.geomspace(1e5, 1e9, 9)
    grades, depth = np.outer(np.linspace(0.2, 2, 9), GRADES), np.linspace(0, 900, 9)
    given = {"metals": METALS, "operation": Operation("flat"), "deck": DEFAULT}
    together = worth(ore, grades, depth, **given)
    alone = [worth(ore[[k]], grades[[k]], depth[[k]], **given).value[0] for k in range(9)]
    np.testing.assert_allclose(together.value, alone, rtol=1e-12)


# --- prices, and the filter -------------------------------------------------------------------


def test_prices_that_nobody_stated_are_said_to_be_those_of_2008(caplog):
    with caplog.at_level(logging.WARNING):
        deck = prices(None, name="", cost_index=1)
    assert deck is DEFAULT
    assert "no prices are stated, so the 2008 US$ default stands in" in caplog.text
    assert told(Operation("massive"), deck, [])["prices"] == "2008 US$ default"
    caplog.clear()
    mine = prices({"Cu": 9000.0}, name="2025 US$", cost_index=2.1)
    assert (mine.name, mine.cost_index, dict(mine.prices)) == ("2025 US$", 2.1, {"Cu": 9000.0})
    assert not caplog.text


@pytest.mark.parametrize(("given", "index"), [({"Cu": 0}, 1), ({"Cu": 5}, 0)])
def test_prices_below_0_are_refused(given, index):
    with pytest.raises(DataError, match="prices and the index of costs must be above 0"):
        prices(given, name="made", cost_index=index)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"metals": ["Cu", "Xx"]},
            r"Xx has no price in 2008 US\$ default(.|\n)*Xx has no recovery",
        ),
        ({"deck": PriceDeck("gold only", {"Au": 1e7}, 1.0), "metals": ["Au"]}, "Cu has no price"),
        ({"operation": Operation("massive", days=365)}, "days must be 350 or 260 a year, got 365"),
        ({"operation": Operation("massive", discount=0)}, "discount must be above 0, got 0"),
        ({"operation": Operation("round")}, "no mill 'flotation_3' or body 'round'"),
    ],
)
def test_a_screen_that_cannot_be_set_up_is_refused(given, why):
    asked = {"metals": ["Cu"], "operation": Operation("massive"), "deck": DEFAULT} | given
    with pytest.raises(DataError, match=why):
        worth([1e8], [[0.01] * len(asked["metals"])], [100], **asked)


@pytest.mark.parametrize("depths", [[(0.5, 0, 60)], [(1.0, 60, 0)], [(1.5, 0, 1), (-0.5, 0, 1)]])
def test_depths_that_are_no_distribution_are_refused(depths):
    with pytest.raises(DataError, match="probabilities that sum to 1 and ranges from 0 m down"):
        filtered(metals=["Cu"], operation=Operation("massive"), deck=DEFAULT, depths=depths)


def test_what_is_recovered_is_what_pays_and_no_more_than_there_is():
    number, depths = counted([0.1, 0.3, 0.3, 0.3], "made"), [(0.4, 0, 60), (0.6, 61, 1500)]
    keep = filtered(
        metals=["Cu", "Au"], operation=Operation("massive"), deck=DEFAULT, depths=depths
    )
    whole = contained(number, example(), seed=3, trials=2000)
    left = recovered(number, example(), keep, seed=3, trials=2000)
    assert (left.totals <= whole.totals * (1 + 1e-12)).all()
    assert 0 < (left.totals[:, 0] == 0).mean() < 1
    assert left.told()["nothing"] > whole.told()["nothing"]
    again = recovered(number, example(), keep, seed=3, trials=2000)
    assert again.totals.tobytes() == left.totals.tobytes()


def test_depths_are_drawn_as_stated():
    keep = filtered(metals=["Cu"], operation=Operation("massive"), deck=DEFAULT,
                    depths=[(0.25, 0, 60), (0.75, 61, 100)])  # fmt: skip
    ore, grades = np.full(40_000, 2e8), np.full((40_000, 1), 0.0045)
    pays = worth(ore[:101], grades[:101], np.arange(101), metals=["Cu"], deck=DEFAULT,
                 operation=Operation("massive")).pays  # fmt: skip
    wanted = 0.25 * pays[:61].mean() + 0.75 * pays[61:].mean()
    found = keep(ore, grades, np.random.default_rng(1))
    assert 0 < wanted < 1
    assert (found[:, 0] > 0).mean() == pytest.approx(wanted, abs=0.01)
