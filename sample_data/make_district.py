"""
Write the made sample district: ``python sample_data/make_district.py [--out FOLDER]``.

The seed is fixed, so a second run writes the same bytes. It needs the
development packages (harmonica) and a minute or two.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from district import drilling, rasters, vectors

HERE = Path(__file__).resolve().parent
STEPS = (
    vectors.outlines,
    vectors.licences,
    vectors.geology,
    vectors.map_package,
    vectors.known_deposits,
    vectors.sediments,
    drilling.drill_tables,
    rasters.elevation,
    rasters.radiometric_grid,
    rasters.gravity,
    rasters.magnetics,
)


def make(folder: Path) -> None:
    """Write all data sets into *folder* and the truth into its ``truth``."""
    folder.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        started = time.perf_counter()
        step(folder)
        print(f"{step.__name__:18s} {time.perf_counter() - started:6.1f} s", flush=True)
    vectors.truth(folder / "truth")
    files = [f for f in folder.rglob("*") if f.is_file() and "district" not in f.parts]
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.2f} MB in {folder}")


def main() -> None:
    """Read the command line and make the district."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: beside this file)")
    make(parser.parse_args().out)


if __name__ == "__main__":
    main()
