"""The project and the GeoPackage in a real QGIS, without a screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio

from geoprospect.report import style
from geoprospect.report.project import qgis_project
from tests.report.folder import make_folder

READER = Path(__file__).with_name("qgis_reads.py")


def python_with_qgis() -> str | None:
    """The system's own Python, if the bindings of QGIS are installed for it."""
    python = "/usr/bin/python3"
    if not Path(python).is_file():
        return None
    found = subprocess.run(
        [python, "-c", "import importlib.util as u; print(u.find_spec('qgis') is not None)"],
        capture_output=True, text=True, env=alone(), check=False,
    )  # fmt: skip
    return python if found.stdout.strip() == "True" else None


def alone() -> dict[str, str]:
    """An environment in which the system's Python sees nothing of ours."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen"}


PYTHON = python_with_qgis()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="QGIS is not here to open the project with"),
]


@pytest.fixture(scope="module")
def folder(case, tmp_path_factory):
    """A run folder that was moved since its project was written."""
    made = tmp_path_factory.mktemp("run") / "made"
    held = make_folder(case, made)
    (made / "project.qgz").write_bytes(qgis_project(held, title="样例矿区 & co"))
    moved = made.with_name("别处 elsewhere")
    shutil.move(made, moved)
    return moved


@pytest.fixture(scope="module")
def told(folder):
    runtime = folder.with_name("runtime")
    runtime.mkdir(mode=0o700)
    names = ("project.qgz", "targets.gpkg", "map.png", "sheet.png")
    said = subprocess.run(
        [str(PYTHON), "-B", str(READER), *(str(folder / name) for name in names)],
        capture_output=True, text=True, check=False, timeout=300,
        env=alone() | {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(runtime)},
    )  # fmt: skip
    assert said.stdout, said.stderr
    return json.loads(said.stdout)


def test_it_opens_with_every_layer_valid_and_in_place(told, case):
    assert told["read"]
    assert told["title"] == "样例矿区 & co"
    assert told["crs"] == "EPSG:4545"
    assert told["view"] == [500_000, 3_000_000, 512_000, 3_008_400]
    assert len(told["layers"]) == 15
    assert all(layer["valid"] and layer["crs"] == "EPSG:4545" for layer in told["layers"].values())
    assert told["layers"]["targets_targets"]["features"] == len(case.targets)


def test_what_lies_on_top_is_what_people_look_for(told):
    assert [name for name, *_ in told["tree"]] == [
        "Targets", "Known ground", "Maps", "Doubt", "Reasons"
    ]  # fmt: skip
    _, shown, targets = told["tree"][0]
    assert shown
    assert targets == [["Targets", True, None], ["Survey areas", True, None]]
    known = {name: on for name, on, _ in told["tree"][1][2]}
    assert known == {"Known deposits": True, "Samples learnt from": False}
    maps = {name: on for name, on, inside in told["tree"][2][2] if inside is None}
    assert maps == {"Prospectivity": True, "Lean contribution [log-odds]": False}


def test_maps_have_the_colours_of_the_house(told):
    layers = told["layers"]
    ramp = layers["prospectivity_prospectivity_1"]["style"]["ramp"]
    assert [colour for _, colour in ramp] == list(style.FAVOURABILITY)
    assert [value for value, _ in ramp] == pytest.approx(np.linspace(0, 1, 9))
    assert layers["out_of_fold_fold_2"]["style"]["band"] == 2
    classes = layers["out_of_fold_fold_2"]["style"]["classes"]
    assert [(value, label) for value, _, label in classes] == [
        (n, f"fold {n}") for n in range(4)
    ]  # fmt: skip
    assert layers["drivers_driver_1"]["renderer"] == "paletted"
    lean = layers["lean_lean_1"]["style"]["ramp"]
    assert lean[0][0] == pytest.approx(-2)
    assert lean[4] == [0, "#f7f7f7"]


def test_layers_are_styled_and_labelled_in_the_project_and_alone(told):
    for layers in ({name.removeprefix("targets_"): one for name, one in told["layers"].items()},
                   told["alone"]):  # fmt: skip
        assert layers["targets"]["style"] == {"symbol": "SimpleFill", "colour": "#b2182b"}
        assert layers["samples"]["style"] == {"column": "label"}
        labels = {name: layers[name]["labels"] for name in told["alone"]}
        assert labels == {
            "targets": "label", "survey_areas": "label", "deposits": "name", "samples": None
        }  # fmt: skip
    assert all(layer["valid"] for layer in told["alone"].values())


def test_known_cells_have_the_colours_of_their_scores(told, folder):
    """A cell to a pixel: beside the ramp read by eye, interpolated by hand."""
    assert told["drawn"]
    with rasterio.open(folder / "maps" / "prospectivity.tif") as file:
        scores = file.read(1, masked=True)
    with rasterio.open(folder / "map.png") as file:
        red, green, blue = (file.read(band).astype(int) for band in (1, 2, 3))
    assert red.shape == scores.shape
    ramp = np.array([[int(c[n : n + 2], 16) for n in (1, 3, 5)] for c in style.FAVOURABILITY])
    where = np.linspace(0, 1, len(ramp))
    known = ~scores.mask
    for drawn, column in zip((red, green, blue), ramp.T, strict=True):
        wanted = np.interp(scores.filled(0), where, column)
        assert np.abs(drawn - wanted)[known].max() <= 1.5
    assert (np.stack([red, green, blue])[:, ~known] == 255).all()
    assert known.any()
    assert not known.all()


def test_the_sheet_is_printed(told, folder):
    assert told["sheet"] == 0
    with rasterio.open(folder / "sheet.png") as file:
        image = file.read((1, 2, 3)).astype(int)
    height, width = image.shape[1:]
    assert width / height == pytest.approx(297 / 210, rel=0.01)
    frame = image[:, int(height * 22 / 210) : int(height * 200 / 210), : int(width * 210 / 297)]
    coloured = (frame.max(axis=0) - frame.min(axis=0) > 40).mean()
    assert coloured > 0.2
    legend = image[:, int(height * 22 / 210) : int(height * 90 / 210), int(width * 216 / 297) :]
    assert (legend.min(axis=0) < 120).mean() > 0.005
