"""The same run on a real scheduler and real workers, and what can go wrong with them."""

import json
import os

import numpy as np
import pytest

from geoprospect import lazy, pipeline
from geoprospect.errors import ClusterError, OutputError
from geoprospect.pipeline.listener import Listener
from tests.local_dask import Cluster, free_port, listening
from tests.pipeline.test_resume import contents

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="process groups are of another kind on Windows"),
]


class At(Listener):
    """Does something once, when half of a step is done."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def advanced(self, step, progress):
        if step == self.step and progress.unit == "cells" and 2 * progress.done >= progress.of:
            act, self.act = self.act, None
            if act:
                act()


@pytest.fixture(autouse=True)
def one_chance(monkeypatch):
    """Of the scheduler: a block that kills two workers is at fault itself."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    with Cluster(folder) as made:
        listening(made.address)
        yield made


@pytest.fixture
def plan(district):
    district.plan["grid"]["resolution"] = 30
    return pipeline.load(district.write())


def differing(one, other):
    first, second = contents(one), contents(other)
    assert sorted(first) == sorted(second)
    return [name for name in first if first[name] != second[name]]


def test_a_cluster_gives_the_bytes_of_one_machine_also_when_a_worker_is_killed(
    plan, cluster, tmp_path
):
    doomed, _ = cluster.worker(), cluster.worker()
    with lazy.cluster(cluster.address):
        assert len(lazy.everywhere(os.getpid)) >= 1
    pipeline.run(plan, tmp_path / "here")
    whole = pipeline.run(
        plan, tmp_path / "there", scheduler=cluster.address,
        listener=At("maps", lambda: cluster.kill(doomed)),
    )  # fmt: skip
    assert doomed.returncode is not None
    assert differing(tmp_path / "here", tmp_path / "there") == []
    assert whole.record["steps"]["maps"]["cells_per_second"] > 0


def test_a_run_whose_scheduler_is_gone_says_so_and_goes_on_with_another(plan, cluster, tmp_path):
    cluster.worker()
    out = tmp_path / "out"
    with pytest.raises(ClusterError, match=r"is gone.*goes on where the run stopped"):
        pipeline.run(
            plan, out, scheduler=cluster.address,
            listener=At("maps", lambda: cluster.kill(cluster.scheduler)),
        )  # fmt: skip
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["status"] == "failed"
    assert len(list((out / "maps" / ".prospectivity.tif.blocks" / "done").iterdir())) > 2
    gone_on = pipeline.run(plan, out)
    pipeline.run(plan, tmp_path / "undisturbed")
    assert differing(out, tmp_path / "undisturbed") == []
    whole = json.loads((tmp_path / "undisturbed" / "run.json").read_text(encoding="utf-8"))
    assert gone_on.record["steps"]["maps"]["cells"] < whole["steps"]["maps"]["cells"]


def hog():
    return float(np.ones(200_000_000).sum())  # 1.6 GB


def test_workers_that_die_for_lack_of_memory_are_told_of(cluster):
    cluster.worker("--memory-limit", "900MB")
    with (
        lazy.cluster(cluster.address),
        pytest.raises(ClusterError, match=r"died at one block.*--memory-limit"),
    ):
        lazy.compute(lazy.later(hog))


def test_workers_that_wait_for_memory_are_told_of(plan, cluster, tmp_path):
    """Without a nanny nobody ends a worker that is full; it takes no more work."""
    import dask

    cluster.worker("--no-nanny", "--memory-limit", "120MB")
    with lazy.cluster(cluster.address):
        pass  # it is there
    with (
        dask.config.set({"geoprospect.patience": 1}),
        pytest.raises(ClusterError, match=r"is paused.*--memory-limit.*goes on where"),
    ):
        pipeline.run(plan, tmp_path / "out", scheduler=cluster.address)


def test_an_error_in_a_worker_comes_out_as_it_is(cluster):
    cluster.worker()

    def wrong():
        raise OutputError("no space left")

    with lazy.cluster(cluster.address):
        with pytest.raises(OutputError, match="no space left"):
            lazy.compute(lazy.later(wrong))
        assert lazy.compute(lazy.later(os.path.basename, "a/b")) == ("b",)  # it works on


def test_a_scheduler_that_is_not_there_is_told_of(plan, tmp_path):
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(ClusterError, match=f"no Dask scheduler answers at {address}.*dask sched"):
        pipeline.run(plan, tmp_path / "out", scheduler=address)


def test_a_scheduler_without_workers_is_told_of(plan, cluster, tmp_path):
    import dask

    with (
        dask.config.set({"geoprospect.patience": 1}),
        pytest.raises(ClusterError, match=r"has no workers after 1 s; start some"),
    ):
        pipeline.run(plan, tmp_path / "out", scheduler=cluster.address)
