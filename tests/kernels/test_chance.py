"""Numbers of cells: published ones, uniform, and their own whatever the block."""

from __future__ import annotations

import numpy as np
from scipy.stats import kstest

from geoprospect.kernels import chance


def test_splitmix_gives_its_published_numbers():
    """The first outputs for the seed 1234567, as reference implementations print them."""
    state, seen = 1234567, []
    for _ in range(5):
        seen.append(int(chance.mixed(np.array([state], np.uint64))[0]))
        state = (state + int(chance.GOLDEN)) % 2**64
    assert seen == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ]  # fmt: skip


def test_a_cell_has_its_number_whatever_block_it_is_in():
    whole = chance.uniform(slice(0, 50), slice(0, 70), 5)
    part = chance.uniform(slice(13, 29), slice(7, 70), 5)
    np.testing.assert_array_equal(whole[13:29, 7:], part)
    assert len(np.unique(whole)) == whole.size
    assert not (whole == chance.uniform(slice(0, 50), slice(0, 70), 6)).any()


def test_numbers_are_uniform_and_neighbours_are_strangers():
    numbers = chance.uniform(slice(0, 300), slice(0, 300), 9)
    assert kstest(numbers.ravel(), "uniform").pvalue > 0.001
    assert abs(np.corrcoef(numbers[1:].ravel(), numbers[:-1].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(numbers[:, 1:].ravel(), numbers[:, :-1].ravel())[0, 1]) < 0.01
    assert 0 < numbers.min() < numbers.max() < 1
