"""What is done in many parts is said once, of the whole, and not by each part."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("geoprospect.resources")


@contextmanager
def unheard() -> Iterator[None]:
    """Within the block this stage tells of errors only; who opens it counts for the whole."""
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
