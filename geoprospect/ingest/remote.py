"""
How GDAL reaches a raster at a URL.

GeoTIFFs on S3 are read by GDAL's own ``/vsis3``, window by window; with fsspec's files
behind it GDAL crashes as soon as one thread closes what another opened (rasterio's
``opener``). Whatever else is copied once to this machine, by each process for itself.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rasterio
from fsspec.asyn import sync
from rasterio.session import DummySession

from geoprospect import storage
from geoprospect.ingest.files import fetched
from geoprospect.storage import AnyPath

S3 = ("s3", "s3a")
IN_WINDOWS = (".tif", ".tiff", ".vrt")
"""Formats that are made for being read in part over a network."""
RENEWED_BY_GDAL = (
    "assume-role", "assume-role-with-web-identity", "container-role", "iam-role",
)  # fmt: skip
"""Credentials that run out and that GDAL finds and renews by itself, as botocore calls them."""
RETRIES = {"GDAL_HTTP_MAX_RETRY": "4", "GDAL_HTTP_RETRY_DELAY": "1"}

_COPYING = threading.Lock()


def name(path: AnyPath, stamp: str) -> str:
    """The name by which GDAL opens *path*, whose content is known by *stamp*."""
    if storage.is_local(path):
        return str(path.resolve())
    if storage.protocol(path) in S3 and path.suffix.lower() in IN_WINDOWS:
        return f"/vsis3/{path.path}"
    with _COPYING:
        return str(_copy(path, stamp))


def environment(path: AnyPath, **options: Any) -> rasterio.Env:
    """GDAL's settings for *path*: where its store is and who asks, as fsspec has it."""
    return rasterio.Env(session=_Session(_s3_settings(path)), **options)


class _Session(DummySession):  # type: ignore[misc]
    """Settings that fsspec decided, in place of what boto3 would find, where it is installed."""

    def __init__(self, settings: dict[str, str]) -> None:
        super().__init__()
        self.credentials = settings

    def get_credential_options(self) -> dict[str, str]:
        return self.credentials


def _s3_settings(path: AnyPath) -> dict[str, str]:
    if storage.is_local(path) or storage.protocol(path) not in S3:
        return {}
    with storage.reaching(path):
        return dict(_settings_of(path.fs))


@functools.lru_cache(maxsize=16)
def _settings_of(store: Any) -> dict[str, str]:
    """What GDAL must be told of an S3 store, so that it goes where fsspec goes, as whom it goes."""
    meta = store.s3.meta
    address = urlsplit(meta.endpoint_url)
    settings = {
        # else a file that was written anew since is read as it was
        "CPL_VSIL_CURL_NON_CACHED": "/vsis3/",
        "AWS_NO_SIGN_REQUEST": "YES" if store.anon else "NO",
        **RETRIES,
    }
    if not str(address.hostname).endswith(("amazonaws.com", "amazonaws.com.cn")):
        virtual = (meta.config.s3 or {}).get("addressing_style") == "virtual"
        settings |= {
            "AWS_S3_ENDPOINT": address.netloc,
            "AWS_HTTPS": "YES" if address.scheme == "https" else "NO",
            "AWS_VIRTUAL_HOSTING": "TRUE" if virtual else "FALSE",
        }
    if "AWS_CA_BUNDLE" in os.environ:
        settings["CURL_CA_BUNDLE"] = os.environ["AWS_CA_BUNDLE"]
    stated = {"AWS_REGION": meta.region_name, **_keys(store)}
    return settings | {name: str(value) for name, value in stated.items() if value}


def _keys(store: Any) -> dict[str, str | None]:
    """The keys that were stated, or those that botocore found."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    if store.key:
        return dict(zip(names, (store.key, store.secret, store.token), strict=True))
    found = None if store.anon else sync(store.loop, store.session.get_credentials)
    if found is None or found.method in RENEWED_BY_GDAL:
        return {}
    keys = sync(store.loop, found.get_frozen_credentials)
    return dict(zip(names, (keys.access_key, keys.secret_key, keys.token), strict=True))


@functools.cache
def _copy(path: AnyPath, stamp: str) -> Path:
    """Kept until the process ends: blocks are read from it as they are asked for."""
    folder = Path(tempfile.mkdtemp(prefix="geoprospect-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return fetched(path, folder)
