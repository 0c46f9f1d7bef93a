"""A page of ours as a PDF file, printed by a browser that is installed here."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from geoprospect.errors import MissingFileError, OutputError
from geoprospect.report import files
from geoprospect.storage import AnyPath

VARIABLE = "GEOPROSPECT_BROWSER"
"""Environment variable that names the browser to print with."""

TIMEOUT = 180.0
"""Seconds after which a browser that has not printed is given up."""

COMMANDS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
"""What the browsers are called on a search path."""

ON_MACOS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
ON_WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)

QUIET = (
    *("--headless", "--disable-gpu", "--disable-extensions", "--disable-sync", "--no-first-run"),
    *("--no-default-browser-check", "--disable-background-networking", "--disable-dev-shm-usage"),
    *("--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    "--no-pdf-header-footer",
)
"""Settings under which a browser shows nothing, asks nothing and reaches nothing."""

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
"""Forbids the printed copy scripts and requests: print has no use for either."""

_DATES = re.compile(rb"(/(?:Creation|Mod)Date \(D:)\d{14}")


def printed(html: str, path: AnyPath, *, timeout: float = TIMEOUT) -> AnyPath:
    """
    Print a self-contained HTML page to a PDF file.

    The style sheet of the page says the paper (A4 in ours) and the numbers at its foot. A
    Chromium, Chrome or Edge of this machine does it: unseen, with a new and empty profile,
    without scripts and without the network. The same page and browser give the same bytes.

    Parameters
    ----------
    html : str
        The page, with all it needs inside.
    path : path or URL
        The file, ``.pdf``; it appears under its name when whole.
    timeout : float
        How long to wait for the browser [s].

    Returns
    -------
    path
        The file, as given.

    Raises
    ------
    MissingFileError
        If no browser is found, with what to do instead.
    OutputError
        If the browser prints nothing in time, or the file cannot be written.
    """
    program = browser()
    with files.replaced(path) as place, _workplace() as folder:
        page, made = folder / "page.html", folder / "page.pdf"
        page.write_text(_forbidding(html), encoding="utf-8")
        said = _printed(program, page, made, timeout)
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF-"):
            raise OutputError(
                f"cannot write {path}: {program} printed nothing"
                f"{f' and said {said!r}' if said else ''}; name another browser in {VARIABLE}, or "
                "open report.html in any browser and print it to PDF"
            )
        place.write_bytes(_DATES.sub(rb"\g<1>20000101000000", made.read_bytes()))
    return path


def browser() -> Path:
    """
    The browser to print with: the one that ``GEOPROSPECT_BROWSER`` names, or the first found.

    Raises
    ------
    MissingFileError
        If there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise MissingFileError(f"{VARIABLE} names {named!r}, and there is no such program")
        return Path(found)
    for place in _places():
        if place.is_file():
            return place
    raise MissingFileError(
        "a PDF needs Chromium, Chrome or Edge to print it, and none was found; install one, or "
        f"name its program in {VARIABLE}, or open report.html in any browser and print it to PDF"
    )


def _places() -> Iterator[Path]:
    """Where a browser may be, best first."""
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            yield Path(found)
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / name for name in ON_MACOS)
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if os.environ.get(name):
            yield from (Path(os.environ[name], program) for program in ON_WINDOWS)


def _forbidding(html: str) -> str:
    """The page with the policy before all else, which a browser takes for the start of its head."""
    return re.sub(r"(?i)\A(\s*<!doctype[^>]*>)?", lambda first: first[0] + _POLICY, html, count=1)


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for the page, the profile and the print; a browser may let go of it late."""
    with tempfile.TemporaryDirectory(prefix="geoprospect-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _printed(program: Path, page: Path, made: Path, timeout: float) -> str:
    """Have the browser print; the last of what it said, if it failed."""
    command = [
        str(program), *QUIET, *_unconfined(), f"--user-data-dir={page.parent / 'profile'}",
        f"--print-to-pdf={made}", page.as_uri(),
    ]  # fmt: skip
    started = subprocess.Popen(  # noqa: S603  # a browser found above, a page of ours
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        _, said = started.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"nothing in {timeout:g} s"
    finally:
        _ended(started)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if started.returncode and lines else ""


def _unconfined() -> tuple[str, ...]:
    """Root on Linux has no sandbox: Chromium refuses to start with one."""
    return ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


def _ended(started: subprocess.Popen[bytes]) -> None:
    """End the browser, with all that it started."""
    if started.poll() is not None:
        return
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
    else:
        started.kill()
    started.communicate()
