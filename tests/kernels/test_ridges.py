import numpy as np
import pytest

from geoprospect.kernels import ridges


def belt(strike: float, x0: float = 0.0, cells: int = 61):
    """The field atan(x / 8) across a strike, and its derivatives; x in cells from the middle."""
    rows, columns = np.mgrid[:cells, :cells] - cells // 2
    cos, sin = np.cos(np.radians(strike)), np.sin(np.radians(strike))
    x = (columns * cos + rows * sin - x0) / 8
    first, second = 1 / (1 + x**2) / 8, -2 * x / (1 + x**2) ** 2 / 64
    east, north = cos, -sin
    derivatives = (north * first, east * first,
                   north**2 * second, north * east * second, east**2 * second)  # fmt: skip
    return 8 * x, second, derivatives


@pytest.mark.parametrize("strike", [0, 17, 45, 60, 90, 133, 180, 270])
def test_the_uphill_rate_is_that_of_calculus_whatever_the_strike(strike):
    _, second, derivatives = belt(strike)
    np.testing.assert_allclose(ridges.uphill_rate(*derivatives), second, atol=1e-12)


def test_without_a_gradient_there_is_no_rate():
    assert ridges.uphill_rate(*np.zeros((5, 1))).tolist() == [0]


@pytest.mark.parametrize("strike", [0, 17, 45, 60, 90, 133, 180, 270])
@pytest.mark.parametrize("x0", [0.0, 0.3, 7.6])
def test_crests_are_one_line_of_cells_over_the_steepest_place(strike, x0):
    x, _, derivatives = belt(strike, x0)
    found = ridges.crests(ridges.coded(8.0, 0.0, *derivatives).astype("float32"))
    inner = x[1:-1, 1:-1]
    assert np.abs(inner[found]).max() <= 0.75
    across = np.abs(np.cos(np.radians(strike))) >= np.sqrt(0.5)
    in_each = found.any(axis=1 if across else 0)
    assert in_each.sum() >= np.abs(inner).min(axis=1 if across else 0).__le__(0.5).sum() - 2


def test_troughs_of_the_gradient_are_no_crests():
    """x + x3: steepness is least in the middle, where its rate runs through 0 as well."""
    x = np.tile(np.linspace(-1, 1, 21), (9, 1))
    nothing = np.zeros_like(x)
    code = ridges.coded(1.0, 0.0, nothing, 1 + 3 * x**2, nothing, nothing, 6 * x)
    assert not ridges.crests(code).any()


def test_weak_gradients_and_the_unknown_have_no_crests():
    derivatives = belt(30)[2]
    assert np.isnan(ridges.coded(8.0, 0.2, *derivatives)).all()
    code = ridges.coded(8.0, 0.0, *derivatives)
    code[20:30] = np.nan
    assert not ridges.crests(code)[19:29].any()
