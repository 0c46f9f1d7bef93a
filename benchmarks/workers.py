"""
Two worker processes on two cores against one on one: a run on a Dask cluster of this machine.

    python benchmarks/workers.py --side 2000 --layers 10

Workers of one thread each, started from the command line as users do; the seconds are
those of the steps that work block by block, as run.json has them. One worker is timed
twice: with the scheduler and the program beside it on its core, and with the other core
left to them, where the two of them already work beside the one worker.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import made

CASES = (
    ("one worker on one core", 1, 1),
    ("one worker with a core beside it", 1, 2),
    ("two workers on two cores", 2, 2),
)
"""What it is called, worker processes, cores for them, the scheduler and the program."""


@contextlib.contextmanager
def kept_to(cores: int) -> Iterator[None]:
    """Within the block, programs that are started have the first so many cores (not on macOS)."""
    this = psutil.Process()
    before = this.cpu_affinity()
    this.cpu_affinity(before[:cores])
    try:
        yield
    finally:
        this.cpu_affinity(before)


@contextlib.contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """Address of a scheduler with so many workers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    own = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
    commands = [[*dask, "scheduler", "--no-dashboard", "--port", str(port)]]
    commands += [[*dask, "worker", address, *own]] * workers
    started = [
        subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        for command in commands
    ]
    try:
        yield address
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def main() -> None:
    """Run on one worker, on two, and on two threads of one process; print seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--trees", type=int, default=20)
    parser.add_argument("--leaves", type=int, default=31)
    asked = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pipeline = made.make(
            folder / "data", asked.side, asked.layers, asked.trees, leaves=asked.leaves
        )
        for name, workers, cores in CASES:
            out = folder / name.replace(" ", "_")
            run = [sys.executable, "-m", "geoprospect", "run", str(pipeline), "--out", str(out)]
            with kept_to(cores), cluster(workers, folder) as address:
                # warm: imports and compiled kernels in every worker
                subprocess.run([*run, "--quiet", "--scheduler", address], check=True)
                subprocess.run([*run, "--quiet", "--scheduler", address, "--fresh"], check=True)
            steps = json.loads((out / "run.json").read_text(encoding="utf-8"))["steps"]
            seconds = {name: step["seconds"] for name, step in steps.items()}
            features = sum(s for name, s in seconds.items() if name.startswith("features."))
            found[name] = {"features": features} | {
                step: round(seconds[step], 2) for step in ("validation", "model", "maps")
            }
            found[name]["together"] = sum(found[name].values())
            print(name, json.dumps(found[name]), flush=True)
    *ones, (two, _, _) = CASES
    for one, _, _ in ones:
        told = ", ".join(f"{s} {found[one][s] / found[two][s]:.2f}" for s in found[two])
        print(f"{two}, times as fast as {one}: {told}")


if __name__ == "__main__":
    main()
