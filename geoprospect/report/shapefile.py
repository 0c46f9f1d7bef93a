"""Vector layers as Shapefiles, for devices and programs that read nothing else."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoprospect.errors import ContractError, OutputError
from geoprospect.report import files
from geoprospect.storage import AnyPath

LOG = logging.getLogger(__name__)

WIDTH = 10
"""Letters that a field's name may have; the format knows no more."""
LONGEST = 254
"""Bytes that a text may have in UTF-8."""
ALIASES = "fields.csv"

SHORT = {
    "mean_prospectivity": "mean_score", "max_prospectivity": "max_score",
    "q90_prospectivity": "q90_score", "nearest_deposit_m": "near_dep_m",
    "nearest_deposit": "near_dep", "missing_share": "missing", "target_share": "tgt_share",
    "target_class": "class", "weighted_score": "w_score", "top10_members": "top10_mem",
    "top10_weights": "top10_wgt", "outside_applicability": "outside",
    "area_lost_km2": "lost_km2", "expected_deposits": "exp_dep", "longitude": "lon",
    "latitude": "lat", "fold_spatial_blocks": "fold_block", "fold_random": "fold_rand",
}  # fmt: skip
"""Names that people would choose; others are shortened by rule."""

WORDS = {
    "prospectivity": "prosp", "uncertainty": "uncert", "applicability": "applic",
    "distance": "dist", "ownership": "owner", "nearest": "near", "deposits": "deps",
    "deposit": "dep", "longitude": "lon", "latitude": "lat",
}  # fmt: skip
"""How words within a name that is too long are shortened first."""


def field_names(columns: Iterable[str]) -> dict[str, str]:
    """
    Names that survive a Shapefile: ten ASCII letters or fewer, each once whatever its case.

    Known columns have names of their own, names that fit stay, others are shortened word by
    word; a number tells apart what would come out the same. Names in other scripts become
    ``field_1``, ``field_2``, ...; the table written beside the file says what each stands for.

    Parameters
    ----------
    columns : iterable of str
        Names as they are in the GeoPackage, in any script.

    Returns
    -------
    dict of str to str
        Column to field, in the order given.

    References
    ----------
    .. [1] ESRI (1998). ESRI Shapefile Technical Description; dBASE III tables.
    """
    given = [str(column) for column in columns]
    found: dict[str, str] = {}
    taken: set[str] = set()
    # what has a name of its own or fits as it is keeps it, wherever it stands
    for column in sorted(given, key=lambda one: not (one in SHORT or _fits(one))):
        name = _free(SHORT.get(column) or _shortened(column), taken)
        taken.add(name.lower())
        found[column] = name
    return {column: found[column] for column in given}


def shapefiles(layers: Mapping[str, gpd.GeoDataFrame | None], folder: AnyPath) -> AnyPath:
    """
    Write vector layers as Shapefiles into one folder, with a table of what fields stand for.

    Each is UTF-8 and says so (``.cpg``); ``fields.csv`` holds layer, field and the long name.
    What a Shapefile cannot hold is told as a warning: texts over 254 bytes are cut at a
    letter, and an empty layer has no type of geometry and is left out. What is None is left out.
    The folder appears under its name when whole and replaces one of that name.

    Parameters
    ----------
    layers : mapping of layer name to GeoDataFrame
        All with a CRS, each of one kind of geometry (points, lines or polygons).
    folder : path
        The folder of the files.

    Raises
    ------
    ContractError
        If a layer has no CRS, or mixes points, lines and polygons.
    OutputError
        If a file cannot be written.
    """
    given = {name: frame for name, frame in layers.items() if frame is not None}
    for name, frame in given.items():
        _check(name, frame)
    told: list[tuple[str, str, str]] = []
    with files.replaced(folder) as place:
        place.mkdir()
        for name, frame in given.items():
            if frame.empty:
                LOG.warning("layer %r is empty, and no Shapefile is written of it", name)
                continue
            fields = field_names(frame.columns.drop(frame.geometry.name))
            _write(frame, name, fields, place / f"{_file_name(name)}.shp")
            told += [(name, field, column) for column, field in fields.items()]
        table = pd.DataFrame(told, columns=["layer", "field", "name"])
        text = table.to_csv(index=False, lineterminator="\n")
        (place / ALIASES).write_text("\ufeff" + text, encoding="utf-8", newline="\n")
    return folder


def _check(name: str, frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None:
        raise ContractError(f"layer {name!r} has no CRS, so no map program could place it")
    kinds = sorted(set(frame.geom_type.dropna().str.removeprefix("Multi")))
    if len(kinds) > 1:
        raise ContractError(
            f"layer {name!r} holds {' and '.join(kinds)} features, and a Shapefile one kind "
            "alone; part it into layers"
        )


def _write(frame: gpd.GeoDataFrame, name: str, fields: Mapping[str, str], place: Path) -> None:
    plain = frame.rename(columns=dict(fields))
    for column, field in fields.items():
        if pd.api.types.is_string_dtype(frame[column]) or frame[column].dtype == object:
            plain[field] = _within(frame[column], f"{name}.{column}")
        elif frame[column].dtype == bool:
            plain[field] = frame[column].astype("int32")
    try:
        pyogrio.write_dataframe(
            plain, place, driver="ESRI Shapefile", encoding="UTF-8", promote_to_multi=False
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(f"cannot write {place.name}: {error}") from error


def _within(texts: pd.Series, told: str) -> pd.Series:
    """Texts of which each fits the format."""
    raw = texts.map(lambda one: None if pd.isna(one) else str(one).encode())
    long = raw.map(lambda one: one is not None and len(one) > LONGEST)
    if long.any():
        LOG.warning(
            "%s: %d texts are longer than the %d bytes that a Shapefile holds and are cut; the "
            "GeoPackage has them whole",
            told, int(long.sum()), LONGEST,
        )  # fmt: skip
    return raw.map(lambda one: None if one is None else one[:LONGEST].decode(errors="ignore"))


# --- names --------------------------------------------------------------------------------


def _fits(name: str) -> bool:
    return len(name) <= WIDTH and re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) is not None


def _shortened(column: str) -> str:
    """The column's name in ten ASCII letters or fewer, as much of each word as there is room."""
    if _fits(column):
        return column
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode()
    words = [WORDS.get(word, word) for word in re.findall(r"[A-Za-z0-9]+", plain)]
    if not words or not re.search(r"[A-Za-z]", plain) or len(plain) < len(column) / 2:
        return "field_1"
    if words[0][0].isdigit():
        words.insert(0, "f")
    while len("_".join(words)) > WIDTH:
        longest = max(range(len(words)), key=lambda n: len(words[n]))
        if len(words[longest]) <= 1:
            return "_".join(words)[:WIDTH].rstrip("_")
        words[longest] = _less(words[longest])
    return "_".join(words)


def _less(word: str) -> str:
    """A word by one letter shorter: its last vowel that does not begin it, else its end."""
    if len(word) <= 4:
        return word[:-1]
    vowels = [n for n, letter in enumerate(word) if n and letter.lower() in "aeiou"]
    cut = vowels[-1] if vowels else len(word) - 1
    return word[:cut] + word[cut + 1 :]


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first with a number that nothing bears."""
    stem, number = re.sub(r"^field_1$", "field", name), 1
    while name.lower() in taken:
        number += 1
        ending = f"_{number}"
        name = stem[: WIDTH - len(ending)].rstrip("_") + ending
    return name


def _file_name(layer: str) -> str:
    """The layer's name as that of a file; any script will do."""
    return re.sub(r'[\\/:*?"<>|\s]+', "_", layer).strip("._") or "layer"
