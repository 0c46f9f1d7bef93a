"""No decision that was acknowledged is lost, whenever the writer is killed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing

import pytest

from geoprospect.review import security
from geoprospect.review.decisions import Decisions
from tests.review.conftest import served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]


def test_a_thousand_kills_lose_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "decisions.gpkg"
    Decisions(path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.review.writer", str(path), "1000", "7"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    acknowledged = done.stdout.split()
    assert len(acknowledged) >= 500  # most writers are killed after, or in, their first decisions
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = file.execute("SELECT request, version, comment FROM decisions ORDER BY id")
        kept = {request: (version, comment) for request, version, comment in rows}
    assert [one for one in acknowledged if one not in kept] == []
    assert [version for version, _ in kept.values()] == list(range(1, len(kept) + 1))
    for request, (_, comment) in kept.items():
        assert len(comment) == int(request.rpartition("-")[2]) * 37 % 4000 + 1
    assert 0 <= len(kept) - len(acknowledged) <= 1000  # at most one of each unheard


def test_killing_the_server_itself_loses_nothing_either(run):
    """Through the network, with decisions under way when it dies; each server finds them all."""
    chance, heard = random.Random(3), []
    for number in range(4):
        with served(run) as (address, process):
            home, token = address.split("/?")[0], address.partition("token=")[2]
            keys = security.Keys(("127.0.0.1",), int(home.rpartition(":")[2]), token)

            def decide(home=home, keys=keys, number=number):
                for n in range(2000):
                    wish = {"target": "T1", "kind": "comment", "who": "Li", "version": 0,
                            "request": f"server-{number}-{n:04d}", "comment": "why"}  # fmt: skip
                    headers = {"content-type": "application/json", "origin": home,
                               "cookie": f"{keys.cookie}={keys.session}",
                               "x-review-token": keys.token}  # fmt: skip
                    asked = urllib.request.Request(
                        f"{home}/api/decisions", json.dumps(wish).encode(), headers
                    )
                    try:
                        with urllib.request.urlopen(asked, timeout=5) as answer:
                            heard.append(json.load(answer)["entry"]["id"])
                    except OSError:
                        return

            before = len(heard)
            writer = threading.Thread(target=decide)
            writer.start()
            while len(heard) == before:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
            writer.join(20)
            found = {one.id for one in Decisions(run / "decisions.gpkg").since()}
            assert set(heard) <= found
    assert len(heard) >= 4
