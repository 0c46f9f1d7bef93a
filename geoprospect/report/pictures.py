"""Figures as files, for papers and slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoprospect.report import canvas, files
from geoprospect.storage import AnyPath

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(drawn: Figure, path: AnyPath) -> AnyPath:
    """
    Write a figure at 300 dpi; the same figure gives the same bytes.

    Parameters
    ----------
    drawn : Figure
        From :mod:`geoprospect.report.figures`.
    path : path
        Ends with ``.png``, ``.pdf``, ``.svg`` or ``.tif``. Letters stay letters in PDF and
        SVG, so that a journal can set them anew.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    OutputError
        If it cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in canvas.KINDS:
        endings = ", ".join(f".{one}" for one in canvas.KINDS)
        raise ValueError(f"a figure cannot become {path.name!r}: let its name end with {endings}")
    content = canvas.printed(drawn, kind)
    with files.replaced(path) as place:
        place.write_bytes(content)
    return path
