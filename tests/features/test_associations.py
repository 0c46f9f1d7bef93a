"""Associations of elements: planted ones are found, and closure makes none."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from geoprospect.errors import DataError
from geoprospect.features.associations import associations, loadings
from geoprospect.features.composition import closed
from tests.features.test_composition import table

COLUMNS = ["Cu", "Au", "Mo", "Ni", "Cr", "Co", "Zr"]
METHODS = ["components", "robust_components", "factors"]


def planted(count=400, noise=0.15, seed=5):
    """Ore raises Cu, Au and Mo, ultramafic rock Ni, Cr and Co; each sample is diluted anew."""
    random = np.random.default_rng(seed)
    ore, rock = random.normal(size=(2, count))
    raised = np.stack([1.2 * ore] * 3 + [0.8 * rock] * 3 + [0 * ore], axis=1)
    logs = raised + noise * random.normal(size=raised.shape) + random.normal(size=(count, 1))
    return table(**dict(zip(COLUMNS, np.exp(logs).T, strict=True))), ore, rock


@pytest.mark.parametrize("method", METHODS)
def test_planted_associations_are_found(method, caplog):
    made, ore, rock = planted()
    with caplog.at_level(logging.INFO):
        found = associations(made, columns=COLUMNS, count=2, method=method, seed=1)
    scores = found[["association_1", "association_2"]].to_numpy()
    # ore and rock show against each other too, as ratios do: together they span the scores
    planes = np.column_stack([ore, rock, np.ones(len(ore))])
    left = scores - planes @ np.linalg.lstsq(planes, scores, rcond=None)[0]
    assert (left.std(axis=0) < 0.25 * scores.std(axis=0)).all()
    told = loadings(found)
    assert list(told.index) == COLUMNS
    assert told.loc[["Cu", "Au", "Mo"], "association_1"].std() < 0.1
    assert told.loc[["Ni", "Cr", "Co"], "association_1"].std() < 0.1
    assert (told.abs().max() == told.max()).all()
    assert "association_1 holds" in caplog.text
    assert found.attrs["units"]["association_1"] == "1"
    assert "loadings" not in made.attrs


def test_components_are_those_of_the_covariance_of_log_ratios():
    made, _, _ = planted()
    found = associations(made, columns=COLUMNS, count=3, method="components", seed=1)
    logs = np.log(made[COLUMNS].to_numpy())
    ratios = logs - logs.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(np.cov(ratios.T))
    axes = vectors[:, np.argsort(values)[::-1][:3]]
    told = loadings(found).to_numpy()
    np.testing.assert_allclose(np.abs(told), np.abs(axes), atol=1e-9)
    scores = (ratios - ratios.mean(axis=0)) @ told
    np.testing.assert_allclose(
        found[[f"association_{i}" for i in (1, 2, 3)]].to_numpy(), scores, atol=1e-9
    )


def test_closure_changes_nothing():
    made, _, _ = planted()
    whole = closed(made, columns=COLUMNS, unit="%")
    one = associations(made, columns=COLUMNS, count=2, method="components", seed=1)
    other = associations(whole, columns=COLUMNS, count=2, method="components", seed=1)
    np.testing.assert_allclose(one["association_1"], other["association_1"], atol=1e-9)


def test_anomalies_do_not_bear_on_robust_components():
    made, _, _ = planted()
    clean = loadings(associations(made, columns=COLUMNS, count=1, method="components", seed=1))
    spoilt = made.copy()
    spoilt.loc[:30, "Zr"] = 1e6
    turned = {
        method: float(
            loadings(associations(spoilt, columns=COLUMNS, count=1, method=method, seed=1))
            .mul(clean)
            .sum()
            .abs()
            .iloc[0]
        )
        for method in ("components", "robust_components")
    }
    assert turned["robust_components"] > 0.98
    assert turned["components"] < 0.9


def test_many_samples_are_drawn_from_for_the_robust_covariance(monkeypatch, caplog):
    made, _, _ = planted(2000)
    settings = {"columns": COLUMNS, "count": 2, "method": "robust_components"}
    whole = loadings(associations(made, **settings, seed=1))
    monkeypatch.setattr("geoprospect.features.associations.MOST_ROBUST", 500)
    with caplog.at_level(logging.INFO):
        drawn = associations(made, **settings, seed=1)
    assert np.abs(loadings(drawn) - whole).to_numpy().max() < 0.1
    assert drawn["association_1"].notna().all()
    assert "that of 500 of 2000 samples" in caplog.text


def test_samples_that_lack_a_part_have_no_score(caplog):
    made, _, _ = planted()
    made.loc[3, "Au"] = np.nan
    with caplog.at_level(logging.INFO):
        found = associations(made, columns=COLUMNS, count=1, method="factors", seed=1)
    assert found["association_1"].isna().to_numpy().nonzero()[0].tolist() == [3]
    assert "1 of 400 samples lack a part" in caplog.text


def test_what_cannot_be_meant_is_refused():
    made, _, _ = planted(count=20)
    with pytest.raises(ValueError, match="associations needs at least 3 columns, got 2"):
        associations(made, columns=COLUMNS[:2], count=1, method="factors", seed=1)
    with pytest.raises(ValueError, match="count must be at least 1 and below the number of parts"):
        associations(made, columns=COLUMNS, count=7, method="factors", seed=1)
    with pytest.raises(DataError, match="20 samples have all 7 parts, and robust_components needs"):
        associations(made, columns=COLUMNS, count=2, method="robust_components", seed=1)
    with pytest.raises(DataError, match="has no loadings; pass it through associations"):
        loadings(made)
