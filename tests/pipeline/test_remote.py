"""A run on object storage: the same bytes as on disk, and it goes on where it stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from geoprospect import pipeline, storage
from geoprospect.errors import MissingFileError, OutputError
from geoprospect.storage import AnyPath

OF_THE_RUN = ("run.json", "report.html", "pipeline.yaml", "metadata.xml", "stac/item.json")
"""Files that say where the data are, when it was, how long it took, or list such files."""


def outputs(folder: AnyPath) -> dict[str, bytes]:
    """Every file of a run folder by its path within, as it was written."""
    paths = {storage.below(p, folder): p for p in folder.rglob("*") if p.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if name not in OF_THE_RUN}


@pytest.fixture
def far(district, bucket) -> str:
    """The pipeline of the tiny district, with its data in a bucket."""
    for file in district.folder.iterdir():
        (bucket / "data" / file.name).write_bytes(file.read_bytes())
    district.plan["data"] = str(bucket / "data")
    path = district.write()
    for file in [*district.folder.glob("*.tif"), *district.folder.glob("*.gpkg")]:
        file.unlink()
    return str(path)


KILLED = """
import os, signal, sys
from geoprospect import pipeline
from geoprospect.pipeline.listener import Listener

class Killer(Listener):
    def begun(self, step):
        if step == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)

pipeline.run(pipeline.load(sys.argv[1]), sys.argv[2], listener=Killer())
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind on Windows")
def test_a_run_killed_between_buckets_ends_with_the_bytes_of_one_on_disk(
    district, tmp_path, bucket, request
):
    here = pipeline.run(pipeline.load(district.write()), tmp_path / "out")
    plan, out = request.getfixturevalue("far"), bucket / "runs" / "tiny"
    killed = [sys.executable, "-c", KILLED, plan, str(out), "validation"]
    assert subprocess.run(killed, check=False).returncode == -signal.SIGKILL
    before = json.loads(storage.read_text(out / "run.json"))["steps"]
    away = pipeline.run(pipeline.load(plan), str(out))
    assert outputs(away.folder) == outputs(here.folder)
    assert away.scores == here.scores
    assert f"read    {out}/report.html" in away.told()
    (magnetics, *_) = away.record["inputs"]
    assert magnetics["sha256"]["magnetics.tif"].startswith("etag:")
    layers = [name for name in before if name.startswith("features.")]
    assert layers == ["features.magnetics", "features.noise", "features.fault_distance"]
    assert all(away.record["steps"][name] == before[name] for name in layers)  # kept, not redone


def test_a_run_that_cannot_write_says_so_before_it_works(district, bucket, monkeypatch):
    plan = pipeline.load(district.write())
    with pytest.raises(OutputError, match=r"cannot write s3://nowhere/.*check the name of the buc"):
        pipeline.run(plan, "s3://nowhere/runs/tiny")
    with pytest.raises(MissingFileError, match="as a Path a URL loses one of its slashes"):
        pipeline.run(plan, Path("s3://bucket/runs/tiny"))
    monkeypatch.setattr(bucket.fs, "info", denied)
    with pytest.raises(MissingFileError, match=r"access denied \(Forbidden\); check the credentia"):
        pipeline.run(plan, bucket / "runs" / "tiny")


def denied(*_: object) -> None:
    raise PermissionError("Forbidden")


def test_the_command_line_takes_urls(far, bucket):
    (bucket / "tiny.yaml").write_bytes(Path(far).read_bytes())
    command = [sys.executable, "-m", "geoprospect", "check", str(bucket / "tiny.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "magnetics" in done.stdout
    assert f"{bucket / 'tiny.yaml'}: all calls are bound" in done.stdout
    run = [*command[:3], "run", str(bucket / "no.yaml"), "--out", str(bucket / "out")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"there is no pipeline file {bucket / 'no.yaml'}" in done.stderr
