import subprocess
import sys
import time

import pytest

import geoprospect
from tests.pipeline.conftest import District


def command(*arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "geoprospect", *map(str, arguments)],
        capture_output=True, text=True, check=False, encoding="utf-8", **settings,
    )  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "data").mkdir()
    return District(tmp_path / "data").write()


def test_run_ends_with_0_and_says_where_to_look(plan, tmp_path):
    done = command("run", plan, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    assert "AUC, spatial blocks" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr  # no colours or bars outside a terminal
    again = command("run", plan, "--out", tmp_path / "out", "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_several_pipelines_get_a_folder_each(tmp_path):
    paths = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        district = District(tmp_path / name)
        district.plan["name"] = name
        paths.append(district.write())
    done = command("run", *paths, "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == 0, done.stderr
    for name in ("one", "two"):
        assert (tmp_path / "out" / name / "report.html").is_file()


def test_two_pipelines_of_one_name_are_refused(plan, tmp_path):
    done = command("run", plan, plan, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "two pipelines are called 'tiny'" in done.stderr


def test_a_data_error_ends_with_1_and_one_screen_without_traceback(plan, tmp_path):
    (plan.parent / "magnetics.tif").unlink()
    done = command("run", plan, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "magnetics.tif" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 25


@pytest.mark.parametrize("arguments", [["run"], ["fly"], ["run", "x.yaml", "--speed", "9"]])
def test_wrong_usage_ends_with_2(arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_interrupt_ends_with_130_and_the_run_can_go_on(plan, tmp_path):
    import json
    import signal

    # the job of a shell's background ignores interrupts, and so would its children
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "geoprospect", "run", str(plan), "--out", str(tmp_path / "out")],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    record = tmp_path / "out" / "run.json"
    for _ in range(600):
        if record.exists() and '"features.magnetics"' in record.read_text(encoding="utf-8"):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "goes on where it stopped" in said
    assert "Traceback" not in said
    assert json.loads(record.read_text(encoding="utf-8"))["status"] == "interrupted"


def test_check_writes_nothing_and_shows_every_layer(plan):
    before = sorted(plan.parent.rglob("*"))
    done = command("check", plan)
    assert done.returncode == 0, done.stderr
    for text in (
        "magnetics",
        "EPSG:32648",
        "60 x 60 cells of 100",
        "100%",
        "40 point",
        "target grid",
        "maps/attributions.tif",
        "room needed",
    ):
        assert text in done.stdout
    assert sorted(plan.parent.rglob("*")) == before


def test_check_writes_a_data_report_when_asked(plan, tmp_path):
    done = command("check", plan, "--report", tmp_path / "data.html")
    assert done.returncode == 0, done.stderr
    assert "3 layers, looked at" in done.stdout
    assert "fault_distance" in (tmp_path / "data.html").read_text(encoding="utf-8")


def test_init_writes_a_first_pipeline_once_and_says_what_it_took_for_what(plan, tmp_path):
    plan.unlink()
    out = tmp_path / "first.yaml"
    done = command("init", plan.parent, "--out", out)
    assert done.returncode == 0, done.stderr
    for text in ("deposits.gpkg", "faults.gpkg", "it runs as it is", "geoprospect check"):
        assert text in done.stdout
    assert command("check", out).returncode == 0
    again = command("init", plan.parent, "--out", out)
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_list_names_every_kind_of_function():
    done = command("list")
    assert done.returncode == 0
    for name in ("raster", "distance_to", "uniform", "spatial_blocks", "lightgbm", "top_fraction"):
        assert name in done.stdout
    assert "nearest feature [m]" in done.stdout


def test_show_explains_a_function_from_its_docstring():
    done = command("show", "distance_to")
    assert done.returncode == 0
    assert "max_distance" in done.stdout
    assert "[m]" in done.stdout
    unknown = command("show", "distanse_to")
    assert unknown.returncode == 1
    assert "did you mean 'distance_to'" in unknown.stderr


def test_version():
    done = command("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"geoprospect {geoprospect.__version__}")


def test_help_does_not_wait_for_rich():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "geoprospect", "--help"],
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert "what a run will write" in done.stdout
    assert "typer.main" in done.stderr
    assert "rich.console" not in done.stderr


def test_help_imports_nothing_heavy():
    heavy = ("numpy", "pandas", "lightgbm", "sklearn", "dask", "xarray", "geopandas", "rasterio")
    code = f"import sys, geoprospect.cli; sys.exit(str({{*{heavy}}} & {{*sys.modules}} or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


ARENAS = """
import ctypes, os, threading
from geoprospect import cli
cli._few_arenas()
def held():
    ctypes.CDLL(None).malloc(1000)
    met.wait()
met = threading.Barrier(17)
for _ in range(16):
    threading.Thread(target=held).start()
met.wait()
libc = ctypes.CDLL("libc.so.6")
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc's allocator")
@pytest.mark.parametrize(("wanted", "found"), [(None, 2), ("5", 5)])
def test_threads_share_two_heaps_unless_the_user_says_otherwise(wanted, found, monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    if wanted:
        monkeypatch.setenv("MALLOC_ARENA_MAX", wanted)
    told = subprocess.run([sys.executable, "-c", ARENAS], capture_output=True, check=True)
    assert told.stdout.count(b"<heap nr=") == found
