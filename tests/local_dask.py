"""A Dask scheduler and workers on this machine, started from the command line as users do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 60.0


class Cluster:
    """Processes of one cluster; all end with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler = self.start("scheduler", "--port", self.address.rpartition(":")[2])

    def start(
        self, what: str, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """One process: ``dask scheduler`` or ``dask worker``."""
        command = [sys.executable, "-m", "dask", what, "--no-dashboard", *arguments]
        log = (self.folder / f"{what}-{len(self.processes)}.log").open("wb")
        # a group of its own: a nanny and its worker end together
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
            env={**os.environ, **(settings or {})},
        )  # fmt: skip
        log.close()
        self.processes.append(process)
        return process

    def worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One worker of one thread."""
        return self.start(
            "worker", self.address, "--nthreads", "1", *arguments,
            "--local-directory", str(self.folder),
        )  # fmt: skip

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As by a power cut."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes:
            self.kill(process)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def listening(address: str, seconds: float = PATIENCE) -> None:
    """Return when somebody listens at *address*."""
    host, port = address.removeprefix("tcp://").split(":")
    for _ in range(int(seconds * 10)):
        with socket.socket() as one:
            if one.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(address)
