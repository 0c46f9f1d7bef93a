"""
Growth: time and peak memory of whole runs over more and more cells, each a process of its own.

    python benchmarks/growth.py                        # 4, 16, 64 and 256 million cells
    python benchmarks/growth.py --millions 1 4

Six compressed layers of whole numbers, a small model, the three strongest layers of each cell
kept in 16 bits. Time ought to grow as the cells do, memory not at all.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import made
from files_to_maps import measured

SHOWN = ("features", "validation", "maps", "targets", "report")


def run(folder: Path, side: int, asked: argparse.Namespace) -> dict:
    """One whole run; what it took, with the seconds of its parts."""
    pipeline = made.make(
        folder / "data", side, asked.layers, asked.trees, dtype="int16", strongest=3
    )
    out = folder / "out"
    command = [sys.executable, "-m", "geoprospect", "run", str(pipeline), "--out", str(out)]
    took: dict = measured([*command, "--quiet", "--fresh"])
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    parts = dict.fromkeys(SHOWN, 0.0)
    for name, step in record["steps"].items():
        part = name.partition(".")[0]
        if part in parts:
            parts[part] += step["seconds"]
    files = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return took | {"parts": parts, "gb": files / 1e9}


def main() -> None:
    """Run one size after the other, and print a line for each as it is done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--millions", type=float, nargs="+", default=[4, 16, 64, 256])
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--trees", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where the data are made; else a temporary one")
    asked = parser.parse_args()
    head = ["million cells", "wall s", "CPU s", "CPU s per million", "peak MB", "files GB", *SHOWN]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|", flush=True)
    for millions in asked.millions:
        if asked.folder:
            asked.folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="growth-", dir=asked.folder))
        try:
            took = run(folder, round((millions * 1e6) ** 0.5), asked)
        finally:
            shutil.rmtree(folder)  # the largest would not fit beside the others
        cells = [
            f"{millions:g}", f"{took['wall_s']:.0f}", f"{took['cpu_s']:.0f}",
            f"{took['cpu_s'] / millions:.2f}", f"{took['peak_mb']:.0f}", f"{took['gb']:.2f}",
            *(f"{took['parts'][name]:.0f}" for name in SHOWN),
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
