"""
Scores and Shapley values of a map's every cell, beside LightGBM and whoever else installs.

    python benchmarks/trees.py                      # 400 trees of 31 leaves, 25 layers
    python benchmarks/trees.py --leaves 63 --rounds 3

Each is timed on one thread's CPU in turns, so that whatever else the machine does falls
on all alike; medians, per million cells. The slow ones get fewer cells.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

import lightgbm
import numpy as np
from scipy.ndimage import gaussian_filter

from geoprospect.kernels.trees import models, scores, shapley, tiles

LAYERS = 25
WIDTHS = (4, 12, 40, 120)


def smooth(side: int) -> np.ndarray:
    """Layers like real ones: fields of several scales, pixel noise, classes, survey gaps."""
    random = np.random.default_rng(0)
    layers = np.empty((LAYERS, side, side), "float32")
    for layer in range(LAYERS):
        values = np.zeros((side, side))
        for width in WIDTHS:
            field = gaussian_filter(random.normal(size=(side, side)), width, mode="wrap")
            values += width**0.7 * field / field.std()
        values /= values.std()
        if layer % 5 == 0:
            values += random.normal(0, 0.05, values.shape)
        elif layer % 5 == 1:
            values = np.round(20 * values) / 20
        elif layer % 5 == 2:
            values[:, : side // 10] = np.nan
        elif layer % 5 == 3:
            cover = gaussian_filter(random.normal(size=values.shape), 60, mode="wrap")
            values[cover > np.quantile(cover, 0.8)] = np.nan
        layers[layer] = values
    return layers


def noise(side: int) -> np.ndarray:
    """Independent values: no cell is like its neighbours."""
    random = np.random.default_rng(1)
    layers = random.standard_normal((LAYERS, side, side), "float32")
    layers[random.random(layers.shape) < 0.1] = np.nan
    return layers


def model(layers: np.ndarray, trees: int, leaves: int) -> lightgbm.Booster:
    """A model of 20,000 cells."""
    random = np.random.default_rng(1)
    rows = layers.reshape(LAYERS, -1)[:, random.integers(0, layers[0].size, 20_000)].T
    z = np.nan_to_num(rows)
    score = z[:, 0] + z[:, 1] * z[:, 2] + np.sin(2 * z[:, 3]) + 0.3 * z[:, 4:10].sum(axis=1)
    settings = {
        "objective": "binary", "num_leaves": leaves, "learning_rate": 0.05, "verbosity": -1,
        "min_data_in_leaf": 5, "feature_fraction": 0.7, "seed": 1,
    }  # fmt: skip
    label = score + random.normal(0, 1, len(rows)) > 1
    return lightgbm.train(settings, lightgbm.Dataset(rows, label), trees)


def fasttreeshap(booster: lightgbm.Booster) -> Callable[[np.ndarray], object]:
    """Shapley values by fasttreeshap."""
    import fasttreeshap as rival

    return rival.TreeExplainer(booster, algorithm="v2", n_jobs=1).shap_values


def lleaves(booster: lightgbm.Booster) -> Callable[[np.ndarray], object]:
    """Scores by code that lleaves compiles of the model."""
    import lleaves as rival

    with tempfile.TemporaryDirectory() as folder:
        booster.save_model(f"{folder}/model.txt")
        model = rival.Model(model_file=f"{folder}/model.txt")
        model.compile()
    return lambda rows: model.predict(rows, n_jobs=1)


def treelite(booster: lightgbm.Booster) -> Callable[[np.ndarray], object]:
    """Scores by treelite's compiled tree library."""
    import treelite as rival

    model = rival.frontend.from_lightgbm(booster)
    return lambda rows: rival.gtil.predict(model, rows, nthread=1, pred_margin=True)


def onnxruntime(booster: lightgbm.Booster) -> Callable[[np.ndarray], object]:
    """Scores by ONNX Runtime, in 32 bits."""
    import onnxruntime as rival
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    kinds = [("rows", FloatTensorType([None, LAYERS]))]
    model = convert_lightgbm(booster, initial_types=kinds, zipmap=False)
    alone = rival.SessionOptions()
    alone.intra_op_num_threads = alone.inter_op_num_threads = 1
    session = rival.InferenceSession(model.SerializeToString(), alone)
    return lambda rows: session.run(None, {"rows": rows})


RIVALS = {
    "fasttreeshap": (fasttreeshap, 1500),
    "lleaves": (lleaves, 50_000),
    "treelite": (treelite, 20_000),
    "onnxruntime": (onnxruntime, 20_000),
}
"""How each is made ready, and how many cells it gets."""

SCORERS = ("Booster.predict", "lleaves", "treelite", "onnxruntime")


def others(booster: lightgbm.Booster) -> dict[str, tuple[Callable[[np.ndarray], object], int]]:
    """Other ways to the same numbers that install here, and how many cells they get."""
    found: dict[str, tuple[Callable[[np.ndarray], object], int]] = {
        "pred_contrib": (lambda r: booster.predict(r, pred_contrib=True, num_threads=1), 1500),
        "Booster.predict": (lambda r: booster.predict(r, raw_score=True, num_threads=1), 50_000),
    }
    import shap

    explainer = shap.TreeExplainer(booster)
    found["shap.TreeExplainer"] = (explainer.shap_values, 1500)
    for name, (prepare, count) in RIVALS.items():
        try:
            found[name] = (prepare(booster), count)
        except Exception as error:  # it may install and not work
            print(f"{name}: {type(error).__name__}", str(error).partition("\n")[0])
    return found


def main() -> None:
    """Time all in turns; print medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=768)
    parser.add_argument("--trees", type=int, default=400)
    parser.add_argument("--leaves", type=int, default=31)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    grounds = {"smooth": smooth(asked.side), "noise": noise(asked.side)}
    booster = model(grounds["smooth"], asked.trees, asked.leaves)
    text = (booster.model_to_string(),)
    began = time.process_time()
    scorer, explainer = models.scorer(text), models.explainer(text)
    print(f"made ready, compiling or loading included: {time.process_time() - began:.1f} s CPU")
    if scorer is None or explainer is None:
        raise SystemExit("bytes cannot code this model")
    rivals = others(booster)
    order = tiles.of_raster(np.ones((asked.side, asked.side), bool))
    for ground, layers in grounds.items():
        flat = layers.reshape(LAYERS, -1)
        out = np.empty(flat.shape, "float32")
        works: dict[str, tuple[Callable[[], object], int]] = {
            "our scores": (lambda: scores.raw_scores(scorer, flat, order), flat.shape[1]),  # noqa: B023
            "our contributions": (
                lambda: shapley.contributions(explainer, flat, order, out=out), flat.shape[1],  # noqa: B023
            ),
        }  # fmt: skip
        for name, (work, count) in rivals.items():
            rows = np.ascontiguousarray(flat[:, :: max(1, flat.shape[1] // count)].T)
            works[name] = (lambda work=work, rows=rows: work(rows), len(rows))  # type: ignore[misc]
        seconds: dict[str, list[float]] = {name: [] for name in works}
        for turn in range(asked.rounds + 1):
            for name, (work, count) in works.items():
                began = time.process_time()
                work()
                if turn:
                    seconds[name].append((time.process_time() - began) / count * 1e6)
        print(f"\n{ground}, CPU seconds per million cells")
        medians = {name: statistics.median(own) for name, own in seconds.items()}
        for name, median in medians.items():
            ours = "our scores" if name in SCORERS else "our contributions"
            print(f"  {name:20} {median:9.2f}   {median / medians[ours]:7.1f} x {ours}")
        ratio = medians["our contributions"] / medians["our scores"]
        print(f"  contributions over scores: {ratio:.1f}")


if __name__ == "__main__":
    main()
