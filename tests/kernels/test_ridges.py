import numpy as np

from geoprospect.kernels import ridges


def test_crests_of_a_grid_counted_by_hand():
    field = np.array(
        [
            [0, 0, 5, 0, 0],
            [0, 1, 6, 1, 0],
            [0, 2, 7, 2, 3],
            [0, 1, 6, 1, 0],
        ],
        float,
    )
    # in the middle column the left and right are lower, and both diagonals
    assert ridges.crests(field).tolist() == [[False, True, False], [False, True, False]]
    assert ridges.crests(field, least=4).tolist() == [[False] * 3, [False, True, False]]


def test_of_two_equal_neighbours_the_first_is_the_crest():
    field = np.tile([0.0, 1, 3, 3, 1, 0], (4, 1))
    assert ridges.crests(field).tolist() == [[False, True, False, False]] * 2


def test_beside_the_unknown_there_is_no_crest():
    field = np.tile([0.0, 1, 3, 1, 0], (5, 1))
    field[4, 1] = np.nan
    assert ridges.crests(field)[:, 1].tolist() == [True, True, False]


def test_the_uphill_rate_is_zero_over_the_crest_of_the_gradient():
    """f = atan(x), turned: its gradient 1 / (1 + x2) has the rate -2x / (1 + x2)2 uphill."""
    x = np.linspace(-3, 3, 13)
    cos, sin = np.cos(0.6), np.sin(0.6)
    first, second = 1 / (1 + x**2), -2 * x / (1 + x**2) ** 2
    found = ridges.uphill_rate(
        sin * first, cos * first, sin**2 * second, sin * cos * second, cos**2 * second
    )
    np.testing.assert_allclose(found, second, atol=1e-12)
    assert ridges.uphill_rate(*np.zeros((5, 1))).tolist() == [0]
