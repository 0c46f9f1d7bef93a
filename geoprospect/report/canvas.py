"""Paper, ink and letters for figures, without pyplot and its global state."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#66727f"
FAINT = "#d5dbe1"
BLUE = "#0b6fa4"
ORANGE = "#c2590b"
CRIMSON = "#b2182b"
GOLD = "#f6c945"

DPI = 300

ONE_COLUMN, ONE_AND_A_HALF, TWO_COLUMNS = 90.0, 140.0, 190.0
"""Widths of a figure in a journal [mm]."""
ON_PAGE = 157.5
"""Width of a chart on the report's page [mm]."""
MM = 1 / 25.4
"""Inches."""

_HAN = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "SimHei", "Noto Sans CJK JP", "Droid Sans Fallback"),
    "Arial Unicode MS",
)
_HAN_FILE = re.compile(r"cjk|notosanssc|sourcehan|wqy|msyh|simhei|pingfang|droidsansfallback", re.I)


@contextmanager
def paper(width: float = ON_PAGE) -> Iterator[None]:
    """
    Within the block figures are made in the house's type, lines and colours.

    The type is smaller where the figure is no wider than a column and a half [mm].
    """
    import matplotlib as mpl

    size = 9.0 if width > ONE_AND_A_HALF else 7.5
    with mpl.rc_context(
        {
            "font.family": list(families()),
            "font.size": size,
            "text.color": INK,
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "axes.titlesize": size + 1,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.linewidth": 0.7,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": True,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": size - 1,
            "ytick.labelsize": size - 1,
            "grid.color": FAINT,
            "grid.linewidth": 0.6,
            "legend.frameon": False,
            "legend.fontsize": size - 1,
            "hatch.color": MUTED,
            "hatch.linewidth": 0.6,
            "figure.facecolor": "white",
            "savefig.dpi": DPI,
            "svg.fonttype": "none",
        }
    ):
        yield


def sheet(width: float, height: float) -> Figure:
    """An empty figure [inches], drawn by Agg and owned by no one else."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Canvas(FigureCanvasAgg):  # type: ignore[misc]
        def print_figure(self, *given: Any, **more: Any) -> Any:
            with _one_weight():
                return super().print_figure(*given, **more)

    figure = Figure(figsize=(width, height), layout="constrained")
    Canvas(figure)
    return figure


def plate(width: float, height: float) -> Figure:
    """An empty figure in the sizes of print [mm]."""
    return sheet(width * MM, height * MM)


@functools.cache
def families() -> tuple[str, ...]:
    """DejaVu Sans and, where the machine has one, a family with Chinese characters."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    for family in _HAN:
        if family in known:
            return "DejaVu Sans", family
    for found in sorted(font_manager.findSystemFonts()):
        if _HAN_FILE.search(Path(found).name):
            return "DejaVu Sans", _added(found)
    return ("DejaVu Sans",)


def svg(figure: Figure, name: str) -> str:
    """
    The figure as an SVG element, for a page.

    Letters stay letters, so that the reader's fonts show them whatever the
    script, and the same figure gives the same text. Its ids begin with *name*: two figures
    on a page do not mix theirs up.
    """
    text = _saved(figure, "svg", name, transparent=True).decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'(\sid=")', rf"\g<1>{name}-", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    return re.sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", text, count=1)


def png(figure: Figure) -> bytes:
    """The figure as a PNG file's content, for print; the same figure gives the same bytes."""
    return _saved(figure, "png", "")


def printed(figure: Figure, kind: str) -> bytes:
    """The figure as the content of a file of one of :data:`KINDS`; always the same bytes."""
    return _saved(figure, kind, "")


KINDS = ("png", "pdf", "svg", "tif")
"""Files that a figure can become, by what their names end with."""

_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Date": None},
}


def _saved(figure: Figure, kind: str, salt: str, *, transparent: bool = False) -> bytes:
    import matplotlib as mpl

    metadata = _UNDATED.get(kind)
    content = io.BytesIO()
    letters = {"svg.hashsalt": salt, "svg.fonttype": "none", "pdf.fonttype": 42}
    with mpl.rc_context(letters), warnings.catch_warnings():
        # where no font has a name's characters, SVG shows them all the same and PNG cannot
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        figure.savefig(content, format=kind, metadata=metadata, dpi=DPI, transparent=transparent)
    return content.getvalue()


@contextlib.contextmanager
def _one_weight() -> Iterator[None]:
    """Many Chinese fonts have no bold; matplotlib would tell of it at every word."""
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _added(path: str) -> str:
    """The family of a font file that matplotlib did not know yet."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(path)
    return str(font_manager.FontProperties(fname=path).get_name())
