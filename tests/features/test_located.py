"""Samples and the polygons they lie in, counted by hand."""

from __future__ import annotations

import logging

import pytest
import shapely

from geoprospect.errors import ContractError, DataError
from geoprospect.features.located import with_class
from geoprospect.features.thresholds import enriched
from tests.features.made import corner, frame


def samples(*places):
    made = frame(*[shapely.Point(*corner(*place)) for place in places], Cu=[1.0] * len(places))
    made.attrs["units"] = {"Cu": "ug/g"}
    return made


def rocks():
    box = [(0, 0, 100, 100), (100, 0, 200, 100), (50, 0, 150, 100)]
    shapes = [shapely.box(*corner(a, d), *corner(c, b)) for a, b, c, d in box]
    return frame(*shapes, unit=["basalt ", 7.0, "dyke"])


def test_each_sample_takes_the_first_polygon_it_lies_in(caplog):
    made = samples((10, 50), (60, 50), (120, 50), (190, 50), (300, 50))
    with caplog.at_level(logging.WARNING):
        found = with_class(made, rocks(), column="unit", name="rock")
    assert found["rock"].tolist()[:4] == ["basalt", "basalt", "7", "7"]
    assert found["rock"].isna().tolist() == [False] * 4 + [True]
    assert "rock" not in made
    assert found.attrs["units"] == {"Cu": "ug/g"}
    assert "1 of 5 samples lie in no polygon" in caplog.text
    assert "2 of 5 samples lie in several polygons" in caplog.text


def test_the_class_may_be_a_group_of_others():
    made = samples(*[(10 + i, 50) for i in range(5)])
    found = with_class(made, rocks(), column="unit", name="rock")
    assert (
        enriched(found, columns=["Cu"], over="median", by="rock", seed=1)["Cu_enrichment"] == 1
    ).all()


def test_what_cannot_be_located_is_said():
    with pytest.raises(
        ContractError, match="samples are in EPSG:4326 and the polygons in EPSG:32648"
    ):
        with_class(samples((1, 1)).to_crs(4326), rocks(), column="unit", name="rock")
    with pytest.raises(DataError, match="none of 1 samples lies in one of 3 polygons"):
        with_class(samples((900, 1)), rocks(), column="unit", name="rock")
    with pytest.raises(DataError, match="with_class is made from polygons, and this vector layer"):
        with_class(samples((1, 1)), samples((1, 1)), column="Cu", name="rock")
    with pytest.raises(DataError, match="no column 'rock'"):
        with_class(samples((1, 1)), rocks(), column="rock", name="rock")
    with pytest.raises(DataError, match="already has a column 'Cu'"):
        with_class(samples((1, 1)), rocks(), column="unit", name="Cu")
