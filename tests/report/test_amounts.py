"""What the report says of amounts and draws: the numbers it was given, in guarded words."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from geoprospect import quantities
from geoprospect.errors import ContractError
from geoprospect.language import spoken
from geoprospect.pipeline.ledger import heard
from geoprospect.report import amounts, canvas, figures
from geoprospect.report.page import page
from geoprospect.report.sections.amounts import how_much
from geoprospect.report.sections.trust import caveats
from geoprospect.resources.contained import contained
from geoprospect.resources.elicited import mark3
from geoprospect.resources.published import published
from geoprospect.resources.summary import summary
from geoprospect.resources.tonnage import Tonnage
from tests.report.amounted import NASTY, make_resources
from tests.report.test_trust import text_of

FIGURES = {
    "numbers": lambda r: figures.deposit_numbers([*r["numbers"], r["pooled"]]),
    "metal": lambda r: figures.contained_metal(r["contained"], r["recovered"]),
    "alone": lambda r: figures.contained_metal(r["contained"]),
    "belief": lambda r: figures.completeness_curve(r["numbers"][2]),
}


@pytest.fixture
def resources():
    return copy.deepcopy(make_resources())


@pytest.fixture(scope="module")
def section():
    return how_much(make_resources())


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_and_is_the_same_twice(resources, name):
    one, other = (canvas.svg(FIGURES[name](resources), name) for _ in range(2))
    assert one == other
    assert canvas.png(FIGURES[name](resources))[:4] == b"\x89PNG"


def test_bars_run_from_n90_to_n10_and_the_pool_stands_out(resources):
    several = [*resources["numbers"], resources["pooled"]]
    (axes,) = figures.deposit_numbers(several).axes
    bars = [path.vertices[:, 0].tolist() for path in axes.collections[0].get_paths()]
    assert bars == [[one["n90"], one["n10"]] for one in several]
    middle, mean = (axes.collections[k].get_offsets()[:, 0].tolist() for k in (1, 2))
    assert middle == [one["n50"] for one in several]
    assert mean == pytest.approx([one["mean"] for one in several])
    colours = axes.collections[1].get_edgecolors()
    assert (colours[-1] != colours[0]).any()
    assert [one.get_text() for one in axes.get_yticklabels()] == [
        "one panel (Mark3)", "deposit density", "from the map", "pooled",
    ]  # fmt: skip


def test_curves_of_metal_fall_and_what_pays_lies_below(resources):
    table = figures.contained_metal_data(resources["contained"], resources["recovered"])
    kept = table[table["what"] == "Cu"].pivot_table(index="chance", columns="kept", values="amount")
    assert len(kept) == 99
    assert kept.index.min() == pytest.approx(0.01)
    assert (np.diff(kept["in the ground"]) <= 0).all()
    assert (kept["recovered at a profit"] <= kept["in the ground"]).all()
    half = kept["in the ground"].loc[np.isclose(kept.index, 0.5)].item()
    assert half == resources["contained"]["amounts"]["Cu"]["quantiles"]["0.5"]
    panels = figures.contained_metal(resources["contained"], resources["recovered"]).axes
    assert [axes.get_title("left") for axes in panels] == ["ore", "Cu"]


def test_the_belief_is_marked_where_it_was_stated(resources):
    (axes,) = figures.completeness_curve(resources["numbers"][2]).axes
    told = [line for line in axes.lines if line.get_marker() == "o"]
    assert told[1].get_xdata() == [50]
    assert told[1].get_ydata() == [resources["numbers"][2]["mean"]]
    curve = dict(zip(told[0].get_xdata(), told[0].get_ydata(), strict=True))
    assert curve[50] == pytest.approx(resources["numbers"][2]["mean"], rel=1e-6)


# --- the section ----------------------------------------------------------------------------


def test_the_guard_is_said_in_one_sentence_and_no_other_refused_word(section):
    text = text_of(section)
    assert text.count(quantities.GUARD) == 1
    rest = text.replace(quantities.GUARD, "").replace("Forest Reserve", "")
    assert not quantities.REFUSED.search(rest)


@pytest.mark.parametrize("word", ["resource", "Reserves", "资源量", "储量"])
def test_a_predicted_amount_under_a_refused_word_is_not_written(resources, word):
    resources["others"][0]["commodity"] = f"Cu {word}"
    with pytest.raises(ContractError, match="a predicted amount may not be called"):
        how_much(resources)
    resources = copy.deepcopy(make_resources())
    resources["numbers"][0]["caveats"] = [f"the {word} may be less"]
    with pytest.raises(ContractError, match="may not be called"):
        how_much(resources)


def test_the_numbers_are_those_of_the_data(section, resources):
    text = text_of(section)
    pooled = resources["pooled"]
    assert f"{pooled['n90']} or more, of 50 % {pooled['n50']} or more" in text
    for one in [*resources["numbers"], pooled]:
        assert f" {one['n90']} {one['n50']} {one['n10']} " in text
    cu = resources["contained"]["amounts"]["Cu"]
    assert f"Cu: {amounts.tons(cu['mean'])} expected" in text
    assert f"of 10 % {amounts.tons(cu['quantiles']['0.9'])} or more" in text
    assert "2008 US$ default" in text
    assert "falls off a cliff there" in text
    assert "large (大型) with a chance of" in text
    assert "volume method (地质体积法)" in text
    assert "Singer, D.A., Berger, V.I., Moring, B.C. (2008)" in text


def test_names_are_escaped_and_the_page_is_whole(section):
    report = page("made", [("how_much", section)])
    assert "<h2>How much there may be</h2>" in report
    assert NASTY in text_of(report)
    assert "<script>alert" not in report


def test_areas_have_their_share(section):
    text = text_of(section)
    assert "Where: targets" in text
    assert "Forest Reserve 25.0 % 1.00 60 %" in text


def test_a_failing_check_is_a_warning(resources, section):
    assert "lie within two standard errors of the formula" in text_of(section)
    row = resources["contained"]["checks"][1]
    row |= {"holds": False, "errors": -2.6}
    text = text_of(how_much(resources))
    assert "Simulation and formula differ by more than two standard errors: mean of Cu:" in text
    assert "2.6 standard errors apart" in text
    assert "lie within two standard errors" not in text


class Tampered(Tonnage):
    """Draws a half more ore than its moments tell of."""

    def drawn(self, chance, which):
        return 1.5 * super().drawn(chance, which)


@pytest.mark.parametrize(("language", "told"), [("en", "differ by more than"), ("zh", "相差超过")])
def test_a_tampered_model_is_a_warning_in_the_page_and_in_the_log(caplog, language, told):
    sound = published(name="porphyry_copper", truncated=True)
    ore = sound.tonnage
    tampered = dataclasses.replace(
        sound, tonnage=Tampered(ore.centres, ore.width, ore.low, ore.high)
    )
    number = mark3(thresholds=[1, 3, 8])
    pages = {}
    for name, model in (("sound", sound), ("tampered", tampered)):
        with heard("resources") as notices, spoken(language):
            held = contained(number, model, seed=2, trials=4000)
            section = how_much(summary([number], model=model, contained=held, seed=1))
            below = caveats(notices.kept, {"protocols": {"random": {}}})
        pages[name] = text_of(page("made", [("how_much", section), ("caveats", below)]))
    assert pages["tampered"].count(told) == 2, "in the section and among what to distrust"
    assert pages["sound"].count(told) == 0
    assert "simulation and formula differ by more than two standard errors" in caplog.text
    assert "mean of ore +" in caplog.text


def test_in_chinese_the_guard_is_chinese_and_no_other_word_is_refused(resources):
    with spoken("zh"):
        text = text_of(how_much(resources))
        assert text.count(quantities.GUARDS["zh"]) == 1
        assert quantities.GUARD not in text
    rest = text.replace(quantities.GUARDS["zh"], "").replace("Forest Reserve", "")
    assert not quantities.REFUSED.search(rest)
    assert "储量" in quantities.GUARDS["zh"]
    assert "资源量" in quantities.GUARDS["zh"]
    for word in ("资源量", "储量", "資源量", "reserve"):
        resources["others"][0]["commodity"] = f"铜{word}"
        with spoken("zh"), pytest.raises(ContractError, match="may not be called"):
            how_much(resources)


def test_only_the_areas_that_may_expect_most_are_shown(resources):
    rows = [{"label": f"T{n}", "share": 0.01, "expected": n / 10, "chance": 0.1, "metal": {}}
            for n in range(1, 26)]  # fmt: skip
    last = rows[0] | {"label": "elsewhere"}
    text = text_of(how_much(resources | {"areas": {"targets": [*rows, last]}}))
    assert " T5 " not in text
    assert text.index(" T6 ") < text.index(" T25 ") < text.rindex(" elsewhere ")
    assert "5 areas that may expect less are left out here." in text


def test_numbers_alone_are_a_section_and_nothing_is_none(resources):
    bare = resources | dict.fromkeys(("model", "contained", "recovered", "screen")) | {
        "numbers": resources["numbers"][:1], "others": [], "areas": {},
    }  # fmt: skip
    text = text_of(how_much(bare))
    assert "Only one estimate was made" in text
    assert "Ore and metal" not in text
    assert how_much(None) == how_much({}) == ""


# --- words ----------------------------------------------------------------------------------


def test_estimates_that_do_not_overlap_are_named(resources):
    low, high = resources["numbers"][0], copy.deepcopy(resources["numbers"][1])
    assert "do not overlap" not in amounts.numbers(resources)
    high |= {"n90": 20, "n50": 30, "n10": 50, "mean": 33.0}
    told = amounts.numbers(resources | {"numbers": [low, high]})
    assert "between 3.83 (one panel (Mark3)) and 33 (deposit density)." in told
    assert f"do not overlap (1 to {low['n10']} against 20 to 50): find out why" in told


def test_the_doubt_of_the_map_is_parted(resources):
    mapped = resources["numbers"][2]
    mapped["provenance"] |= {"within": 3.0, "between": 1.0, "maps": 7, "label_frequency": 0.25}
    told = amounts.variance(mapped)
    assert "25 % is owed to the disagreement of its 7 maps and 75 % to chance" in told
    assert "25 % of all deposits of the type are known" in told


def test_an_optional_estimate_is_marked(resources):
    resources["numbers"][0] |= {"optional": True}
    assert "one panel (Mark3) (optional, not pooled by itself)" in text_of(how_much(resources))


@pytest.mark.parametrize(
    ("amount", "told"),
    [(3.456e9, "3.46 Gt"), (5.7e6, "5.7 Mt"), (1234, "1.23 kt"), (82.3, "82.3 t"), (0, "0 t")],
)
def test_tons_have_three_figures(amount, told):
    assert amounts.tons(amount) == told


@pytest.mark.parametrize(
    ("truncated", "told"), [(True, "are kept within those known"), (False, "go beyond any known")]
)
def test_what_the_tails_add_is_said(resources, truncated, told):
    text = amounts.tails(resources["model"] | {"truncated": truncated})
    assert told in text
    assert "734 Mt with the tails and 687 Mt without; that of the known is 750 Mt" in text
