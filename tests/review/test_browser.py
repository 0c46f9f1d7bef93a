"""The page in a real browser, with nothing but the server within reach."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import geopandas as gpd
import pytest

from tests.review.conftest import LABELS, NASTY, served

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to open the page with"),
]

ROWS = "#targets .rows .tr"
READY = "body[data-ready]"


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@contextmanager
def opened(chromium, address, *, name="Li 李", **settings):
    """A browser of its own, that may ask this server only, and what it asked and complained of."""
    context = chromium.new_context(**{"viewport": {"width": 1400, "height": 900}, **settings})
    tab = context.new_page()
    asked, wrong = [], []
    home = address.partition("?")[0]

    def only_home(route):
        asked.append(route.request.url)
        route.continue_() if route.request.url.startswith((home, "data:")) else route.abort()

    context.route("**/*", only_home)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    if name:
        tab.add_init_script(
            "localStorage.getItem('geoprospect.who') ?? "
            f"localStorage.setItem('geoprospect.who', '\"{name}\"')"
        )
    tab.goto(address)
    tab.wait_for_selector(READY, timeout=60_000)
    try:
        yield SimpleNamespace(tab=tab, asked=asked, wrong=wrong, home=home, context=context)
    finally:
        context.close()


@pytest.fixture(scope="module")
def shared(rich_run, tmp_path_factory):
    """The address of one server, for tests that decide nothing of what others look at."""
    run = shutil.copytree(rich_run, tmp_path_factory.mktemp("shared") / "run")
    with served(run) as (address, _):
        yield address


@pytest.fixture
def page(chromium, shared):
    with opened(chromium, shared) as one:
        yield one
        assert one.wrong == []
        assert [url for url in one.asked if not url.startswith((one.home, "data:"))] == []


def until(tab, script):
    """Wait until a script is true; playwright's own way is eval, which the page forbids."""
    for _ in range(200):
        if tab.evaluate(script):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"never: {script}")


def labels(tab):
    return tab.locator(f"{ROWS} .td.label").all_inner_texts()


def open_target(tab, label):
    tab.locator(f"{ROWS} .td.label", has_text=re.compile(f"^{re.escape(label)}$")).dblclick()
    tab.wait_for_selector("#target")
    tab.wait_for_selector(".waterfall")


def decide(tab, kind):
    tab.locator(f"#target button[data-kind={kind}]").click()


def history(tab):
    return tab.locator(".history .told").all_inner_texts()


def test_it_loads_with_nothing_else_within_reach(page):
    tab = page.tab
    assert labels(tab) == LABELS
    until(tab, "document.querySelectorAll('.leaflet-tile-loaded').length > 3")
    assert any("/tiles/this/prospectivity.1/" in url for url in page.asked)
    assert "token" not in tab.url
    assert tab.evaluate("document.cookie") == ""
    outside = tab.evaluate("fetch('http://192.0.2.1/').then(() => 'reached', () => 'refused')")
    assert outside == "refused"
    page.wrong[:] = [one for one in page.wrong if "192.0.2.1" not in one]
    page.asked[:] = [one for one in page.asked if "192.0.2.1" not in one]


def test_a_name_never_becomes_markup(page):
    tab = page.tab
    open_target(tab, NASTY)
    assert tab.locator("#target h1").inner_text() == NASTY
    for name in ("drivers.1", "cube.rock"):
        tab.select_option("#layer", name)
    tab.wait_for_timeout(300)
    assert "owned" not in tab.title().replace(NASTY, "")
    assert tab.evaluate("[...document.scripts].every((one) => one.src && !one.textContent)")
    assert tab.evaluate("document.querySelectorAll('main script').length") == 0


def test_the_table_sorts_and_filters(page):
    tab = page.tab
    tab.locator("#targets [data-column=area_km2]").click()
    assert labels(tab) == LABELS[::-1]
    tab.locator("#targets [data-column=area_km2]").click()
    assert labels(tab) == LABELS
    tab.locator("#targets [data-column=nearest_deposit_m]").click()
    assert labels(tab)[-1] == "靶区 3"  # unknown comes last either way
    tab.locator("#targets [data-column=nearest_deposit_m]").click()
    assert labels(tab)[-1] == "靶区 3"
    tab.locator("#targets [data-column=rank]").click()
    tab.fill("#find", "area_km2>=0.4 spread<0.3")
    assert labels(tab) == ["T5", "T6"]
    tab.fill("#find", "靶区")
    assert labels(tab) == ["靶区 3"]
    tab.fill("#find", "")
    tab.select_option("#class-filter", "A")
    assert labels(tab) == LABELS[:2]
    tab.select_option("#class-filter", "")
    assert tab.locator(".count").inner_text() == "6 targets"


def test_map_and_table_select_each_other(page):
    tab = page.tab
    tab.locator(ROWS).nth(4).click()
    assert tab.locator(".tr.here .td.label").inner_text() == "T5"
    tab.locator(".badge", has_text="3").click()
    assert tab.locator(".tr.here .td.label").inner_text() == "靶区 3"
    assert tab.locator(".tr.here").get_attribute("aria-selected") == "true"
    tab.locator(".badge", has_text="3").click()
    tab.wait_for_selector("#target")
    assert tab.locator("#target h1").inner_text() == "靶区 3"


def test_the_value_under_the_cursor_is_told(page):
    tab = page.tab
    box = tab.locator(".badge", has_text="1").bounding_box()
    tab.mouse.move(box["x"] + 11, box["y"] + 34)
    tab.wait_for_selector("#value b")
    assert 0.8 < float(tab.locator("#value b").inner_text()) <= 1
    tab.select_option("#layer", "cube.rock")
    tab.mouse.move(box["x"] + 12, box["y"] + 36)
    until(tab, "document.querySelector('#value b')?.textContent === '花岗岩'")


def test_a_target_is_explained(page):
    tab = page.tab
    open_target(tab, "T1")
    assert tab.locator(".summary").inner_text() == "A likely target."
    assert tab.locator(".sides .against li").inner_text() == NASTY
    amounts = tab.locator(".waterfall .amount").all_text_contents()
    assert amounts == ["−1.00", "+1.90", "−0.40", "+0.50"]
    assert tab.locator(".evidence tbody tr").count() == 2
    needle = float(tab.locator(".ridge line.needle").first.get_attribute("x1"))
    assert needle == pytest.approx(2 + (530 - 29.5) / (560.5 - 29.5) * 128, abs=0.5)
    assert NASTY in tab.locator(".analogues").inner_text()
    tab.keyboard.press("Escape")
    assert tab.locator(".tr.here .td.label").inner_text() == "T1"


def test_moving_a_weight_ranks_anew_at_once(page):
    tab = page.tab
    tab.locator("#tab-weights").click()
    first = tab.locator(".best button")
    assert first.all_inner_texts() == LABELS
    for name, value in (("prospectivity", 0), ("size", 6)):
        tab.locator(f"#weight-{name}").evaluate(
            "(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value
        )
    assert first.all_inner_texts() == LABELS[::-1]
    tab.locator("#tab-targets").click()
    assert labels(tab) == LABELS[::-1]
    assert "▲5" in tab.locator(ROWS).nth(0).inner_text()
    tab.reload()
    tab.wait_for_selector(READY)
    assert labels(tab) == LABELS[::-1]
    tab.locator("#tab-weights").click()
    tab.locator("#reset").click()
    assert first.all_inner_texts() == LABELS


def test_decisions_of_two_browsers_both_stand_and_survive_a_restart(chromium, run):
    with (
        served(run) as (address, process),
        opened(chromium, address, name="Li") as one,
        opened(chromium, address, name="Wang") as other,
    ):
        for page in (one, other):
            open_target(page.tab, "T1")
        # the second has not heard of the first: its page is held back from asking
        other.context.route("**/api/decisions?*", lambda route: route.abort())
        decide(one.tab, "accept")
        one.tab.wait_for_selector(".decision.accepted[aria-pressed=true]")
        decide(other.tab, "reject")
        other.tab.wait_for_selector("dialog[open]")
        assert "Li accepted" in other.tab.locator("dialog").inner_text()
        other.tab.locator("dialog button.main").click()
        other.tab.wait_for_selector(".decision.rejected[aria-pressed=true]")
        one.tab.wait_for_selector(".history >> text=Wang rejected", timeout=10_000)
        for page in (one, other):
            assert [
                "Wang rejected" in history(page.tab)[0],
                "Li accepted" in history(page.tab)[1],
            ] == [True, True]
        one.tab.fill("#comment", "两人意见不一")
        one.tab.locator("#send").click()
        one.tab.wait_for_selector(".history >> text=两人意见不一")
        one.tab.reload()
        one.tab.wait_for_selector(READY)
        open_target(one.tab, "T1")
        assert len(history(one.tab)) == 3
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    with served(run) as (address, _), opened(chromium, address) as after:
        open_target(after.tab, "T1")
        assert len(history(after.tab)) == 3
        assert after.tab.locator(".counts").inner_text().count("rejected") == 1
        after.tab.locator(".history button.undo").first.click()
        after.tab.wait_for_selector(".history li.gone")
        assert len(history(after.tab)) == 4


def test_the_keyboard_alone_reviews_and_lists_its_keys(page):
    tab = page.tab
    tab.keyboard.press("?")
    assert tab.locator("dl.keys div").count() >= 14
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("a")
    tab.wait_for_selector(f"{ROWS}.here .state.accepted")
    assert tab.locator(".tr.here .td.label").inner_text() == NASTY
    tab.keyboard.press("u")
    tab.wait_for_selector(f"{ROWS}.here .state.open")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#target")
    tab.keyboard.press("c")
    tab.keyboard.type("are j and k letters here?")
    assert tab.locator("#comment").input_value() == "are j and k letters here?"
    tab.keyboard.press("Escape")
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.id") == "targets"
    tab.keyboard.press("End")
    assert tab.locator(".tr.here .td.label").inner_text() == "T6"
    tab.locator("#tab-targets").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.id") == "tab-weights"


def test_a_name_is_asked_for_before_the_first_decision(chromium, run):
    with served(run) as (address, _), opened(chromium, address, name=None) as one:
        open_target(one.tab, "T1")
        decide(one.tab, "hold")
        one.tab.fill("#who", "Zhang 张")
        one.tab.locator("dialog button.main").click()
        one.tab.wait_for_selector(".decision.held[aria-pressed=true]")
        assert "Zhang 张 put on hold" in history(one.tab)[0]


def test_accepted_targets_are_downloaded_and_read_back(page, tmp_path):
    tab = page.tab
    open_target(tab, "T5")
    decide(tab, "accept")
    tab.wait_for_selector(".decision.accepted[aria-pressed=true]")
    tab.locator("#tab-export").click()
    for kind, layer in (("gpkg", "targets"), ("kml", None), ("csv", None), ("gpx", "waypoints")):
        with tab.expect_download() as download:
            tab.locator(f"[data-export={kind}]:enabled").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        read = gpd.read_file(path, layer=layer)
        assert len(read) == 1
        assert "T5" in read.iloc[0].astype(str).tolist()


def test_it_speaks_chinese_and_changes_its_clothes(chromium, run):
    with (
        served(run, language="zh") as (address, _),
        opened(chromium, address, color_scheme="dark") as one,
    ):
        tab = one.tab
        assert tab.locator("#tab-targets").inner_text() == "靶区"
        assert tab.evaluate("document.documentElement.lang") == "zh-Hans"
        dark = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        tab.locator("#theme").click()
        light = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark, light) == ("rgb(23, 28, 33)", "rgb(255, 255, 255)")
        tab.select_option("#language", "en")
        until(tab, "document.querySelector('#tab-targets').textContent === 'Targets'")
        assert one.wrong == []


def test_it_is_readable_on_a_tablet(page):
    tab = page.tab
    for size in ({"width": 820, "height": 1180}, {"width": 1180, "height": 820}):
        tab.set_viewport_size(size)
        tab.wait_for_timeout(200)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert tab.locator("#map").bounding_box()["height"] > 300
        assert tab.locator("#targets").bounding_box()["height"] > 250


def test_printing_shows_every_row_that_is_listed(page):
    tab = page.tab
    open_target(tab, "T1")
    tab.emulate_media(media="print")
    assert tab.locator(".comment").is_hidden()
    assert tab.locator(".waterfall").is_visible()
    assert tab.pdf()[:5] == b"%PDF-"


def test_two_runs_are_compared(chromium, run, plain_run):
    with served(run, plain_run) as (address, _), opened(chromium, address) as one:
        tab = one.tab
        tab.locator("#tab-compare").click()
        tab.wait_for_selector(".compared tbody tr")
        assert tab.locator(".compared tbody tr").count() == 6
        until(tab, "document.querySelectorAll('.leaflet-other-pane .leaflet-tile-loaded').length")
        middle = tab.evaluate("document.querySelector('.leaflet-other-pane').style.clipPath")
        tab.locator("#swipe").fill("80")
        assert (
            tab.evaluate("document.querySelector('.leaflet-other-pane').style.clipPath") != middle
        )
        tab.locator("#tab-targets").click()
        assert tab.locator("#swipe").count() == 0
        assert one.wrong == []


def test_a_run_of_today_without_ranking_or_explanations_works_too(chromium, plain_run, tmp_path):
    run = shutil.copytree(plain_run, tmp_path / "run")
    with served(run) as (address, _), opened(chromium, address) as one:
        open_target(one.tab, "T1")
        assert one.tab.locator(".waterfall .amount").all_text_contents()[-1] == "−0.58"
        one.tab.locator("#tab-weights").click()
        assert "ranking:" in one.tab.locator("#view").inner_text()
        one.tab.locator("#tab-compare").click()
        assert "geoprospect review RUN OTHER" in one.tab.locator("#view").inner_text()
        assert one.wrong == []
