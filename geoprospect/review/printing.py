"""HTML to PDF by a browser of this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from geoprospect.errors import MissingFileError, OutputError
from geoprospect.report import files

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
)
PATIENCE = 120
"""Seconds that a browser may take."""


def printed(html: str, path: Path) -> Path:
    """
    Print a page to PDF, whole or not at all.

    Raises
    ------
    MissingFileError
        If no browser is installed that can print.
    OutputError
        If it cannot be printed or written.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise MissingFileError(
            "no browser is installed here that can print a PDF; install Chromium, Chrome or Edge"
        )
    with files.replaced(path) as place, tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(html, encoding="utf-8")
        done = subprocess.run(  # noqa: S603
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
             f"--user-data-dir={scratch}/profile", f"--print-to-pdf={place}", page.as_uri()],
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        if not place.is_file():
            raise OutputError(f"cannot print {path}: {browser} said: {done.stderr.strip()[-300:]}")
    return path
