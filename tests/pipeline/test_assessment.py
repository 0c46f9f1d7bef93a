"""The section resources: what binds, and what is refused before anything is mapped."""

import re

import numpy as np
import pandas as pd
import pytest

from geoprospect import pipeline
from geoprospect.errors import DataError, PipelineError

MARK3 = {"mark3": {"thresholds": [1, 3, 8]}}
FROM_MAP = {"endowment": {"completeness": "noise", "label_frequency": 0.6}}
PORPHYRY = {"published": {"name": "porphyry_copper", "truncated": True}}
DEPTHS = [[0.5, 0, 60], [0.5, 61, 800]]


def loaded(district, **resources):
    district.plan["resources"] = resources
    return pipeline.load(district.write())


def test_a_plain_estimate_needs_no_more(district):
    made = loaded(district, numbers={"panel": MARK3}).resources
    assert [call.label for call in made.calls()] == ["resources.numbers.panel.mark3"]
    assert made.endowment is made.model is made.weights is None
    assert made.trials == 20_000
    assert pipeline.check(loaded(district, numbers={"panel": MARK3})) is not None


def test_an_area_in_square_kilometres_is_no_study_area(district):
    made = loaded(district, numbers={"density": {
        "deposit_density": {"area": 2000, "type": "porphyry_copper"}}}).resources  # fmt: skip
    assert made.numbers["density"]({}, area="the study area", seed=1).mean > 1


def test_layers_of_the_section_are_known_below_and_nowhere_else(district):
    district.plan["calibration"] = {}
    layers = {"far": {"sample_distance": {"source": "faults", "max_distance": 900}},
              "explored": {"fuzzy_linear": {"source": "far", "zero": 900, "one": 0}}}  # fmt: skip
    from_map = {"endowment": {"completeness": "explored", "label_frequency": 1}}
    made = loaded(district, layers=layers, numbers={"map": from_map})
    assert made.resources.endowment.data == {"completeness": "explored"}
    assert "explored" not in made.features
    district.plan["features"]["x"] = {"rank": {"source": "explored"}}
    with pytest.raises(PipelineError, match=r"features\.x.*nothing above is called 'explored'"):
        loaded(district, layers=layers, numbers={"map": from_map})


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({}, r"resources: missing numbers: .*one estimate at least"),
        ({"numbers": 3}, r"resources\.numbers: expected entries as name: \{function: \.\.\.\}"),
        ({"numbers": {"a": {"mark4": {}}}},
         "no estimator of the number of deposits is called 'mark4'; did you mean 'mark3'"),
        ({"numbers": {"a": MARK3}, "modle": {}}, "resources.modle: is no part of resources; did"),
        ({"numbers": {"a": {"mark3": {"thresholds": "many"}}}}, r"mark3\.thresholds: .*'many'"),
        ({"numbers": {"a": FROM_MAP}}, r"counts deposits by calibrated maps; .*calibration: \{\}"),
        ({"numbers": {"a": MARK3}, "weights": {"b": 1}}, "a weight for each of a, got"),
        ({"numbers": {"a": MARK3}, "weights": {"a": -1}}, "0 or more, one above 0, got a: -1"),
        ({"numbers": {"a": MARK3}, "weights": {"a": 0}}, "one above 0, got only zeros"),
        ({"numbers": {"a": MARK3}, "trials": 10}, r"trials: expected a whole number of 100"),
        ({"numbers": {"a": MARK3}, "economics": {"body": "massive", "depths": DEPTHS}},
         "filters the deposits of a model; state it under model:"),
        ({"numbers": {"a": MARK3}, "model": PORPHYRY,
          "economics": {"body": "round", "depths": DEPTHS}}, r"economics\.body: .*got 'round'"),
        ({"numbers": {"a": MARK3}, "model": {"published": {"nam": "x"}}}, "no argument 'nam'"),
        ({"numbers": {"a": MARK3}, "volumes": {"v": {"volume": {}}}}, "estimate by volume is call"),
    ],
)  # fmt: skip
def test_what_cannot_be_bound_is_told_with_its_place(district, resources, message):
    with pytest.raises(PipelineError, match=message) as told:
        loaded(district, **resources)
    assert "tiny.yaml:" in str(told.value)


def test_a_section_that_is_no_mapping_is_told(district):
    district.plan["resources"] = [1]
    with pytest.raises(PipelineError, match=r"resources: expected numbers: .*got \[1\]"):
        pipeline.load(district.write())


def noted(caught):
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"numbers": {"a": {"mark3": {"thresholds": [3, 1, 8]}}}},
         "not monotone: N90 <= N50 <= N10 .*\n.*3, 1, 8.*\nin resources.numbers.a.mark3"),
        ({"numbers": {"a": {"negative_binomial": {"experts": {"Li": {"n90": 1}}}}}},
         "Li: needs weight, n90, n50 and n10"),
        ({"numbers": {"a": {"endowment": {"completeness": "noise", "label_frequency": 0}}}},
         r"resources.numbers.a.endowment: label_frequency must lie in \(0, 1\], got 0"),
        ({"numbers": {"a": MARK3}, "model": {"published": {"name": "porphyry"}}},
         "there is no model of 'porphyry'; did you mean 'porphyry_copper'"),
        ({"numbers": {"a": MARK3}, "model": PORPHYRY,
          "economics": {"body": "massive", "depths": [[0.4, 0, 60]]}}, "probabilities that sum to"),
        ({"numbers": {"a": MARK3}, "model": PORPHYRY, "economics": {
            "body": "massive", "depths": DEPTHS, "prices": {"Au": 4e7}, "cost_index": 2}},
         "Cu has no price in prices stated in the pipeline"),
        ({"numbers": {"a": MARK3}, "volumes": {"v": {"geochemical_block": {
            "commodity": "Cu", "area": 100, "thickness": 500, "density": [3, 2.7, 2.6],
            "mean_grade": [30, 40, 50], "yield_": [0.01, 0.02, 0.03]}}}},
         "density must be least, likeliest and greatest.*\nin resources.volumes.v"),
    ],
)  # fmt: skip
def test_what_a_stage_refuses_shows_in_check(district, resources, message, caplog):
    district.plan["calibration"] = {}
    plan = loaded(district, **resources)
    with pytest.raises((DataError, PipelineError)) as caught:
        pipeline.check(plan)
    assert re.search(message, noted(caught), re.DOTALL), noted(caught)


def grades(district, copper):
    table = pd.DataFrame({"lon": np.linspace(-110, -70, len(copper)), "lat": -20.0,
                          "mt": np.linspace(50, 900, len(copper)), "cu": copper})  # fmt: skip
    table.to_csv(district.folder / "grades.csv", index=False)
    district.plan["inputs"]["sizes"] = {"table": {
        "path": "grades.csv", "x": "lon", "y": "lat", "crs": "EPSG:4326",
    }}  # fmt: skip
    return {"grade_tonnage": {
        "deposits": "sizes", "name": "andean", "source": "made", "tonnage": "mt",
        "grades": {"Cu": "cu"}, "tonnage_unit": "Mt", "grade_units": {"Cu": "%"},
        "truncated": True,
    }}  # fmt: skip


def test_a_grade_table_may_lie_on_another_continent_and_its_zeros_are_asked_about(district):
    rng = np.random.default_rng(1)
    model = grades(district, np.exp(rng.normal(-0.7, 0.3, 20)))
    pipeline.check(loaded(district, numbers={"a": MARK3}, model=model))
    model = grades(district, [0.5, 0, 0.7, 0.4, 0.6, 0])
    with pytest.raises(DataError) as caught:
        pipeline.check(loaded(district, numbers={"a": MARK3}, model=model))
    assert "cu: 2 zeros; 0 often means missing: if it does, say zeros: missing" in noted(caught)
    assert "in resources.model.grade_tonnage" in noted(caught)
