from __future__ import annotations

import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from geoprospect.errors import DataError, OutputError
from geoprospect.report import export, files


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_text_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "new folder" / "矿.txt"
    export.write_text("one\n", path)
    export.write_text("二\n", path)
    assert path.read_bytes() == "二\n".encode()
    assert leftovers(path.parent) == ["矿.txt"]


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path):
    path = export.write_text("old", tmp_path / "a.txt")

    def half_written() -> None:
        with files.replaced(path) as place:
            place.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_written()
    assert path.read_text(encoding="utf-8") == "old"
    assert leftovers(tmp_path) == ["a.txt"]


def test_errors_of_the_package_pass_unchanged(tmp_path):
    with pytest.raises(DataError, match="as it was"), files.replaced(tmp_path / "a.txt"):
        raise DataError("as it was")


def test_a_kill_in_the_middle_leaves_no_final_file(tmp_path):
    path = tmp_path / "a.txt"
    code = f"""
        import os, signal
        from pathlib import Path
        from geoprospect.report import files
        with files.replaced(Path({str(path)!r})) as place:
            place.write_text("half", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9
    assert not path.exists()
    export.write_text("whole", path)
    assert leftovers(tmp_path) == ["a.txt"]


def test_a_folder_of_texts_gives_way_to_the_new_one_whole(tmp_path):
    folder = tmp_path / "model"
    export.model_folder({"card.json": "{}", "member_0.txt": "old", "member_1.txt": "old"}, folder)
    export.model_folder({"card.json": "{}\n", "member_0.txt": "树"}, folder)
    assert leftovers(folder) == ["card.json", "member_0.txt"]
    assert (folder / "member_0.txt").read_text(encoding="utf-8") == "树"
    assert leftovers(tmp_path) == ["model"]


def test_a_text_cannot_leave_its_folder(tmp_path):
    with pytest.raises(OutputError, match="it is no plain file name"):
        export.model_folder({"../card.json": "{}"}, tmp_path / "model")
    assert leftovers(tmp_path) == []


def test_a_file_where_a_folder_should_be_is_told(tmp_path):
    (tmp_path / "maps").write_text("in the way", encoding="utf-8")
    with pytest.raises(
        OutputError, match=r"cannot write .*a.txt: .*; choose another folder or mend"
    ):
        export.write_text("x", tmp_path / "maps" / "a.txt")


@pytest.mark.skipif(sys.platform != "linux", reason="uses a place where even root may not write")
def test_an_unwritable_folder_is_told(tmp_path):
    folder = Path("/sys/geoprospect")
    if os.geteuid() != 0:
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="mend its permissions"):
        export.write_text("x", folder / "a.txt")


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path):
    with small_files(2000), pytest.raises(OutputError, match=r"a.txt: .*; free some disk space"):
        export.write_text("x" * 5000, tmp_path / "a.txt")
    assert leftovers(tmp_path) == []


def test_too_little_space_is_told_before_the_work(tmp_path):
    with pytest.raises(
        OutputError, match=r"it needs about 1000000000.00 GB .* free some disk space"
    ):
        files.check_space(tmp_path / "not yet" / "a.tif", 10**18)
    files.check_space(tmp_path / "a.tif", 1)


def test_json_is_readable_and_strict():
    assert export.json_text({"名": 1}) == '{\n "名": 1\n}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        export.json_text({"score": float("nan")})


class small_files:
    """Within the block no file may grow beyond so many bytes, as on a full disk."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __enter__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most, self.before[1]))

    def __exit__(self, *error: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)
