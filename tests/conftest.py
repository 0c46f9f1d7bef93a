"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from odc.geo.geobox import GeoBox
from upath import UPath

from tests import local_s3

BUCKETS = itertools.count()

settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real districts: GEOPROSPECT_DATA, else shared/data beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("GEOPROSPECT_DATA", beside))
    if not (folder / "carlin_greatbasin").is_dir():
        pytest.skip("the real districts are not here; set GEOPROSPECT_DATA to their folder")
    return folder.resolve()


@pytest.fixture
def grid() -> GeoBox:
    """A small oblong grid, 40 rows by 60 columns of 100 m, that is not symmetric about anything."""
    return GeoBox.from_bbox(
        (500_000, 3_000_000, 506_000, 3_004_000), crs="EPSG:32648", resolution=100
    )


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of an S3 server on this machine."""
    with local_s3.served() as address:
        yield address


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[UPath]:
    """An empty bucket, reached as users reach theirs: by AWS_* variables."""
    import s3fs

    for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    for name, value in {**local_s3.PLAIN, "AWS_ENDPOINT_URL": s3_server}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    made = UPath(f"s3://survey-{next(BUCKETS)}")
    made.fs.mkdir(made.path)
    yield made
    s3fs.S3FileSystem.clear_instance_cache()
