"""Volumes and geochemical blocks: published arithmetic, exact moments, refused inputs."""

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.resources.volume import Typical, geochemical_block, volume_method

TYPICAL = [Typical(1.0e6, 1e6, 400), Typical(2.4e6, 3e6, 200), Typical(5e5, 1e6, 250)]
ASKED = {"commodity": "Cu", "area": 2e6, "extent": (100, 250, 500), "typical": TYPICAL,
         "similarity": (0.4, 0.12), "seed": 1}  # fmt: skip


def test_the_single_number_is_the_published_formula():
    content = (2.5e-3 * 4e-3 * 2e-3) ** (1 / 3)
    assert [one.content for one in TYPICAL] == pytest.approx([2.5e-3, 4e-3, 2e-3])
    made = volume_method(**ASKED)
    assert made.deterministic == pytest.approx(2e6 * 250 * content * 0.4)
    assert made.evidence_level == made.quantity.evidence_level == "predicted"


def test_the_mean_is_the_product_of_means():
    made = volume_method(**ASKED, trials=400_000)
    logs = np.log([one.content for one in TYPICAL])
    content = np.exp(logs.mean() + logs.var(ddof=1) / 2)
    wanted = 2e6 * (100 + 250 + 500) / 3 * content * 0.4
    assert made.draws.mean() == pytest.approx(wanted, abs=4 * made.draws.std() / 400_000**0.5)
    raised = np.exp(2 * logs.mean() + 2 * logs.var(ddof=1)) * (0.4**2 + 0.12**2)
    squares = (100**2 + 250**2 + 500**2 + 100 * 250 + 100 * 500 + 250 * 500) / 6
    assert (made.draws**2).mean() == pytest.approx(2e6**2 * squares * raised, rel=0.02)
    assert (
        made.quantity.quantiles[0.1] < made.quantity.quantiles[0.5] < made.quantity.quantiles[0.9]
    )


def test_what_was_drilled_is_taken_off_and_what_falls_below_is_told(caplog):
    whole, left = volume_method(**ASKED), volume_method(**ASKED, drilled=3e5)
    np.testing.assert_allclose(left.draws, np.maximum(whole.draws - 3e5, 0))
    assert left.deterministic == pytest.approx(whole.deterministic - 3e5)
    assert left.told["nothing_left"] == pytest.approx((whole.draws < 3e5).mean())
    assert "more is drilled than the whole volume would hold" in caplog.text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"typical": TYPICAL[:2]}, "2 typical deposits; 3 at least"),
        ({"typical": [*TYPICAL, Typical(0, 1, 1)]}, "not above 0"),
        ({"extent": (300, 200, 500)}, "extent must be least, likeliest and greatest"),
        ({"similarity": (1.0, 0.1)}, r"similarity needs a mean in \(0, 1\)"),
        ({"similarity": (0.5, 0.6)}, "got 0.5 and 0.6"),
        ({"area": -1, "drilled": -1}, r"area must be above 0 m2, got -1(.|\n)*drilled must not"),
    ],
)
def test_volumes_that_cannot_be_are_refused(given, why):
    with pytest.raises(DataError, match=why):
        volume_method(**ASKED | given)


BLOCK = {"commodity": "Cu", "area": 14_259, "thickness": 1000, "density": (2.7, 2.7, 2.7),
         "mean_grade": (50.3,) * 3, "yield_": (0.0275,) * 3, "seed": 1}  # fmt: skip


@pytest.mark.parametrize(("density", "grade"), [(2.70, 50.3), (2.65, 51.3)])
def test_the_yangtze_blocks_close(density, grade):
    """Four blocks of 14,259 km2 to 1000 m: 193,810e4 t of copper, 5,330e4 t at 2.75 %."""
    made = geochemical_block(**BLOCK | {"density": (density,) * 3, "mean_grade": (grade,) * 3})
    assert made.told["block_t"] == pytest.approx(193_810e4, rel=1.2e-3)
    assert made.deterministic == pytest.approx(5_330e4, rel=1.2e-3)
    assert made.draws == pytest.approx(made.deterministic), "nothing was in doubt"


def test_doubt_in_each_number_is_doubt_in_the_metal():
    made = geochemical_block(
        **BLOCK
        | {"density": (2.6, 2.7, 2.8), "mean_grade": (45, 50, 60), "yield_": (0.01, 0.02, 0.05)}
    )
    wanted = 14_259e9 * 2.7 * (155 / 3) * 1e-6 * (0.08 / 3)
    assert made.draws.mean() == pytest.approx(wanted, rel=0.01)
    assert made.draws.std() > 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"yield_": (0.5, 0.9, 1.0)}, "a share of the block's metal, below 1, got 1"),
        ({"mean_grade": (0, 50, 60)}, "mean_grade must be least"),
        ({"thickness": 0}, "area and thickness must be above 0"),
    ],
)
def test_blocks_that_cannot_be_are_refused(given, why):
    with pytest.raises(DataError, match=why):
        geochemical_block(**BLOCK | given)
