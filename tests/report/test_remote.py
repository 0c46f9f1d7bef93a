"""What is written to a URL is what would be written on disk, and whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import Point
from upath import UPath

from geoprospect.errors import OutputError
from geoprospect.report import export, files
from geoprospect.storage import AnyPath
from tests.report.conftest import make_cube

WRITERS: dict[str, Callable[[AnyPath], Any]] = {
    "说明.txt": lambda path: export.write_text("矿\n", path),
    "model": lambda path: export.model_folder({"card.json": "{}", "member_000.txt": "tree"}, path),
    "deposits.gpkg": lambda path: export.geopackage(
        {"deposits": gpd.GeoDataFrame({"名": ["矿点"]}, geometry=[Point(1, 2)], crs="EPSG:32648")},
        path,
    ),
}


def contents(folder: AnyPath) -> dict[str, bytes]:
    """Every file in a folder, by its path within."""
    files_there = [path for path in folder.rglob("*") if path.is_file()]
    return {"/".join(p.parts[len(folder.parts) :]): p.read_bytes() for p in files_there}


@pytest.mark.parametrize("name", WRITERS)
def test_an_object_has_the_bytes_of_the_file(name, tmp_path, bucket):
    for _ in range(2):  # the second replaces the first
        WRITERS[name](tmp_path / "run" / name)
        WRITERS[name](bucket / "run" / name)
    assert contents(bucket) == contents(tmp_path)


def test_maps_have_the_bytes_of_the_files(grid, tmp_path, bucket):
    cube = make_cube(grid)
    export.geotiffs({tmp_path / "maps" / "cube.tif": cube[["copper", "magnetics"]]})
    export.geotiffs({bucket / "maps" / "cube.tif": cube[["copper", "magnetics"]]})
    assert set(contents(bucket)) == {"maps/cube.tif", "maps/cube.qml", "maps/cube.sld"}
    assert contents(bucket) == contents(tmp_path)


def test_a_folder_replaces_the_one_before_with_all_that_was_in_it(bucket):
    export.model_folder(
        {"card.json": "{}", "member_000.txt": "a", "member_001.txt": "b"}, bucket / "m"
    )
    export.model_folder({"card.json": "{}", "member_000.txt": "c"}, bucket / "m")
    assert contents(bucket) == {"m/card.json": b"{}", "m/member_000.txt": b"c"}


def test_a_failure_in_the_middle_leaves_the_old_object(bucket):
    export.write_text("old", bucket / "a.txt")

    def half_written() -> None:
        with files.replaced(bucket / "a.txt") as place:
            place.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_written()
    assert contents(bucket) == {"a.txt": b"old"}


def test_a_missing_bucket_is_named(s3_server, bucket):
    with pytest.raises(OutputError, match=r"cannot write s3://nowhere/a\.txt: .*check the name of"):
        export.write_text("a", UPath("s3://nowhere/a.txt"))


def test_a_refusal_is_named(bucket, monkeypatch):
    def refused(*_: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(bucket.fs, "put_file", refused)
    with pytest.raises(
        OutputError, match=r"/a\.txt: access denied \(Access Denied\); check the cr"
    ):
        export.write_text("a", bucket / "a.txt")


def test_a_full_temporary_folder_is_told_beforehand(bucket):
    with pytest.raises(OutputError, match="free some disk space or set TMPDIR to a larger disk"):
        files.check_space(bucket / "a.tif", 2**60)
