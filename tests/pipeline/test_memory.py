"""Memory that a run is told to keep within."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect import lazy, pipeline
from geoprospect.errors import PipelineError
from geoprospect.pipeline import memory
from tests.pipeline.test_resume import contents


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2GB", 2_000_000_000), ("1500 MB", 1_500_000_000), ("1.5GiB", 3 * 2**29), ("7", 7),
     ("64 kb", 64_000)],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text, amount):
    assert pipeline.parsed(text) == amount


@pytest.mark.parametrize("text", ["much", "2 GG", "-1GB", ""])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(PipelineError, match="is no amount of memory; give one such as 2GB"):
        pipeline.parsed(text)


@given(st.integers(1_300, 64_000), st.integers(1, 200), st.integers(1, 64))
def test_blocks_are_the_largest_that_keep_within(megabytes, layers, workers):
    limit = megabytes * 10**6
    try:
        side = memory.side(limit, layers=layers, workers=workers)
    except PipelineError:
        assert memory.needed(memory.SMALLEST, layers=layers, workers=workers) > limit
        return
    assert side <= lazy.CHUNK
    assert math.log2(lazy.CHUNK / side).is_integer()
    assert memory.needed(side, layers=layers, workers=workers) <= limit
    larger = memory.needed(2 * side, layers=layers, workers=workers)
    assert side == lazy.CHUNK or larger > limit


def test_too_little_is_an_error_that_says_what_is_enough():
    with pytest.raises(
        PipelineError, match=r"too little for 30 layers.*--memory (\d\.\d\d)GB"
    ) as e:
        memory.side(960_000_000, layers=30, workers=16)
    enough = pipeline.parsed(str(e.value).split("--memory ")[1].split(",")[0])
    assert memory.side(enough, layers=30, workers=16) == memory.SMALLEST
    assert "or --workers 2" in str(e.value)
    assert memory.side(960_000_000, layers=30, workers=2) == memory.SMALLEST


def test_a_run_within_less_memory_has_the_same_maps(district, tmp_path):
    district.plan["grid"]["resolution"] = 20
    plan = pipeline.load(district.write())
    pipeline.run(plan, tmp_path / "plenty", workers=2)
    sides = []
    cut = lazy.cut
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lazy, "cut", lambda side: sides.append(side) or cut(side))
        needs = memory.needed(64, layers=3, workers=2)
        pipeline.run(plan, tmp_path / "little", workers=2, memory=needs)
    assert set(sides) == {64}
    plenty, little = contents(tmp_path / "plenty"), contents(tmp_path / "little")
    maps = [name for name in plenty if not name.startswith("cube.zarr")]
    assert [name for name in maps if plenty[name] != little[name]] == []


def test_memory_and_workers_are_not_for_a_cluster(district, tmp_path):
    plan = pipeline.load(district.write())
    with pytest.raises(PipelineError, match="on a cluster each worker is started with its own"):
        pipeline.run(plan, tmp_path / "out", scheduler="tcp://127.0.0.1:1", memory=10**10)
