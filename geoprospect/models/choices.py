"""How steady a choice of layers is over the folds, and what was left out for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.models.selection import Choice


def choices(chosen: Sequence[Choice]) -> dict[str, Any]:
    """
    In how many folds each layer was chosen, why not in others, and how far folds agree [1]_.

    A layer that nearly every fold chooses, or nearly none, is a finding; one that half of
    them choose hangs on which deposits were at hand.

    Parameters
    ----------
    chosen : sequence of Choice
        One of each fold, of the same layers.

    Returns
    -------
    dict
        Ready for JSON: ``folds``, their number; ``stability``, 1 where all choose alike and
        0 where by chance (None of one fold, or where there is no choice at all: every layer
        is taken, or none); ``layers``, one record each in the layers' order: ``layer``,
        ``chosen``, the share of folds [1], and ``left``, each reason why it was not with
        ``why``, ``by`` (the layer that stands for it, or "") and ``folds``, commonest first.

    References
    ----------
    .. [1] Nogueira, S., Sechidis, K., Brown, G. (2018). On the stability of feature
       selection algorithms. Journal of Machine Learning Research 18, 174.
    """
    layers = chosen[0].layers
    taken = np.array([[name in one.chosen for name in layers] for one in chosen])
    return {
        "folds": len(chosen),
        "stability": stability(taken),
        "layers": [
            {"layer": name, "chosen": float(share), "left": _reasons(name, chosen)}
            for name, share in zip(layers, taken.mean(axis=0), strict=True)
        ],
    }


def stability(taken: npt.NDArray[np.bool_]) -> float | None:
    """
    How far choices agree beyond chance: (choices, layers) to at most 1; None if undefined.

    One less the mean variance of a layer's being chosen over that of choosing as many
    blindly.
    """
    count = len(taken)
    share = taken.mean(axis=0)
    even = float(share.mean())
    if count < 2 or not 0 < even < 1:
        return None
    variance = float((share * (1 - share)).mean()) * count / (count - 1)
    return 1 - variance / (even * (1 - even))


def _reasons(layer: str, chosen: Sequence[Choice]) -> list[dict[str, Any]]:
    """Why a layer was left out, commonest reason first."""
    counted = Counter(one.left[layer] for one in chosen if layer in one.left)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"why": why, "by": by, "folds": count} for (why, by), count in ordered]
