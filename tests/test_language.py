"""What people are told is told in the language asked for, whole, and only there."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog

from geoprospect import language
from geoprospect.errors import UnknownNameError
from geoprospect.language import counted, kept, named, say, spoken
from geoprospect.pipeline.ledger import heard
from geoprospect.report import canvas
from geoprospect.report import figures as draw
from geoprospect.report.page import page
from geoprospect.report.sections.amounts import how_much
from tests.report.amounted import make_resources
from tests.report.conftest import make_case
from tests.report.test_page import ORDER, Balance, told
from tools import messages

OTHERS = [name for name in language.LANGUAGES if name != language.SOURCE]
RESERVED = re.compile("资源量|储量")
"""Words of reporting codes, which no prediction may be called by."""


@pytest.fixture(scope="module")
def template():
    return messages.extracted()


@pytest.fixture(scope="module")
def case() -> SimpleNamespace:
    return make_case((84, 120))


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_is_translated_with_the_same_places(name, template):
    catalog = messages.merged(messages.catalogues()[name], name, template)
    assert messages.missing(catalog) == []
    assert len(catalog) > 500


def test_what_is_missing_guessed_or_filled_in_otherwise_is_told():
    catalog = Catalog(locale="zh")
    catalog.add("{a} of %(b)s", "共 %(b)s 中 {a}")
    catalog.add("{a:.2f} km", "{b} km")
    catalog.add("nothing yet", "")
    catalog.add("guessed", "猜", flags=["fuzzy"])
    catalog.add(("{count} target", "{count} targets"), ("{count} 个靶区",))
    assert messages.missing(catalog) == [
        "other places: '{a:.2f} km': '{b} km'", "missing: 'nothing yet'", "missing: 'guessed'",
    ]  # fmt: skip


def test_messages_of_code_templates_and_headings_are_found(template):
    assert "Best-scoring share of the area [%]" in template
    assert "Tap a target for its details. Rows of the tables below zoom here." in template
    assert "How it works, in plain words" in template
    assert ("%(count)s more file", "%(count)s more files") in [one.id for one in template]


def test_predictions_are_never_called_by_the_words_of_reporting_codes():
    text = messages.catalogues()["zh"].read_text(encoding="utf-8")
    assert RESERVED.findall(text) == []


def test_a_language_is_spoken_within_its_block_only():
    with spoken("zh"):
        assert say("known deposit") == "已知矿床"
        with spoken("en"):
            assert say("known deposit") == "known deposit"
        assert say("unknown {share:.0f} %: {amount}", share=12.4, amount="−0.1") == (
            "无数据 12 %：−0.1"
        )
        assert counted("{count} target lacks more than a quarter of its data.",
                       "{count} targets lack more than a quarter of their data.", 3) == (
            "3 个靶区缺少四分之一以上的数据。"
        )  # fmt: skip
    assert say("known deposit") == "known deposit"
    assert counted("{count} thing", "{count} things", 1) == "1 thing"


def test_threads_beside_it_do_not_hear_of_it():
    heard = []
    with spoken("zh"):
        other = threading.Thread(target=lambda: heard.append(say("known deposit")))
        other.start()
        other.join()
    assert heard == ["known deposit"]


def test_an_error_in_the_block_ends_it_all_the_same():
    with pytest.raises(RuntimeError), spoken("zh"):
        raise RuntimeError
    assert language.now() == "en"


def test_a_language_without_a_catalogue_is_refused():
    with (
        pytest.raises(UnknownNameError, match="no catalogue for 'fr'; known: en, zh"),
        spoken("fr"),
    ):
        pass


def test_a_message_that_no_catalogue_knows_is_said_as_it_stands():
    with spoken("zh"):
        assert say("nobody has translated {this}", this=1) == "nobody has translated 1"


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("distance to faults", "到断裂的距离"),
        ("density of 断层 within 2000 m", "2000 m 内断层密度"),
        ("horizontal gradient of total magnetic intensity", "总磁场强度水平梯度"),
        ("distance to marble, limestone", "到大理岩、灰岩的距离"),
        ("a name of the study's own", "a name of the study's own"),
        ("岩性", "岩性"),
    ],
)
def test_names_of_layers_are_put_together_of_what_is_known(layer, said):
    assert named(layer) == layer
    with spoken("zh"):
        assert named(layer) == said


# --- a whole report ----------------------------------------------------------------------


def written(case: SimpleNamespace) -> str:
    return page(case.title, [(name, told(case, name)) for name in ORDER])


@pytest.fixture(scope="module")
def chinese():
    with spoken("zh"):
        return written(make_case((84, 120)))


def english_of(template) -> list[str]:
    """Pieces of the messages between places and tags that no data would contain."""
    found = []
    for message in template:
        for one in message.id if isinstance(message.id, tuple) else (message.id,):
            pieces = re.split(r"\{[^}]*\}|%\(\w+\)s|<[^>]*>|\n", one.replace("%%", "%"))
            found += [piece.strip(" .,:;()") for piece in pieces if len(piece.split()) >= 4]
    return found


def test_a_chinese_report_has_no_english_sentence(chinese, template):
    seen = re.sub(r"\s+", " ", "".join(Balance(chinese).seen))
    english = english_of(template)
    assert len(english) > 200
    assert [piece for piece in english if piece in seen] == []
    assert '<html lang="zh-Hans">' in chinese
    assert all(word in seen for word in ("找矿靶区", "成矿有利度", "受试者工作特征曲线下面积"))


def test_what_may_be_there_is_told_in_chinese_alone(template):
    with spoken("zh"):
        section = page("x", [("how_much", how_much(make_resources()))])
    seen = re.sub(r"\s+", " ", "".join(Balance(section).seen))
    assert [piece for piece in english_of(template) if piece in seen] == []
    assert "斑岩型铜矿" in seen


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (("%d of %d %s lie outside the study area and are not used", 2, 58, "deposits"),
         "2 个（共 58 个矿床）位于研究区之外，不使用"),
        (("input %r is read but nothing takes it", "断层"), "输入 '断层' 已读取，但没有用到"),
        (("nobody has translated %d", 1), None),
    ],
)  # fmt: skip
def test_what_the_log_says_is_kept_in_languages_that_know_it(record, told):
    with heard("step") as notices:
        logging.getLogger("geoprospect.made").warning(*record)
    (kept,) = notices.kept
    assert kept["text"] == record[0] % record[1:]
    assert kept.get("said") == (told and {"zh": told})


def test_a_form_with_other_places_is_told():
    catalog = Catalog(locale="zh")
    catalog.add("%d of %s", "%s 中的 %d", auto_comments=[messages.NOTICE])
    catalog.add("%d left", "", auto_comments=[messages.NOTICE])
    catalog.add("%.0f %% of %r", "%.0f %%（%r）", auto_comments=[messages.NOTICE])
    assert messages.missing(catalog) == ["other places: '%d of %s': '%s 中的 %d'"]
    assert messages.english(catalog) == ["%d left"]


def test_every_remark_of_the_log_in_the_catalogue_can_be_filled():
    catalog = messages.merged(messages.catalogues()["zh"], "zh", messages.extracted())
    remarks = [one for one in catalog if messages.NOTICE in one.auto_comments and one.string]
    assert len(remarks) > 150
    for one in remarks:
        kinds = {"d": 3, "s": "x", "r": "x", "f": 1.5, "g": 1.5}
        values = tuple(kinds[place[-1]] for place in messages.nameless(one.id))
        for filled in (one.id % values, one.string % values):
            assert not re.search(r"%[.\d]*[dsrfg]", filled)


def test_verdicts_are_kept_in_every_language():
    told = kept(lambda: say("under {name}", name="x"))
    assert told == {"words": "under x", "said": {"en": "under x", "zh": "在 x 下"}}
    assert language.now() == "en"


def test_english_is_the_same_before_and_after_another_language(case):
    before = written(case)
    with spoken("zh"):
        written(case)
    assert written(case) == before
    assert '<html lang="en">' in before


@pytest.mark.skipif(len(canvas.families()) < 2, reason="no font with Chinese characters here")
def test_figures_have_letters_for_every_character(case):
    with spoken("zh"):
        drawn = [
            draw.capture_curve(case.validation["protocols"]["spatial_blocks"]),
            draw.shap_summary(case.attributions, case.cube),
        ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in drawn:
            figure.canvas.draw()


@pytest.mark.parametrize("element", ["W", "N", "S", "Au", "U"])
def test_symbols_of_elements_stay_as_they_are(element):
    with language.spoken("zh"):
        assert language.named(element) == element
