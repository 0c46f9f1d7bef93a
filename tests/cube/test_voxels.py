"""The cube of voxels: what is refused, and that a sample is never told its own answer."""

from __future__ import annotations

import numpy as np
import pytest

from geoprospect import contract
from geoprospect.blocks import BlockGrid, grid_of
from geoprospect.cube.voxels import rows, stacked, table
from geoprospect.errors import ContractError
from geoprospect.features.voxels.holes import grade
from geoprospect.features.voxels.layers import with_distance
from tests import underground

SMALL = BlockGrid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (4, 3, 2), "EPSG:32648")


def layer(start=0):
    value = np.arange(start, start + 24.0)
    return with_distance(SMALL, value, value / 2, long_name="height", units="m", data="point")


def test_evidence_and_its_distances_keep_their_places():
    made = stacked({"one": layer(), "two": layer(100)}, blocks=SMALL)
    assert contract.evidence(made) == ["one", "two"]
    assert grid_of(made) == SMALL
    np.testing.assert_array_equal(rows(made)[17], [17, 117])
    assert float(made["two_distance"][1, 1, 1]) == (100 + 12 + 4 + 1) / 2


def test_a_sample_has_its_voxels_values_and_others_of_holes():
    drilled = underground.samples()
    of_others = underground.of_holes(drilled, at=drilled)
    found = table(underground.cube(), drilled, of_others=of_others)
    names = contract.evidence(underground.cube())
    one = drilled.iloc[77]
    fault = underground.cube()["fault"][one["layer"], one["row"], one["column"]]
    assert found[77, names.index("fault")] == float(fault)
    np.testing.assert_array_equal(found[:, names.index("cu")], of_others["cu"]["value"])


def test_a_layer_made_of_the_samples_own_holes_is_refused():
    drilled = underground.samples()
    with pytest.raises(ContractError, match="cu: it was made of drill holes, and at a sample"):
        table(underground.cube(), drilled, of_others={})
    short = underground.of_holes(drilled, at=drilled[:9])
    with pytest.raises(ContractError, match=f"cu: of_others has 9 values for {len(drilled)} sam"):
        table(underground.cube(), drilled, of_others=short)
    with pytest.raises(ContractError, match="au: the cube has no such layer"):
        table(underground.cube(), drilled, of_others={"au": short["cu"]})


def test_all_that_is_wrong_with_layers_is_listed():
    other = grade(underground.samples(), at=underground.BLOCKS, column="cu", units="%", radius=9)
    bare = layer().drop_attrs()
    with pytest.raises(ContractError) as told:
        stacked({"Cu": layer(), "au": other, "ag": bare, "ni": bare[["value"]]}, blocks=SMALL)
    for part in (
        "Cu: a layer's id is ASCII", "au: its value is", "ag: the attrs of its value lack 'units'",
        "ni: it lacks 'value' or 'distance'",
    ):  # fmt: skip
        assert part in str(told.value)
    with pytest.raises(ContractError, match="it has no evidence layer"):
        stacked({}, blocks=SMALL)
