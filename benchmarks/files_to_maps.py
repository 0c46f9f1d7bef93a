"""
From files to the maps: time and peak memory, ours beside the way of a notebook.

    python benchmarks/files_to_maps.py --side 2000 --layers 20            # both
    python benchmarks/files_to_maps.py --side 8000 --layers 20 --only ours
    python benchmarks/files_to_maps.py --side 4000 --layers 15 --maps prospectivity

With --maps prospectivity, prospectivity and its spread only, nothing explained: ours is
prospectivity.py, the other the notebook without SHAP. Otherwise ours is the whole run.
Each is a process of its own; its peak memory is what the operating system counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import made


def measured(command: list[str]) -> dict[str, float | str]:
    """Wall seconds, CPU seconds, peak memory [MB] and output of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[:4]} failed with status {status}")
    return {
        "wall_s": round(time.perf_counter() - began, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024, 0),
        "output": output.strip(),
    }


def whole_run(pipeline: Path, out: Path) -> dict:
    """The whole pipeline, with the seconds of its steps."""
    command = [sys.executable, "-m", "geoprospect", "run", str(pipeline), "--out", str(out)]
    told: dict = measured([*command, "--fresh", "--quiet"])
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    told["steps"] = {
        name: step["seconds"]
        for name, step in record["steps"].items()
        if not name.startswith("inputs.")
    }
    return told


def prospectivity(pipeline: Path, out: Path) -> dict:
    """Two maps only."""
    script = str(Path(__file__).parent / "prospectivity.py")
    return measured([sys.executable, script, str(pipeline.parent), str(out)])


def main() -> None:
    """Make the district, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--trees", type=int, default=40)
    parser.add_argument("--leaves", type=int, default=8)
    parser.add_argument("--dtype", choices=["float32", "int16"], default="float32")
    parser.add_argument("--strongest", type=int, help="layers kept of each cell's explanation")
    parser.add_argument("--maps", choices=["all", "prospectivity"], default="all")
    parser.add_argument("--only", choices=["ours", "notebook"])
    parser.add_argument("--folder", type=Path, help="kept between calls; else a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        pipeline = made.make(
            folder / "data", asked.side, asked.layers, asked.trees,
            leaves=asked.leaves, dtype=asked.dtype, strongest=asked.strongest,
        )  # fmt: skip
        if asked.only != "notebook":
            ours = prospectivity if asked.maps == "prospectivity" else whole_run
            print("ours", json.dumps(ours(pipeline, folder / "ours"), indent=1))
        if asked.only != "ours":
            script = str(Path(__file__).parent / "notebook_way.py")
            command = [sys.executable, script, str(folder / "data"), str(folder / "notebook")]
            if asked.maps == "prospectivity":
                command += ["--explain", "0"]
            print("notebook", json.dumps(measured(command), indent=1))


if __name__ == "__main__":
    main()
