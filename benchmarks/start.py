"""
Cold start: `geoprospect --help` beside an interpreter that does nothing, medians in turns.

    python benchmarks/start.py --rounds 10

Each is a process of its own; CPU seconds tell of the work, wall seconds of the wait.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

WAYS = {
    "geoprospect --help": ["-m", "geoprospect", "--help"],
    "python -c pass": ["-c", "pass"],
}


def timed(arguments: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments} failed with status {status}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Start them in turns, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for turn in range(asked.rounds + 1):
        for name, arguments in WAYS.items():
            took = timed(arguments)
            if turn:  # the first round writes byte code and fills the disk cache
                found[name].append(took)
    for name, took in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*took, strict=True))
        print(f"{name}: {wall:.2f} s, {cpu:.2f} CPU seconds (medians of {asked.rounds})")


if __name__ == "__main__":
    main()
