import json
import logging
import multiprocessing
import os

import pytest

from geoprospect.errors import OutputError
from geoprospect.pipeline.ledger import Ledger, code_digest, fingerprint, locked


def made(ledger, name="layer", key="k1", text="out"):
    def make():
        (ledger.folder / "out.txt").write_text(text, encoding="utf-8")
        logging.getLogger("geoprospect.ingest").warning("%s has a gap", name)
        return {"known": 3}

    return ledger.step(name, key, make, ["out.txt"])


def test_a_step_that_stands_is_not_made_again(tmp_path):
    first = Ledger(tmp_path)
    first.begin()
    made(first)
    second = Ledger(tmp_path)
    assert second.step("layer", "k1", lambda: pytest.fail("made again"), ["out.txt"]) == {
        "known": 3
    }
    assert second.kept == ["layer"]
    assert second.notices() == [{"step": "layer", "level": "warning", "text": "layer has a gap"}]


@pytest.mark.parametrize("change", ["fingerprint", "output removed", "output cut"])
def test_a_changed_step_is_made_again(tmp_path, change):
    first = Ledger(tmp_path)
    first.begin()
    made(first)
    if change == "output removed":
        (tmp_path / "out.txt").unlink()
    if change == "output cut":
        (tmp_path / "out.txt").write_text("o", encoding="utf-8")
    second = Ledger(tmp_path)
    second.begin()
    made(second, key="k2" if change == "fingerprint" else "k1")
    assert second.redone == ["layer"]


def test_a_step_that_fails_is_not_recorded(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.begin()
    with pytest.raises(ZeroDivisionError):
        ledger.step("layer", "k1", lambda: 1 / 0)
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["steps"] == {}


def test_fresh_forgets_everything(tmp_path):
    first = Ledger(tmp_path)
    first.begin()
    made(first)
    assert Ledger(tmp_path, fresh=True).steps == {}


def test_a_broken_record_starts_over_and_says_so(tmp_path, caplog):
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    assert Ledger(tmp_path).steps == {}
    assert "cannot be read; starting over" in caplog.text


def _hold(folder, ready, release):
    with locked(folder):
        ready.set()
        release.wait(60)


def test_two_runs_do_not_share_a_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, release))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(OutputError, match="another run is at work in"), locked(tmp_path):
            pass
        other.kill()
        other.join()
        with locked(tmp_path):
            pass
    finally:
        other.kill()


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind on Windows")
def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = pytest.raises(OutputError, match=r"cannot write into .*choose another --out")
    with refused, locked(tmp_path / "file" / "run"):
        pass


def test_fingerprints_tell_settings_apart_and_not_their_order():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 1.5})


def test_the_code_of_another_stage_does_not_count():
    assert code_digest("features") != code_digest("report")
