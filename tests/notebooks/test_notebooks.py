"""Every notebook runs from top to bottom, is stored without outputs, and defines no function."""

import ast
import functools
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_there_are_notebooks():
    assert NOTEBOOKS


@functools.cache
def outputs_of(path):
    """What all cells of a notebook put out, run once from top to bottom."""
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    return [output for cell in book.cells for output in cell.get("outputs", [])]


def told(path):
    """The dictionaries of texts and numbers that cells end with, as one."""
    found = {}
    for output in outputs_of(path):
        text = output.get("data", {}).get("text/plain", "")
        if text.startswith("{"):
            found |= ast.literal_eval(text)
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter's own, on start-up
def test_it_runs_and_draws(notebook):
    outputs = outputs_of(notebook)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 5
    assert not [output for output in outputs if output.output_type == "error"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_third_shows_what_its_words_say():
    path = NOTEBOOKS[2]
    found = told(path)
    assert found["random folds"] == pytest.approx(0.95, abs=0.015)
    assert found["spatial blocks"] == pytest.approx(0.70, abs=0.03)
    assert found["spatial blocks"] < found["who knows the truth"] < found["random folds"]
    assert found["inside, as surveyed"] > 0.99
    assert found["inside, two laboratories"] == pytest.approx(1 - 70 * 69 / (180 * 240), abs=0.01)
    assert found["best in its worst block"] == "logistic regression"
    assert found["folds tell them apart"] == []
    assert found["ground for nine camps in ten"] == pytest.approx(0.5, abs=0.1)
    assert found["random"] > found["L/2"] > found["L"] > 0.6
    drawn = [output for output in outputs_of(path) if "image/png" in output.get("data", {})]
    assert len(drawn) >= 19


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_fourth_shows_what_its_words_say():
    path = NOTEBOOKS[3]
    found = told(path)
    assert found["the sheet of T1 is listed"] is True
    assert found["worked out by hand"] is True
    assert 0 < found["on the front"] < found["targets"]
    assert sum(found[name] for name in ("A类", "B类", "C类")) <= found["targets"]
    assert found["expected deposits"] == pytest.approx(110, rel=0.3)  # a prior of 2 in 1,000
    drawn = [output for output in outputs_of(path) if "image/png" in output.get("data", {})]
    assert len(drawn) >= 7
    scripts = [
        output.get("data", {}).get("application/javascript", "") for output in outputs_of(path)
    ]
    assert any("Bokeh" in script for script in scripts)
    assert not any("cdn.bokeh.org" in script for script in scripts)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_fifth_says_how_much_and_in_which_words():
    path = next(one for one in NOTEBOOKS if one.stem.startswith("05"))
    found = told(path)
    assert found["expected by the maps"][1] == pytest.approx(found["known deposits"], rel=0.1)
    assert found["N90"] < 31 < found["N10"], "what the district's maker hid"
    assert found["shared out"] == pytest.approx(found["whole"])
    assert found["that would pay, Mt Cu"] < found["in the ground, Mt Cu"]
    said = "".join(output.get("text", "") for output in outputs_of(path))
    assert "a predicted amount may not be called '资源量'" in said
    assert "evidence levels differ are listed, never added: inferred, predicted" in said
    pages = [output["data"].get("text/html", "") for output in outputs_of(path) if "data" in output]
    assert any("neither resources nor reserves" in page for page in pages)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sixth_tells_which_holes_and_what_they_save():
    path = next(one for one in NOTEBOOKS if one.stem.startswith("06"))
    found = told(path)
    assert (found["one hole"], found["perfect knowledge"]) == (6.3, 8.0)
    assert found["gain of one hole"] < 0 < found["best batch"]
    assert found["lost by the ranked list"] > found["lost by the quick choice"]
    assert found["doubt after"] < found["doubt before"]
    assert found["right idea"] > 0.9
    assert found["stop and think anew"] is True
    assert found["plan to the first"] < found["random to the first"]
    said = "".join(output.get("text", "") for output in outputs_of(path))
    assert "the truth is none of them" in said
    assert "the other drills" in said, "the past's verdict on the model"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_seventh_holds_its_estimates_against_the_truth():
    path = next(one for one in NOTEBOOKS if one.stem.startswith("07"))
    found = told(path)
    assert found["truth of the skarn"] < found["declustered"] < found["mean of composites"]
    assert found["kriging errs"] < found["inverse distance errs"] < found["nearest errs"]
    assert found["P90"] < found["truth"] < found["P10"]
    assert found["sd of kriged blocks"] < found["sd of true blocks"], "estimates are smooth"
    assert found["own hole left in"] > 0.99 > found["by hole"] > found["by box"] > 0.8
    assert found["grade alone"] == pytest.approx(found["by hole"], abs=0.02), "the layer does it"
    assert found["ore that nobody knows of"] > 0
    assert found["map against the truth"] > 0.95
    said = "".join(output.get("text", "") for output in outputs_of(path))
    assert "the hole has no survey and is left out, with its intervals" in said
    assert "still rises" not in said
    assert "tells little" not in said
    drawn = [output for output in outputs_of(path) if "image/png" in output.get("data", {})]
    assert len(drawn) >= 12


def test_it_is_stored_without_outputs(notebook):
    book = nbformat.read(notebook, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells)


def test_it_defines_no_function(notebook):
    book = nbformat.read(notebook, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
            assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef}


def test_it_reads_no_truth(notebook):
    assert "truth/" not in notebook.read_text(encoding="utf-8")
