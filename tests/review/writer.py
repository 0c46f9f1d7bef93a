"""
A nursery of writers: each is forked, records decisions until it is killed, and is replaced.

``python -m tests.review.writer FILE KILLS SEED`` prints the requests that were acknowledged.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from geoprospect.review.decisions import Decisions

AFTER = 0.006
"""Seconds at most from a writer's first acknowledgement to its death: a decision or a few."""
EARLY = 4
"""One writer in so many is killed before that, while it opens the file or writes the first."""


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
        if chance.randrange(EARLY):
            select.select([ours], [], [], 10)
        time.sleep(chance.uniform(0, AFTER))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            while told := os.read(ours, 1 << 20):
                sys.stdout.write(told.decode())
        except BlockingIOError:
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
