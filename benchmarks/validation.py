"""
Validation of one model: where its time goes, wall and CPU seconds of each part.

    python benchmarks/validation.py    # a million cells, 30 layers, 200 deposits, 5 folds of 20

What a run does between its samples and ``validation.json``: fit the folds' ensembles, map
every cell out of fold, rank the deposits, draw intervals over their clusters. Beside it the
same folds as a notebook would do them: the fits one after the other with one call of
``LGBMClassifier.fit`` each, and ``predict_proba`` of every member over every cell.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import made
import numpy as np

from geoprospect import contract, lazy, pipeline
from geoprospect.labels import folds
from geoprospect.maps import predict
from geoprospect.models import judging, validate
from geoprospect.pipeline.ledger import Ledger
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.work import Work
from geoprospect.report import export


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Print what the block took."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    print(
        f"| {what} | {time.perf_counter() - wall:.1f} | {time.process_time() - cpu:.1f} |",
        flush=True,
    )


def prepared(path: Path, out: Path) -> Any:
    """A run of the pipeline up to its samples and folds."""
    plan = pipeline.load(path)
    ledger = Ledger(out, home=plan.folder)
    work = Work(plan, out, ledger, Listener(), None)
    ledger.begin(**work.facts())
    work.begin_models()
    work.open_inputs()
    work.lay_grid()
    work.make_layers()
    work.draw_samples()
    work.part_samples()
    return work


def ours(work: Any, out: Path) -> None:
    """Each part of the validation, as a run does it."""
    parted = work.folds["spatial_blocks"]
    fit = work.fit_of("lightgbm")
    with timed("evidence at the samples"):
        rows = work.rows
    with timed("fits: 5 folds of 20 members"):
        ensembles = validate.cross_validated(rows, work.samples, parted, fit)
    with timed("map out of fold, written"):
        layer = folds.fold_layer(parted.blocks, grid=work.grid)
        scores = predict.out_of_fold(work.cube, ensembles, layer)
        export.geotiff(scores, out / "maps" / "out_of_fold.tif")
    with timed("deposits ranked among the ground of their fold"):
        shown = validate.folds_on_map(work.outputs.out_of_fold(), work.samples, parted)
    with timed("scores, and intervals over clusters"):
        told = judging.judged(parted, [shown], seed=1)
    print(f"AUC in blocks {told['auc']['mean']:.3f}")


def notebook(work: Any) -> None:
    """The same fits and scores with LightGBM alone; of the map one fold's ground each."""
    from sklearn.base import clone

    parted, rows = work.folds["spatial_blocks"], work.rows
    labels = work.samples["label"].to_numpy()
    layers = contract.evidence(work.cube)
    fold = np.asarray(folds.fold_layer(parted.blocks, grid=work.grid))
    everything = np.stack([np.asarray(work.cube[name]).ravel() for name in layers], axis=1)
    random = np.random.default_rng(0)
    fits: list[list[Any]] = []
    with timed("notebook: fits"):
        for may in parted.training:
            deposits, background = (np.flatnonzero(may & (labels == one)) for one in (1, 0))
            members = []
            for _ in range(20):
                drawn = np.r_[
                    random.choice(deposits, len(deposits)), random.choice(background, 4000)
                ]
                model = clone(work.estimators["lightgbm"])
                members.append(model.fit(rows[drawn], labels[drawn]))
            fits.append(members)
    with timed("notebook: predict_proba of every cell by its fold's members"):
        for number, members in enumerate(fits):
            here = everything[fold.ravel() == number]
            np.mean([one.predict_proba(here)[:, 1] for one in members], axis=0)


def main() -> None:
    """Make the district, prepare a run, time the parts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--trees", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, lazy.threads(None):
        folder = Path(temporary)
        path = made.make(folder / "data", asked.side, asked.layers, asked.trees)
        work = prepared(path, folder / "out")
        print("| part | wall s | CPU s |\n|---|---|---|")
        ours(work, folder / "out")
        notebook(work)


if __name__ == "__main__":
    main()
