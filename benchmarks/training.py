"""
Training an ensemble: ours beside LightGBM alone, CPU and wall seconds, medians of rounds in turns.

    python benchmarks/training.py                     # 20 members on 200 deposits, 15 layers

LightGBM alone trains as many boosters with the same parameters on as many rows and weights
each, in as many threads at once; its rows are drawn beforehand and not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from lightgbm import Dataset, train

from geoprospect import lazy
from geoprospect.models.boosting import STEADY, lightgbm
from geoprospect.models.ensemble import PositiveUnlabelled

RATIO = 20


def samples(deposits: int, layers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evidence, labels and clusters; the first three layers tell of deposits."""
    random = np.random.default_rng(0)
    labels = np.repeat([1, 0], [deposits, 10_000])
    rows = random.standard_normal((len(labels), layers), "float32")
    rows[:deposits, :3] += 1
    groups = np.where(labels == 1, np.arange(len(labels)) // 2, -1)
    return rows, labels, groups


def alone(
    rows: np.ndarray, labels: np.ndarray, members: int, settings: dict, threads: int
) -> Callable[[], None]:
    """As many plain trainings as there are members, side by side in as many threads as ours has."""
    random = np.random.default_rng(1)
    deposits, background = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    parts = []
    for _ in range(members):
        cells = np.r_[deposits, random.choice(background, RATIO * len(deposits), replace=False)]
        weights = np.where(labels[cells] == 1, (1 + RATIO) / 2, (1 + RATIO) / 2 / RATIO)
        parts.append((rows[cells], labels[cells], weights))
    parameters = {**STEADY, **settings, "objective": "binary", "seed": 1, "num_threads": 1}
    parameters["num_iterations"] = parameters.pop("n_estimators")
    del parameters["n_jobs"]

    def fit(part: tuple[np.ndarray, ...]) -> None:
        values, target, weights = part
        data = Dataset(values, target, weight=weights, params={"verbosity": -1})
        train(parameters, data)

    def run() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fit, parts))

    return run


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Fit in turns, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--deposits", type=int, default=200)
    parser.add_argument("--layers", type=int, default=15)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--leaves", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    rows, labels, groups = samples(asked.deposits, asked.layers)
    settings = {"n_estimators": asked.trees, "num_leaves": asked.leaves}
    names = [f"layer_{i}" for i in range(asked.layers)]

    def ours() -> None:
        with lazy.threads(asked.threads):
            PositiveUnlabelled(
                lightgbm(seed=1, **settings), members=asked.members, ratio=RATIO, seed=1
            ).fit(rows, labels, groups, layers=names)

    ways = {
        "ours": ours,
        "LightGBM alone": alone(rows, labels, asked.members, settings, asked.threads),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(asked.rounds + 1):
        for name, run in ways.items():
            took = timed(run)
            if turn:  # the first round loads libraries
                found[name].append(took)
    for place, kind in enumerate(("wall", "CPU")):
        medians = {name: statistics.median(t[place] for t in took) for name, took in found.items()}
        ratio = statistics.median(a[place] / b[place] for a, b in zip(*found.values(), strict=True))
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
        print(f"{kind}: {told}; ratio of each round, median {ratio:.2f}")


if __name__ == "__main__":
    main()
