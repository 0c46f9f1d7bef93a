"""
A run: the calls of a pipeline, made in order, each step into the run folder.

This is the only place where stages meet. Each method of :class:`_Work` is one
step; what it needs of earlier steps is read back from their outputs, so that a
run that went on where it stopped ends with the same bytes as an undisturbed one.
"""

from __future__ import annotations

import functools
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from odc.geo.geobox import GeoBox

from geoprospect import contract, lazy
from geoprospect.cube import stack, store
from geoprospect.errors import DataError, OutputError
from geoprospect.explain import shapley
from geoprospect.grid import target
from geoprospect.ingest.raster import raster
from geoprospect.ingest.vector import vector
from geoprospect.labels import background, folds
from geoprospect.maps import predict
from geoprospect.models import card, validate
from geoprospect.models.ensemble import PositiveUnlabelled
from geoprospect.pipeline.binding import Call
from geoprospect.pipeline.inputs import Input, Things, opened, warn_if_unused
from geoprospect.pipeline.ledger import Ledger, code_digest, fingerprint, locked, versions
from geoprospect.pipeline.plan import Pipeline
from geoprospect.report import export, page
from geoprospect.targets import rank

LOG = logging.getLogger("geoprospect.pipeline")
