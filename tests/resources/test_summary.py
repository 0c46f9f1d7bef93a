"""What a run writes of all estimates."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from geoprospect import quantities
from geoprospect.errors import DataError
from geoprospect.registry import ESTIMATORS
from geoprospect.resources.contained import contained
from geoprospect.resources.deposits import counted
from geoprospect.resources.elicited import mark3
from geoprospect.resources.published import published
from geoprospect.resources.size_classes import bounds_of
from geoprospect.resources.summary import summary
from tests.report.amounted import make_resources


def test_all_of_it_goes_through_json_and_is_predicted():
    told = make_resources()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["guard"] == quantities.GUARD
    levels = [told, *told["numbers"], told["pooled"], told["contained"], told["recovered"]]
    assert {one["evidence_level"] for one in (*levels, *told["others"])} == {"predicted"}


def test_without_more_the_numbers_stand_alone():
    told = summary([mark3(thresholds=[1, 2, 4])], seed=1)
    assert told["pooled"]["mean"] == pytest.approx(2.2333, abs=1e-4)
    assert told["model"] is told["contained"] is told["recovered"] is None
    with pytest.raises(DataError, match="no estimate of the number"):
        summary([], seed=1)


def test_sizes_of_single_deposits_are_those_of_the_normal_curve():
    model = published(name="porphyry_copper", truncated=False)
    shares = summary([mark3(thresholds=[1, 2, 4])], model=model, seed=1)["model"]["sizes"]["Cu"]
    # ln(metal) is nearly normal: grades are small shares of a whole
    grades = np.log(model.grades(np.random.default_rng(1).standard_normal((100_000, 1))))
    mean = model.tonnage.centres[0] + grades.mean()
    sd = math.hypot(model.tonnage.width, grades.std())
    below = [0.5 * (1 + math.erf((math.log(one) - mean) / sd / 2**0.5))
             for one in (bounds_of("Cu").small, bounds_of("Cu").large)]  # fmt: skip
    wanted = {"small": below[0], "medium": below[1] - below[0], "large": 1 - below[1]}
    assert shares == pytest.approx(wanted, abs=0.012)


def test_areas_get_their_share_of_the_metal():
    number, model = counted([0.5, 0.5], "made"), published(name="porphyry_copper", truncated=True)
    held = contained(number, model, seed=1, trials=500)
    table = pd.DataFrame({"label": ["a", "elsewhere"], "share": [0.25, 0.75],
                          "expected": [0.125, 0.375], "chance": [0.1, 0.3]})  # fmt: skip
    rows = summary([number], model=model, contained=held, areas={"x": table}, seed=1)["areas"]["x"]
    whole = held.quantity("Cu").mean
    assert rows[0]["metal"]["Cu"] == pytest.approx(0.25 * whole)
    assert sum(row["metal"]["Cu"] for row in rows) == pytest.approx(whole)


def test_estimators_are_found_by_name():
    assert set(ESTIMATORS) == {
        "mark3", "negative_binomial", "deposit_density", "one_level", "endowment", "rank_size",
        "target_count",
    }  # fmt: skip
