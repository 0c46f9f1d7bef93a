"""A pass over blocks goes on where it stopped."""

import json

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from geoprospect import contract, journal, lazy

GRID = GeoBox.from_bbox((0, 0, 6000, 4000), crs="EPSG:32648", resolution=100)
RAMP = np.arange(2400, dtype="float32").reshape(40, 60)


@pytest.fixture
def layers():
    return [lazy.chunked(contract.on_grid(RAMP * n, GRID), 20) for n in (1, 2)]


class Sums:
    """A sink that tells the sums of a block, and fails at one."""

    def __init__(self, fails=None):
        self.fails = fails
        self.seen = []

    def __call__(self, where, blocks):
        if self.fails == len(self.seen):
            raise RuntimeError("power cut")
        self.seen.append(where)
        return {"sums": [float(block.sum()) for block in blocks]}


def begun(folder, key="a"):
    prepared = []
    journal.begin(folder, key, lambda: prepared.append(1))
    return bool(prepared)


def test_what_the_sink_told_comes_in_block_order(layers, tmp_path):
    begun(tmp_path / "pass")
    told = journal.passed(layers, Sums(), tmp_path / "pass")
    corners = [(slice(20 * i, 20 * i + 20), slice(20 * j, 20 * j + 20))
               for i in range(2) for j in range(3)]  # fmt: skip
    assert told == [{"sums": [RAMP[c].sum(), 2 * RAMP[c].sum()]} for c in corners]


def test_a_pass_that_failed_goes_on_with_the_blocks_that_are_missing(layers, tmp_path):
    assert begun(tmp_path / "pass")
    first = Sums(fails=4)
    with lazy.threads(1), pytest.raises(RuntimeError, match="power cut"):
        journal.passed(layers, first, tmp_path / "pass")
    assert not begun(tmp_path / "pass")
    second = Sums()
    told = journal.passed(layers, second, tmp_path / "pass")
    assert len(first.seen) == 4
    assert len(second.seen) == 2
    begun(tmp_path / "whole")
    assert told == journal.passed(layers, Sums(), tmp_path / "whole")
    assert journal.passed(layers, Sums(fails=0), tmp_path / "pass") == told


def test_another_key_or_an_end_begins_anew(layers, tmp_path):
    begun(tmp_path / "pass")
    journal.passed(layers, Sums(), tmp_path / "pass")
    assert begun(tmp_path / "pass", "b")
    sums = Sums()
    journal.passed(layers, sums, tmp_path / "pass")
    assert len(sums.seen) == 6
    journal.end(tmp_path / "pass")
    assert begun(tmp_path / "pass", "b")


def test_a_note_cut_short_counts_as_none(layers, tmp_path):
    begun(tmp_path / "pass")
    told = journal.passed(layers, Sums(), tmp_path / "pass")
    note = tmp_path / "pass" / "done" / "1.2"
    text = note.read_text(encoding="utf-8")
    assert json.loads(text)["told"] == told[5]
    for length in (0, 1, len(text) // 2, len(text) - 1):
        note.write_text(text[:length], encoding="utf-8")
        sums = Sums()
        assert journal.passed(layers, sums, tmp_path / "pass") == told
        assert sums.seen == [(slice(20, 40), slice(40, 60))]


def test_a_folder_whose_making_was_interrupted_is_made_anew(tmp_path):
    def fails():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal.begin(tmp_path / "pass", "a", fails)
    assert begun(tmp_path / "pass")
    assert not begun(tmp_path / "pass")
