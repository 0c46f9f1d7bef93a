"""Kriging in three dimensions: published cases, a bordered system, other libraries, and counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoprospect.kernels.structures import Nested, Structure
from geoprospect.resources.kriging import kriged, kriging_weights
from geoprospect.resources.search import Search

CHAPTER_12 = pd.DataFrame(
    {
        "x": [61.0, 63, 64, 68, 71, 73, 75],
        "y": [139.0, 140, 129, 128, 140, 141, 128],
        "z": 0.0,
        "hole": range(7),
        "V": [477.0, 696, 227, 646, 606, 791, 783],
    }
)
EXPONENTIAL = Nested(0.0, (Structure("exponential", 10.0, 10.0, 10.0, 10.0),))
WIDE = Search(radii=(1000.0, 1000.0, 1000.0), fewest=1)
AT = np.array([[65.0, 137.0, 0.0]])


def test_isaaks_and_srivastava_chapter_12():
    """Estimate, variance and weights of their worked example; slope by its definition."""
    found = kriged(CHAPTER_12, AT, grade="V", variogram=EXPONENTIAL, search=WIDE).iloc[0]
    assert found["estimate"] == pytest.approx(592.7, abs=0.05)
    assert found["variance"] == pytest.approx(8.96, abs=0.005)
    assert found["lagrange"] == pytest.approx(-0.9066, abs=5e-5)
    assert found["slope"] == pytest.approx(0.6826883582997184, abs=1e-12)
    assert found["kriging_efficiency"] == pytest.approx(1 - found["variance"] / 10)
    assert found[["count", "holes", "search_pass"]].tolist() == [7, 7, 1]
    kept = kriging_weights(CHAPTER_12, AT, grade="V", variogram=EXPONENTIAL, search=WIDE)
    of_sample = np.zeros(7)
    of_sample[kept.neighbours[0, :7]] = kept.weights[0, :7]
    published = [0.173, 0.318, 0.129, 0.086, 0.151, 0.057, 0.086]
    np.testing.assert_allclose(of_sample, published, atol=6e-4)
