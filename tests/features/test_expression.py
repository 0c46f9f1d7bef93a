import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, PipelineError
from geoprospect.features.expression import expression
from geoprospect.pipeline.plan import loads
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)


def pair(seed=0):
    rng = np.random.default_rng(seed)
    k, th = rng.lognormal(size=(2, 13, 17))
    k[rng.random(k.shape) < 0.2] = np.nan
    return xr.Dataset(
        {"k": made.layer(k, GRID, units="%"), "th": made.layer(th, GRID, units="mg kg-1")}
    )


@given(st.integers(0, 1000), st.integers(1, 20))
@settings(max_examples=15)
def test_a_ratio_is_numpys_whatever_the_chunks(seed, side):
    several = pair(seed)
    with made.chunks_of(side):
        found = values(expression(several, formula="log10(k / th) * 2", units="1"))
    k, th = (several[name].values.astype("f8") for name in ("k", "th"))
    np.testing.assert_allclose(found, 2 * np.log10(k / th), rtol=1e-6, atol=1e-7)
    whole = values(expression(several, formula="log10(k / th) * 2", units="1"))
    np.testing.assert_array_equal(found, whole)


def test_several_sources_by_stated_names():
    several = pair()
    slope = made.layer(np.full((13, 17), 3.0), GRID, units="degree")
    found = expression(
        [slope, several], formula="s + pot * 0", units="degree", names=["s", "pot", "x"]
    )
    assert np.nanmax(values(found)) == np.nanmin(values(found)) == 3


def test_what_has_no_value_becomes_unknown_and_is_said_once(caplog):
    zeros = xr.Dataset({"a": made.layer(np.array([[0, 1, np.nan, 4.0]]), small_grid(1, 4))})
    with made.chunks_of(1):
        found = values(expression(zeros, formula="1 / a", units="m-1"))
    np.testing.assert_array_equal(found, [[np.nan, 1, np.nan, 0.25]])
    assert len(caplog.records) == 1
    assert "1 / a has no finite value where it divides by zero" in caplog.text
    assert "these cells become unknown (1 of the first block that has any)" in caplog.text


def test_what_is_too_great_becomes_unknown_and_is_said(caplog):
    one = xr.Dataset({"a": made.layer(np.array([[1.0, 500.0]]), small_grid(1, 2))})
    found = values(expression(one, formula="exp(a)", units="1"))
    np.testing.assert_allclose(found, [[np.e, np.nan]], rtol=1e-6)
    assert "(1 of the first block" in caplog.text


def test_unknown_on_purpose_is_not_complained_of(caplog):
    found = values(expression(pair(), formula="where(th > 1, unknown, th)", units="1"))
    assert np.nanmax(found) <= 1
    assert np.isnan(found).any()
    assert not caplog.records


def test_layers_that_the_formula_does_not_name_may_be_anything():
    classes = made.layer(np.ones((13, 17)), GRID, long_name="rock", meanings={1: "granite"})
    several = pair().assign(rock=classes)
    assert expression(several, formula="k + 1", units="%").attrs["long_name"] == "k + 1"
    with pytest.raises(ContractError, match="needs measured values, and 'rock' holds codes"):
        expression(several, formula="rock + k", units="1")


def test_lazy_on_the_grid_and_says_what_it_is():
    found = expression(pair(), formula="k\n/ th", units="1", long_name="K/Th")
    assert lazy.is_lazy(found)
    assert found.attrs == {"long_name": "K/Th", "units": "1"}
    contract.check_layer(found, GRID, "k_th")
    told = pair()
    told["d"] = made.layer(np.ones((13, 17)), GRID, quality=True)
    assert contract.is_quality(expression(told, formula="d * 2", units="m"))
    assert not contract.is_quality(expression(told, formula="where(d > 2, unknown, k)", units="%"))


def test_a_mistake_is_told_with_its_place():
    with pytest.raises(
        ValueError, match=r"at character 5, 'u': no layer is called 'u'; known: k, th"
    ):
        expression(pair(), formula="k / u", units="1")


PIPELINE = """
seed: 1
grid: {{bbox: [0, 0, 1000, 1000], crs: "EPSG:32648", resolution: 100}}
inputs:
  k: {{raster: {{path: k.tif}}}}
  th: {{raster: {{path: th.tif}}}}
  deposits: {{vector: {{path: d.gpkg}}}}
features:
  ratio: {{expression: {{source: [k, th], names: [k, th], units: "1", formula: "{}"}}}}
labels: {{uniform: {{deposits: deposits, count: 10}}}}
validation: {{random: {{folds: 2}}}}
model: {{lightgbm: {{}}}}
targets: {{top_fraction: {{fraction: 0.1, minimum_area: 1}}}}
"""


def test_a_pipeline_file_with_a_broken_formula_is_refused_before_any_file_is_opened():
    pipeline = loads(PIPELINE.format("log10(k / th)"))
    assert pipeline.features["ratio"].settings["formula"] == "log10(k / th)"
    with pytest.raises(
        PipelineError, match=r"pipeline:9:\d+: features.ratio.expression.formula"
    ) as e:
        loads(PIPELINE.format("log(k / th)"))
    assert "no function is called 'log'; did you mean 'log10'?" in str(e.value)
