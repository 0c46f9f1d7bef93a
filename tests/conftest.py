"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from odc.geo.geobox import GeoBox

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
