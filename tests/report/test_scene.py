"""The scene of holes and blocks: its numbers, and that a browser turns it with no network."""

from __future__ import annotations

import base64
import shutil

import numpy as np
import pytest

from geoprospect.blocks import grid_of
from geoprospect.report import scene as scenes
from geoprospect.report.page import page
from tests.report.conftest import NASTY
from tests.report.drilled import make_blocks, make_composites

CU = {"grade": "Cu", "unit": "%", "cut_off": 0.4}
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


def shades(made):
    return np.frombuffer(base64.b64decode(made["blocks"]), np.uint8)


def test_blocks_are_steps_of_grade_and_unknown_is_none():
    model = make_blocks()
    made = scenes.scene(make_composites(), model, **CU)
    values = model["estimate"].to_numpy().ravel()
    found = shades(made).astype(float)
    assert ((found == 0) == np.isnan(values)).all()
    known = np.isfinite(values) & (values < made["high"])
    back = (found[known] - 0.5) / 254 * made["high"]
    np.testing.assert_allclose(back, values[known], atol=made["high"] / 250)
    assert (found[values >= made["high"]] == 255).all()
    assert len(made["colours"]) == 255


@pytest.mark.parametrize("azimuth", [0.0, 30.0])
def test_blocks_and_holes_lie_where_they_lie(azimuth):
    model, samples = make_blocks(azimuth), make_composites()
    made = scenes.scene(samples, model, **CU)
    grid = grid_of(model)
    middles = np.array(made["corner"]) + np.array([[2.5, 1.5, 0.5]]) @ np.array(made["steps"])
    nth = (0 * grid.counts[1] + 1) * grid.counts[0] + 2
    np.testing.assert_allclose(middles[0] + made["middle"], grid.centres()[nth], atol=0.01)
    ends = np.array(made["samples"], float)[:, :6] / 10
    halfway = (ends[:, :3] + ends[:, 3:]) / 2 + made["middle"]
    np.testing.assert_allclose(halfway, samples[["x", "y", "z"]], atol=0.11)
    length = np.linalg.norm(ends[:, 3:] - ends[:, :3], axis=1)
    np.testing.assert_allclose(length, samples["length"], atol=0.2)
    down = ends[:, 5] < ends[:, 2]
    assert down.all()
    assert made["samples"][7][6] == 0  # not assayed


def test_many_blocks_are_put_together_by_their_mean(monkeypatch):
    model = make_blocks()
    monkeypatch.setattr(scenes, "MOST_BLOCKS", model["estimate"].size // 3)
    made = scenes.scene(make_composites(), model, **CU)
    values = model["estimate"].to_numpy()
    assert made["counts"] == [-(-n // 2) for n in grid_of(model).counts]
    wanted = np.nanmean(values[2:4, 2:4, 2:4])
    nx, ny, _ = made["counts"]
    found = shades(made)[(1 * ny + 1) * nx + 1]
    assert (found - 0.5) / 254 * made["high"] == pytest.approx(wanted, abs=made["high"] / 250)
    assert made["steps"][0] == [40, 0, 0]


def test_names_cannot_break_the_page():
    text = str(scenes.view(make_composites(), make_blocks(), **CU | {"unit": "<script>alert(1)"}))
    assert "<script>alert(1)" not in text
    assert NASTY not in text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to open the page with")
def test_a_browser_draws_and_turns_it(tmp_path):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "scene.html"
    made = scenes.view(make_composites(), make_blocks(20.0), **CU)
    path.write_text(page("made", [("blocks", made)]), encoding="utf-8")
    errors = []
    with api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 900, "height": 800})
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(path.as_uri())
        canvas = tab.locator("#scene-canvas")
        pictures = [canvas.screenshot()]
        for act in (
            lambda: canvas.press("ArrowLeft"),
            lambda: canvas.press("+"),
            lambda: tab.locator("#scene-holes").uncheck(),
            lambda: tab.locator("#scene-cut").fill("1"),
        ):
            act()
            tab.wait_for_timeout(150)
            pictures.append(canvas.screenshot())
        browser.close()
    assert errors == []
    assert len(set(pictures)) == 5
