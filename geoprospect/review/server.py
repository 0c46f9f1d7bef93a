"""The page's server: how it starts, where it listens, and how it ends."""

from __future__ import annotations

import ipaddress
import socket
import threading
import warnings
import webbrowser
from collections.abc import Callable

from rasterio.errors import NotGeoreferencedWarning

from geoprospect.errors import OutputError
from geoprospect.review import desk, endpoints, security
from geoprospect.review.decisions import FILE, Decisions
from geoprospect.storage import Location

LOOPBACK = "127.0.0.1"


def serve(
    location: Location,
    other: Location | None = None,
    *,
    say: Callable[[str], None],
    host: str = LOOPBACK,
    port: int = 0,
    language: str = "en",
    browser: bool = True,
) -> None:
    """
    Show a run folder to this machine's browser until Ctrl-C.

    Parameters
    ----------
    location : str or Path
        The run folder; ``decisions.gpkg`` and ``exports/`` come into it.
    other : str or Path, optional
        A run to compare it with; nothing is written there.
    say : callable
        Takes each line that is to be told: the address, and what another *host* means.
    host : str
        The address to listen on. Any but this machine's own shows the page to a network.
    port : int
        The port; 0 for one that is free.
    language : str
        "en" or "zh".
    browser : bool
        Whether to open the browser.

    Raises
    ------
    MissingFileError, DataError
        If a folder is no finished run, or its decisions cannot be read.
    OutputError
        If the address cannot be listened on.
    """
    import uvicorn

    # pictures have no place on the globe, and need none
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    desks = {"this": desk.laid(location)}
    if other is not None:
        desks["other"] = desk.laid(other)
    decisions = Decisions(desks["this"].run.folder / FILE)
    with _listening(host, port) as listener:
        keys = security.Keys(hosts=_names(host), port=listener.getsockname()[1])
        app = endpoints.application(desks, decisions, keys, language=language)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{keys.port}/?token={keys.token}"
        if not _is_loopback(host):
            say(warning(host))
        say(f"review {desks['this'].run.title}: {address}\nCtrl-C ends it.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        settings = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off",
            proxy_headers=False, ws="none", timeout_graceful_shutdown=2,
        )  # fmt: skip
        try:
            uvicorn.Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:
            say("ended; decisions are in the run folder")


def warning(host: str) -> str:
    """What listening on an address that is not this machine's own means."""
    return (
        f"WARNING: listening on {host} shows this page to the network, unencrypted. Everyone who "
        "has the address below, or listens in, can read the run and decide in any name. Without "
        "--host it is shown to this machine alone; to share it safely, use an SSH tunnel."
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        if host not in ("localhost",) and ipaddress.ip_address(host).is_unspecified:
            raise OutputError(
                f"cannot listen on {host}, which is every address of this machine: no name would "
                "be wrong then, and a name must be; give the one by which others reach it"
            )
    except ValueError:
        family = socket.AF_INET  # a name
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OutputError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; choose another "
            "--port, or none for one that is free"
        ) from error
    return listener


def _names(host: str) -> tuple[str, ...]:
    """The hosts by which a server that listens on *host* may be called."""
    if not _is_loopback(host):
        return (f"[{host}]" if ":" in host else host,)
    return tuple(dict.fromkeys((f"[{host}]" if ":" in host else host, LOOPBACK, "localhost")))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
