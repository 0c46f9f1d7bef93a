"""The page in a real browser: no request, no error, and rows that find their target."""

from __future__ import annotations

import shutil

import pytest

from geoprospect.report.page import page
from tests.report.test_page import ORDER, told

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to open the page with"),
]


@pytest.fixture(scope="module")
def opened(case, tmp_path_factory):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(
        page(case.title, [(name, told(case, name)) for name in ORDER]), encoding="utf-8"
    )
    asked, errors = [], []

    def only_local(route):
        if route.request.url.startswith(("file:", "data:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    with api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.route("**/*", only_local)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        tab.goto(path.as_uri())
        tab.wait_for_function("document.documentElement.dataset.map === 'ready'", timeout=60_000)
        yield tab, asked, errors
        browser.close()


def model(name: str) -> str:
    return f"Bokeh.documents[0].get_model_by_name('{name}')"


def test_it_asks_the_network_for_nothing_and_no_script_fails(opened):
    _, asked, errors = opened
    assert asked == []
    assert errors == []


def test_a_name_never_becomes_a_script(opened):
    tab, _, _ = opened
    scripts = tab.evaluate("[...document.scripts].filter((s) => !s.type).map((s) => s.text)")
    assert len(scripts) == 3
    assert not any("alert('unit')" in script for script in scripts)


def test_a_row_selects_its_target_and_zooms_to_it(opened, case):
    tab, _, _ = opened
    tab.locator('tr[data-pick="target"]').nth(2).click()
    assert tab.evaluate(f"{model('targets_source')}.selected.indices") == [2]
    west, south, east, north = case.targets.geometry.iloc[2].bounds
    start, end = tab.evaluate(f"[{model('map')}.x_range.start, {model('map')}.x_range.end]")
    assert start < west < east < end
    assert end - start < 30 * max(east - west, north - south)
    card = tab.locator("#card").inner_text()
    assert case.targets["label"].iloc[2] in card
    assert case.targets["driver_1"].iloc[2] in card


def test_cells_stay_square_after_the_zoom(opened):
    tab, _, _ = opened
    tab.locator('tr[data-pick="target"]').nth(0).click()
    across, down = (
        tab.evaluate(f"({model('map')}.{axis}_range.end - {model('map')}.{axis}_range.start)"
                     f" / {model('map')}.inner_{side}")
        for axis, side in (("x", "width"), ("y", "height"))
    )  # fmt: skip
    assert across == pytest.approx(down, rel=0.02)


def test_the_map_selects_the_row(opened):
    tab, _, _ = opened
    tab.evaluate(f"{model('targets_source')}.selected.indices = [1]")
    picked = tab.locator("tr.picked")
    assert picked.count() == 1
    assert picked.get_attribute("data-position") == "1"


def test_the_switch_changes_the_map(opened):
    tab, _, _ = opened
    tab.locator('[data-map="spread"]').click()
    assert tab.evaluate(f"{model('spread')}.visible") is True
    assert tab.evaluate(f"{model('prospectivity')}.visible") is False
    tab.locator('[data-map="prospectivity"]').click()
    assert tab.evaluate(f"{model('prospectivity')}.visible") is True


def test_the_table_sorts_and_rows_keep_their_target(opened, case):
    tab, _, _ = opened
    rows = tab.locator('tr[data-pick="target"]')
    tab.locator("#targets th button", has_text="Area").click()
    areas = case.targets["area_km2"]
    largest = int(areas.argmax())
    assert rows.nth(0).get_attribute("data-position") == str(largest)
    tab.locator("#targets th button", has_text="Area").click()
    assert rows.nth(0).get_attribute("data-position") == str(int(areas.argmin()))
    rows.nth(0).click()
    assert tab.evaluate(f"{model('targets_source')}.selected.indices") == [int(areas.argmin())]


def test_survey_areas_without_a_score_sort_last_either_way(opened, case):
    tab, _, _ = opened
    rows = tab.locator('tr[data-pick="area"]')
    for _ in range(2):
        tab.locator("#survey_areas th button", has_text="Mean score").click()
        assert rows.nth(len(case.survey_areas) - 1).get_attribute("data-position") == "3"


def test_it_is_readable_on_a_tablet(opened):
    tab, _, _ = opened
    tab.set_viewport_size({"width": 768, "height": 1024})
    tab.wait_for_timeout(300)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 768
