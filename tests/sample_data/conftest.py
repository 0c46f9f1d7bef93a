"""Where the made district lies, and its generator on the path."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_data"
sys.path.insert(0, str(SAMPLE))


@pytest.fixture(scope="session")
def sample() -> Path:
    """Folder of the made district."""
    return SAMPLE


@pytest.fixture(scope="session")
def data_files() -> list[Path]:
    """Every file that a pipeline may read: not the truth, the generator or the README."""
    return sorted(
        path for path in SAMPLE.iterdir() if path.is_file() and path.suffix not in (".py", ".md")
    )


@pytest.fixture(scope="session")
def fields() -> ModuleType:
    """The generator's potential fields; a library under harmonica has invalid escapes in it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid escape sequence")
        return importlib.import_module("district.fields")
