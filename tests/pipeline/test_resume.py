"""A run that is killed, and run again, ends with the bytes of an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import sys
import time

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
def test_ten_kills_leave_the_same_bytes(district, tmp_path):
    plan = district.write()
    began = time.monotonic()
    assert start(plan, tmp_path / "whole").wait() == 0
    whole = time.monotonic() - began
    moments = random.Random(11)
    killed = 0
    for _ in range(10):
        process = start(plan, tmp_path / "killed")
        try:
            process.wait(timeout=moments.uniform(0.3, 0.9) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    assert start(plan, tmp_path / "killed").wait() == 0
    assert killed >= 1
    undisturbed, resumed = contents(tmp_path / "whole"), contents(tmp_path / "killed")
    assert sorted(undisturbed) == sorted(resumed)
    assert [name for name in undisturbed if undisturbed[name] != resumed[name]] == []


@pytest.mark.parametrize("step", range(8))
def test_stopping_before_any_step_changes_nothing(district, tmp_path, step):
    """The same within one process, at every step: quicker, and it misses none."""
    plan = pipeline.load(district.write())

    class Stops(pipeline.Listener):
        begun_steps = 0

        def begun(self, name):
            if name.startswith(("features", "validation", "model", "maps", "explain", "targets",
                                "report")):  # fmt: skip
                if self.begun_steps == step:
                    raise KeyboardInterrupt
                self.begun_steps += 1

    whole = pipeline.run(plan, tmp_path / "whole").folder
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(plan, tmp_path / "stopped", listener=Stops())
    record = json.loads((tmp_path / "stopped" / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "interrupted"
    assert len([s for s in record["steps"] if s.startswith("features")]) == min(step, 3)
    stopped = pipeline.run(plan, tmp_path / "stopped").folder
    assert contents(stopped) == contents(whole)


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
    assert {"validation", "model", "maps", "explain", "targets", "report"} <= set(changed.made)


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
        if not kept and step.partition(".")[0] not in ("inputs", "grid", "labels"):
            self.made.append(step)
