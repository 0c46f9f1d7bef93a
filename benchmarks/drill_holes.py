"""
Composites and places of drill-hole samples: time, ours beside a loop over the holes.

    python benchmarks/drill_holes.py                # 2,000 holes of 300 intervals
    python benchmarks/drill_holes.py --holes 200

Intervals are 0.5 to 2 m long and composites 2 m. The loop cuts each hole with numpy, one
composite at a time, as a script would. Both have the same grades, which is checked.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from geoprospect.resources.composites import composites
from geoprospect.resources.drill_traces import located

INTERVALS, LENGTH = 300, 2.0


def made(holes: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Collars, surveys every 30 m and intervals."""
    rng = np.random.default_rng(1)
    lengths = rng.uniform(0.5, 2, (holes, INTERVALS))
    end = lengths.cumsum(axis=1)
    name = np.arange(holes)
    depth = np.arange(0, 600, 30.0)
    intervals = pd.DataFrame(
        {"hole": np.repeat(name, INTERVALS), "from": (end - lengths).ravel(), "to": end.ravel(),
         "Cu": rng.lognormal(size=end.size)}
    )  # fmt: skip
    surveys = pd.DataFrame(
        {"hole": np.repeat(name, len(depth)), "depth": np.tile(depth, holes),
         "azimuth": rng.uniform(80, 100, holes * len(depth)),
         "dip": rng.uniform(-70, -60, holes * len(depth))}
    )  # fmt: skip
    x, y = rng.uniform(0, 5000, (2, holes))
    return pd.DataFrame({"hole": name, "x": x, "y": y, "z": 100.0}), surveys, intervals


def looped(intervals: pd.DataFrame) -> np.ndarray:
    """Grades of whole composites, hole by hole."""
    grades = []
    for _, hole in intervals.groupby("hole"):
        begin, end, grade = (hole[name].to_numpy() for name in ("from", "to", "Cu"))
        for top in np.arange(0, end[-1] - LENGTH, LENGTH):
            inside = np.clip(np.minimum(end, top + LENGTH) - np.maximum(begin, top), 0, None)
            grades.append((inside * grade).sum() / inside.sum())
    return np.array(grades)


def main() -> None:
    """Time each way and compare their grades."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--holes", type=int, default=2000)
    collars, surveys, intervals = made(parser.parse_args().holes)
    composites(intervals[:INTERVALS], grades=["Cu"], length=LENGTH)
    start = time.process_time()
    cut = composites(intervals, grades=["Cu"], length=LENGTH)
    print(f"composites: {time.process_time() - start:.2f} CPU s for {len(cut)}")
    start = time.process_time()
    located(cut, collars=collars, surveys=surveys)
    print(f"their places: {time.process_time() - start:.2f} CPU s")
    start = time.process_time()
    theirs = looped(intervals)
    print(f"loop: {time.process_time() - start:.2f} CPU s")
    last = ~cut["hole"].duplicated(keep="last")
    ours = cut["Cu"][~last].to_numpy()
    per_hole = cut.groupby("hole").size() - 1
    count = (
        intervals.groupby("hole")["to"]
        .max()
        .map(lambda end: len(np.arange(0, end - LENGTH, LENGTH)))
    )
    ends = np.cumsum(count.to_numpy())
    kept = [theirs[end - n : end - n + m] for end, n, m in zip(ends, count, per_hole, strict=True)]
    print(f"largest difference: {np.abs(np.concatenate(kept) - ours).max():.1e}")


if __name__ == "__main__":
    main()
