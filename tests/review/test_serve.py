"""The command itself: its address, its end, and what it says of a network."""

from __future__ import annotations

import signal
import socket
import sys
import urllib.request

import pytest

from geoprospect.errors import OutputError
from geoprospect.review import server
from tests.review.conftest import served
from tests.test_cli import command


def test_it_prints_an_address_with_a_token_and_ends_on_ctrl_c(run):
    with served(run, language="zh") as (address, process):
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address.partition("?")[0], timeout=20)
        if sys.platform != "win32":
            process.send_signal(signal.SIGINT)
            told, said = process.communicate(timeout=20)
            assert (process.returncode, said) == (0, "")
            assert "ended; decisions are in the run folder" in told


def test_it_listens_on_this_machine_alone(run):
    with served(run) as (address, _):
        port = int(address.split(":")[2].split("/")[0])
        for host in {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), port)}:
            if not host.startswith("127.") and host != "::1":
                with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
                    socket.create_connection((host, port), timeout=3)


def test_another_address_is_warned_of_loudly():
    assert "unencrypted" in server.warning("192.0.2.7")
    assert server._names("192.0.2.7") == ("192.0.2.7",)
    assert server._names("::1") == ("[::1]", "127.0.0.1", "localhost")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_at_once_is_refused(host):
    with pytest.raises(OutputError, match="every address of this machine"):
        server._listening(host, 0)


def test_a_port_in_use_is_told_with_the_remedy(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command("review", run, "--no-browser", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert "choose another --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_and_wrong_folders_are_told_in_a_line(run, tmp_path):
    done = command("review", run, "--language", "fr")
    assert (done.returncode, "neither en nor zh" in done.stderr) == (2, True)
    done = command("review", tmp_path)
    assert done.returncode == 1
    assert "is no finished run folder" in done.stderr
    (run / "decisions.gpkg").write_text("not mine, but keep it")
    done = command("review", run, "--no-browser")
    assert done.returncode == 1
    assert "nothing was changed in it" in done.stderr
    assert (run / "decisions.gpkg").read_text() == "not mine, but keep it"
