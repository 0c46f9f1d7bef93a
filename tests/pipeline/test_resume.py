"""A run that is killed, and run again, ends with the bytes of an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from geoprospect import pipeline


def contents(folder):
    """Bytes of every final output; run.json, which holds times, apart."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("run.json", ".lock")
    }


def start(plan, out):
    command = [sys.executable, "-m", "geoprospect", "run", str(plan), "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind on Windows")
def test_ten_kills_leave_the_same_bytes_and_no_block_is_computed_twice(district, tmp_path):
    """Four kills at any moment, then six among the blocks of the maps."""
    district.plan["grid"]["resolution"] = 20
    plan, out = district.write(), tmp_path / "killed"
    began = time.monotonic()
    assert start(plan, tmp_path / "whole").wait() == 0
    whole = time.monotonic() - began
    moments = random.Random(11)
    notes = out / "maps" / ".prospectivity.tif.blocks" / "done"
    for _ in range(4):
        assert killed(plan, out, notes, share=1, after=moments.uniform(0.1, 0.6) * whole)
    noted = [0]
    for share in (1, 4, 7, 10, 13, 16):
        assert killed(plan, out, notes, share, after=600)
        noted.append(cells_of(path.name for path in notes.glob("*") if path.stat().st_size))
    assert noted == sorted(noted)
    assert start(plan, out).wait() == 0
    made, last = (
        json.loads((folder / "run.json").read_text(encoding="utf-8"))["steps"]["maps"]["cells"]
        for folder in (tmp_path / "whole", out)
    )
    assert last == made - noted[-1]
    undisturbed, resumed = contents(tmp_path / "whole"), contents(out)
    assert sorted(undisturbed) == sorted(resumed)
    assert [name for name in undisturbed if undisturbed[name] != resumed[name]] == []


def killed(plan, out, notes, share, after):
    """Kill a run when so many blocks are noted, at the latest after some seconds."""
    began, process = time.monotonic(), start(plan, out)
    while process.poll() is None and time.monotonic() - began < after:
        if len(list(notes.glob("*"))) >= share:
            break
        time.sleep(0.002)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return alive


def cells_of(places):
    """Cells of some blocks of 300 x 300 cells cut into blocks of 64."""
    sizes = [64, 64, 64, 64, 44]
    return sum(np.prod([sizes[int(n)] for n in place.split(".")]) for place in places)


def test_stopping_before_every_step_changes_nothing(district, tmp_path):
    """The same within one process, before each step in turn: quicker, and it misses none."""
    plan, out = pipeline.load(district.write()), tmp_path / "stopped"
    stages = ("features", "validation", "model", "maps", "trust", "targets", "report")
    stopped = []

    class Stops(pipeline.Listener):
        def begun(self, name):
            if name.startswith(stages) and name not in stopped:
                stopped.append(name)
                raise KeyboardInterrupt

    whole = pipeline.run(plan, tmp_path / "whole").folder
    ended = None
    while ended is None:
        try:
            ended = pipeline.run(plan, out, listener=Stops())
        except KeyboardInterrupt:
            record = json.loads((out / "run.json").read_text(encoding="utf-8"))
            assert record["status"] == "interrupted"
            assert stopped[-1] not in record["steps"]
            assert all(name in record["steps"] for name in stopped[:-1])
    assert [sum(name.startswith(stage) for name in stopped) for stage in stages] == [
        3, 1, 1, 1, 1, 1, 1,
    ]  # fmt: skip
    assert contents(ended.folder) == contents(whole)


def test_a_second_run_does_nothing_and_a_change_redoes_what_follows(district, tmp_path):
    first = pipeline.run(pipeline.load(district.write()), tmp_path / "run")
    before = contents(first.folder)
    again = Heard()
    pipeline.run(pipeline.load(district.write()), tmp_path / "run", listener=again)
    assert again.made == []
    assert contents(first.folder) == before
    district.plan["features"]["fault_distance"]["distance_to"]["max_distance"] = 1500
    changed = Heard()
    pipeline.run(pipeline.load(district.write()), tmp_path / "run", listener=changed)
    assert changed.made[0] == "features.fault_distance"
    assert not {"features.magnetics", "features.noise"} & set(changed.made)
    assert {"validation", "model", "maps", "targets", "report"} <= set(changed.made)


def test_a_layer_taken_out_leaves_the_cube(district, tmp_path):
    pipeline.run(pipeline.load(district.write()), tmp_path / "run")
    del district.plan["features"]["noise"]
    pipeline.run(pipeline.load(district.write()), tmp_path / "run")
    assert not (tmp_path / "run" / "cube.zarr" / "noise").exists()
    card = json.loads((tmp_path / "run" / "model" / "card.json").read_text(encoding="utf-8"))
    assert "noise" not in json.dumps(card["layers"])


def test_another_grid_starts_the_cube_anew(district, tmp_path):
    pipeline.run(pipeline.load(district.write()), tmp_path / "run")
    district.plan["grid"]["resolution"] = 200
    pipeline.run(pipeline.load(district.write()), tmp_path / "other")
    pipeline.run(pipeline.load(district.write()), tmp_path / "run")
    assert contents(tmp_path / "run") == contents(tmp_path / "other")


class Heard(pipeline.Listener):
    """Which steps were made, and not kept."""

    def __init__(self):
        self.made = []

    def ended(self, step, *, kept):
        if not kept and step.partition(".")[0] not in ("inputs", "grid", "labels", "folds"):
            self.made.append(step)
