"""Sizes of deposits and classes of ground, against the published list."""

import pytest

from geoprospect.errors import DataError
from geoprospect.resources.size_classes import (
    CHINESE,
    bounds_of,
    ground_class,
    size_class,
    size_classes,
    size_shares,
    support_class,
)

WAN = 1e4  # 万
LIST = {  # large from, small below [t], out of 国土资发[2000]133号
    "gold": (20, 5), "placer_gold": (8, 2), "silver": (1000, 200), "copper": (50 * WAN, 10 * WAN),
    "lead": (50 * WAN, 10 * WAN), "zinc": (50 * WAN, 10 * WAN), "nickel": (10 * WAN, 2 * WAN),
    "cobalt": (2 * WAN, 0.2 * WAN), "tungsten": (5 * WAN, 1 * WAN), "tin": (4 * WAN, 0.5 * WAN),
    "bismuth": (5 * WAN, 1 * WAN), "molybdenum": (10 * WAN, 1 * WAN), "mercury": (2000, 500),
    "antimony": (10 * WAN, 1 * WAN), "platinum_group": (10, 2), "bauxite": (2000 * WAN, 500 * WAN),
    "low_grade_iron": (1e8, 1e7), "high_grade_iron": (5e7, 5e6), "manganese": (2e7, 2e6),
    "chromium": (5e6, 1e6), "vanadium": (1e6, 1e5), "niobium": (1e5, 1e4), "tantalum": (1000, 500),
    "lithium": (1e5, 1e4), "beryllium": (10_000, 2000), "rare_earths": (5e5, 5e4),
    "uranium_in_situ": (10_000, 3000), "uranium": (3000, 1000), "phosphate": (5e7, 5e6),
    "fluorite": (1e6, 2e5),
}  # fmt: skip


def test_the_list_is_the_published_one():
    assert set(size_classes()) == set(LIST)
    for name, (large, small) in LIST.items():
        assert (bounds_of(name).large, bounds_of(name).small) == pytest.approx((large, small))


@pytest.mark.parametrize("name", LIST)
def test_bounds_belong_to_the_larger_class(name):
    large, small = LIST[name]
    amounts = [0, small * 0.999, small * 1.000001, large * 0.999, large * 1.000001]
    assert list(size_class(name, amounts)) == ["small", "small", "medium", "medium", "large"]
    assert list(CHINESE) == ["small", "medium", "large"]


def test_metals_go_by_their_symbols():
    assert size_class("Cu", 500_000.0) == "large"
    assert size_class("Au", [4.9, 5.0, 20.0]).tolist() == ["small", "medium", "large"]
    assert size_shares("Au", [1, 6, 7, 30]) == {"small": 0.25, "medium": 0.5, "large": 0.25}


def test_what_has_no_class_is_refused():
    with pytest.raises(DataError, match="no size class for 'coper'; did you mean 'copper'"):
        size_class("coper", 1.0)
    for wrong in (-1.0, float("nan")):
        with pytest.raises(DataError, match="must be known and not below 0 t"):
            size_class("Cu", wrong)


@pytest.mark.parametrize(
    ("reasons", "wanted"),
    [((1, 1, 1), "A"), ((1, 1, 0), "B"), ((0, 1, 1), "B"), ((0, 0, 1), "C"), ((0, 0, 0), "")],
)
def test_ground_is_classed_by_how_many_reasons_hold(reasons, wanted):
    names = ("favourable", "direct_indicator", "medium_or_larger")
    assert ground_class(**dict(zip(names, map(bool, reasons), strict=True))) == wanted


@pytest.mark.parametrize(
    ("known", "indicator", "scale", "wanted"),
    [
        (True, True, 50_000, "334-1"), (True, True, 200_000, "334-2"),
        (False, True, 50_000, "334-2"), (False, False, 50_000, "334-3"),
        (True, True, 500_000, "334-3"),
    ],
)  # fmt: skip
def test_support_by_data(known, indicator, scale, wanted):
    found = support_class(known_deposit=known, direct_indicator=indicator, scale=scale)
    assert found == wanted


def test_a_scale_is_a_denominator():
    with pytest.raises(DataError, match="denominator of a map scale, such as 50000, got 2e-05"):
        support_class(known_deposit=True, direct_indicator=True, scale=1 / 50_000)
