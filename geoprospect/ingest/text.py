"""In which encoding a text was written, when nothing says so."""

from __future__ import annotations

import re

COMMON_CHINESE = re.compile(rb"(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])+")
HIGH = re.compile(rb"[\x80-\xff]+")


def encoding_of(raw: bytes) -> str:
    """
    The encoding of *raw*: utf-8-sig, gb18030 (of which GBK is a part) or cp1252.

    Nearly every byte pair of a Chinese text written in GBK is a common
    character; in a Western text accented letters stand alone.
    """
    if is_utf8(raw):
        return "utf-8-sig"
    return "gb18030" if is_chinese(raw) else "cp1252"


def is_utf8(raw: bytes) -> bool:
    """Whether *raw* is UTF-8, but for characters cut in two by the width of a field."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        kept = raw.decode("utf-8", "ignore").encode("utf-8")
        return len(raw) - len(kept) < 0.05 * _high(raw)
    return True


def is_chinese(raw: bytes) -> bool:
    """Whether most of what is not ASCII in *raw* are common Chinese characters in GBK."""
    high = _high(raw)
    paired = sum(len(run) for run in COMMON_CHINESE.findall(raw))
    return high > 0 and paired > 0.5 * high


def _high(raw: bytes) -> int:
    return sum(len(run) for run in HIGH.findall(raw))
