"""
What satellites measure: their bands by role, indices of minerals, codes of clouds.

Tables only; :mod:`geoprospect.features.spectral` makes layers of them. Roles with a
number are short-wave infrared bands by wavelength [nm], or thermal ones by wavelength
[10 nm].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BANDS: Mapping[str, Mapping[str, str]] = {
    "sentinel2": {
        "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir1": "B11", "swir2": "B12",
    },
    "landsat": {
        "blue": "B2", "green": "B3", "red": "B4", "nir": "B5", "swir1": "B6", "swir2": "B7",
    },
    "aster": {
        "green": "B1", "red": "B2", "nir": "B3N", "swir1": "B4", "swir_2167": "B5",
        "swir_2209": "B6", "swir_2262": "B7", "swir_2336": "B8", "swir_2400": "B9",
        "tir_829": "B10", "tir_863": "B11", "tir_908": "B12", "tir_1066": "B13", "tir_1132": "B14",
    },
}  # fmt: skip
"""
Role to the sensor's own name of the band.

Drusch et al. (2012) for Sentinel-2, Roy et al. (2014) for Landsat 8 and 9, Yamaguchi et
al. (1998) for ASTER.
"""


@dataclass(frozen=True)
class Index:
    """A ratio of two formulas over band roles; what it shows, and who says so."""

    over: str
    under: str
    shows: str
    source: str


_NDVI = Index("nir - red", "nir + red", "green vegetation", "Rouse et al. (1974)")
_FERRIC = Index("red", "blue", "iron oxides, hematite and jarosite", "Sabins (1999)")
_FERROUS = Index("swir1", "nir", "ferrous iron of chlorite and mafic rock", "Segal (1982)")
_HYDROXYL = Index(
    "swir1", "swir2", "clay, mica and other hydroxyl, carbonate as well", "Sabins (1999)"
)

INDICES: Mapping[str, Mapping[str, Index]] = {
    "ndvi": {"sentinel2": _NDVI, "landsat": _NDVI, "aster": _NDVI},
    "ferric_iron": {
        "sentinel2": _FERRIC,
        "landsat": _FERRIC,
        "aster": Index("red", "green", "iron oxides", "Rowan and Mars (2003)"),
    },
    "ferrous_iron": {
        "sentinel2": _FERROUS,
        "landsat": _FERROUS,
        "aster": Index(
            "swir_2167 * red + green * nir", "nir * red",
            "ferrous iron: band 5 over 3 plus band 1 over 2", "Rowan and Mars (2003)",
        ),
    },
    "clay": {
        "sentinel2": _HYDROXYL,
        "landsat": _HYDROXYL,
        "aster": Index(
            "swir_2167 + swir_2262", "swir_2209",
            "sericite, muscovite, illite and smectite", "Rowan and Mars (2003)",
        ),
    },
    "alunite_kaolinite": {
        "aster": Index(
            "swir1 + swir_2209", "swir_2167", "alunite, kaolinite and pyrophyllite",
            "Rowan and Mars (2003)",
        ),
    },
    "carbonate": {
        "aster": Index(
            "swir_2262 + swir_2400", "swir_2336", "carbonate, chlorite and epidote",
            "Rowan and Mars (2003)",
        ),
    },
    "carbonate_thermal": {
        "aster": Index("tir_1066", "tir_1132", "calcite and dolomite", "Ninomiya (2002)"),
    },
    "quartz": {
        "aster": Index("tir_863 ** 2", "tir_829 * tir_908", "quartz", "Ninomiya (2002)"),
    },
    "silica": {
        "aster": Index(
            "tir_1066", "tir_908", "silica in silicate rock", "Kalinowski and Oliver (2004)"
        ),
    },
    "mafic": {
        "aster": Index(
            "tir_908 * tir_1132 ** 3", "tir_1066 ** 4", "mafic and ultramafic rock",
            "Ninomiya et al. (2005)",
        ),
    },
}  # fmt: skip
"""Index to what each sensor measures it by."""


@dataclass(frozen=True)
class Contrast:
    """Bands of a directed component analysis: the mineral lifts one of two and sinks the other."""

    bands: tuple[str, ...]
    bright: str
    dark: str


CONTRASTS: Mapping[str, Mapping[str, Contrast]] = {
    "hydroxyl": {
        **dict.fromkeys(
            ("sentinel2", "landsat"), Contrast(("blue", "nir", "swir1", "swir2"), "swir1", "swir2")
        ),
        "aster": Contrast(("green", "nir", "swir1", "swir_2209"), "swir1", "swir_2209"),
    },
    "iron": {
        **dict.fromkeys(
            ("sentinel2", "landsat"), Contrast(("blue", "red", "nir", "swir1"), "red", "blue")
        ),
        "aster": Contrast(("green", "red", "nir", "swir1"), "red", "green"),
    },
}
"""What Crosta's method sets against what, after Loughlin (1991)."""

PRODUCTS: Mapping[str, tuple[float, float]] = {
    "landsat_collection2_level2": (2.75e-5, -0.2),
    "sentinel2_level2a": (1e-4, -0.1),
    "sentinel2_level2a_before_baseline_04": (1e-4, 0.0),
}
"""
Scale and offset from a product's numbers to surface reflectance.

USGS, Landsat 8-9 Collection 2 Level 2 Science Product Guide; ESA, Sentinel-2 processing
baseline 04.00 (25 January 2022), from which on 1000 is added to every number.
"""

SCENE_CLEAR = frozenset({4, 5, 6, 7})
SCENE_UNCLEAR = frozenset({1, 2, 3, 8, 9, 10, 11})
"""
Sentinel-2 scene classes: 4 vegetation, 5 bare, 6 water, 7 unclassified; against 1
defective, 2 dark, 3 cloud shadow, 8 and 9 cloud, 10 cirrus, 11 snow. 0 is no data.
"""

PIXEL_FILL = 1 << 0
PIXEL_UNCLEAR = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5
"""Landsat QA_PIXEL bits: 0 fill; 1 dilated cloud, 2 cirrus, 3 cloud, 4 shadow, 5 snow."""
