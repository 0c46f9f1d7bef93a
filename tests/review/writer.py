"""
A nursery of writers: each is forked, records decisions until it is killed, and is replaced.

``python -m tests.review.writer FILE KILLS SEED`` prints the requests that were acknowledged.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from geoprospect.review.decisions import Decisions

WAIT = 0.012
"""Seconds that a writer has at most: a decision takes about one of a hundred of that."""


def write(path: Path, name: str, pipe: int) -> None:
    """Record decision after decision; each is acknowledged when ``record`` has returned."""
    kept = Decisions(path)
    for n in range(10_000):
        request = f"{name}-{n:06d}"
        kept.record(target="T1", ground="g", kind="comment", who=name, version=0,
                    request=request, comment="x" * (n * 37 % 4000 + 1))  # fmt: skip
        os.write(pipe, f"{request}\n".encode())


def main(path: Path, kills: int, seed: int) -> None:
    """Fork, wait, kill; over and over."""
    chance = random.Random(seed)
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    for number in range(kills):
        child = os.fork()
        if child == 0:
            try:
                write(path, f"writer-{number:04d}", theirs)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.001, WAIT))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            while told := os.read(ours, 1 << 20):
                sys.stdout.write(told.decode())
        except BlockingIOError:
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
