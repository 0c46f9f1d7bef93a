"""Closure and log-ratios, against published numbers and the identities of Aitchison's geometry."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.errors import DataError
from geoprospect.features.composition import closed
from geoprospect.features.log_ratios import (
    alr,
    balances,
    clr,
    from_log_ratios,
    ilr,
    pairwise_log_ratios,
)
from geoprospect.kernels import composition as parts
from tests.features.made import corner, frame

# x and its log-ratios, from the documentation of skbio.stats.composition (scikit-bio 0.6)
X = np.array([0.1, 0.3, 0.4, 0.2])
CLR = [-0.79451346, 0.30409883, 0.5917809, -0.10136628]
ALR_OVER_FIRST = [1.09861229, 1.38629436, 0.69314718]
ILR_OF_THOSE_BEFORE = [-0.7768362, -0.68339802, 0.11704769]

SAMPLES = arrays("float64", (5, 4), elements=st.floats(1e-6, 1e6))


def table(units=None, **columns):
    count = len(next(iter(columns.values())))
    points = [shapely.Point(*corner(100 * i, 50)) for i in range(count)]
    made = frame(*points, **columns)
    made.attrs["units"] = dict.fromkeys(columns, "ug/g") if units is None else units
    return made


def four(rows):
    return table(**dict(zip("abcd", np.atleast_2d(rows).T, strict=True)))


def values(made, names):
    return made[names].to_numpy()


# --- published numbers --------------------------------------------------------------------


def test_log_ratios_are_those_published():
    found = clr(four(X), columns=list("abcd"))
    np.testing.assert_allclose(found[[f"{c}_clr" for c in "abcd"]].to_numpy()[0], CLR, atol=1e-8)
    found = alr(four(X), columns=list("bcd"), denominator="a")
    np.testing.assert_allclose(
        found[[f"{c}_alr" for c in "bcd"]].to_numpy()[0], ALR_OVER_FIRST, atol=1e-8
    )
    before = np.array([[1, -1, 0, 0], [1, 1, -1, 0], [1, 1, 1, -1]])
    np.testing.assert_allclose(parts.ilr(X, parts.basis(before)), ILR_OF_THOSE_BEFORE, atol=1e-8)
    # the same partition from the other end, so with the other sign
    found = ilr(four(X), columns=list("dcba"))
    np.testing.assert_allclose(
        found[["d_ilr", "c_ilr", "b_ilr"]].to_numpy()[0],
        -np.array(ILR_OF_THOSE_BEFORE)[::-1],
        atol=1e-8,
    )


def test_a_balance_by_hand():
    made = table(Cu=[8.0], Au=[2.0], Ti=[1.0])
    found = balances(made, named={"ore": {"above": ["Cu", "Au"], "below": ["Ti"]}})
    assert found["ore"].iloc[0] == pytest.approx(np.sqrt(2 / 3) * np.log(4.0))
    assert found.attrs["units"]["ore"] == "1"


def test_pairs_by_hand():
    found = pairwise_log_ratios(
        table(a=[8.0, 1.0], b=[2.0, np.nan], c=[1.0, 2.0]), columns=["a", "b", "c"]
    )
    np.testing.assert_allclose(found["a_over_b"], np.log([4, np.nan]))
    np.testing.assert_allclose(found["a_over_c"], np.log([8, 0.5]))
    np.testing.assert_allclose(found["b_over_c"], np.log([2, np.nan]))


# --- identities ---------------------------------------------------------------------------


@given(SAMPLES)
def test_the_way_there_and_back_gives_the_closed_composition(rows):
    closure = rows / rows.sum(axis=1, keepdims=True)
    contrasts = parts.basis(parts.pivot_signs(4))
    for back in (
        parts.clr_inverse(parts.clr(rows)),
        parts.alr_inverse(parts.alr(rows, 2), 2),
        parts.ilr_inverse(parts.ilr(rows, contrasts), contrasts),
    ):
        np.testing.assert_allclose(back, closure, rtol=1e-9)


@given(SAMPLES, SAMPLES, st.floats(0.1, 100))
def test_aitchison_geometry_holds(one, other, scale):
    contrasts = parts.basis(parts.pivot_signs(4))
    np.testing.assert_allclose(contrasts @ contrasts.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(contrasts.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(parts.clr(one).sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(parts.clr(scale * one), parts.clr(one), atol=1e-9)
    # perturbation adds log-ratios
    np.testing.assert_allclose(parts.clr(one * other), parts.clr(one) + parts.clr(other), atol=1e-9)
    # the distance of Aitchison (1986): over all pairs of parts
    pairs = np.log(one[:, :, None] / one[:, None, :]) - np.log(
        other[:, :, None] / other[:, None, :]
    )
    distance = np.sqrt((pairs**2).sum(axis=(1, 2)) / (2 * 4))
    for ratios in (parts.clr, lambda rows: parts.ilr(rows, contrasts)):
        np.testing.assert_allclose(
            np.linalg.norm(ratios(one) - ratios(other), axis=1), distance, atol=1e-7
        )


@given(SAMPLES)
def test_balances_of_a_subcomposition_do_not_hear_of_the_rest(rows):
    made = four(rows)
    named = {"ab": {"above": ["a"], "below": ["b"]}}
    whole = balances(made, named=named)
    alone = balances(made.drop(columns=["c", "d"]), named=named)
    np.testing.assert_array_equal(whole["ab"], alone["ab"])


@pytest.mark.parametrize("kind", ["clr", "alr", "ilr"])
def test_tables_go_there_and_back(kind):
    made = four([[1.0, 2, 3, 4], [40, 30, 20, 10]])
    columns = list("abcd")
    ratios = {
        "clr": lambda: clr(made, columns=columns),
        "alr": lambda: alr(made, columns=columns[:-1], denominator="d"),
        "ilr": lambda: ilr(made, columns=columns),
    }[kind]()
    found = from_log_ratios(ratios, columns=columns, kind=kind, unit="%")
    back = values(found, [f"{c}_closed" for c in columns])
    np.testing.assert_allclose(back, [[10, 20, 30, 40], [40, 30, 20, 10]])
    assert found.attrs["units"]["a_closed"] == "%"


# --- units, missing parts, what is refused --------------------------------------------------


def test_statistics_of_ratios_are_read_back_by_their_suffix():
    """A plane through ratios that lie on it is the ratios, and the way back their parts."""
    made = table(Cu=[10.0, 20, 30], Zn=[60.0, 50, 40], units={"Cu": "ug/g", "Zn": "ug/g"})
    ratios = ilr(made, columns=["Cu", "Zn"])
    ratios["Cu_ilr_regional"] = ratios["Cu_ilr"].mean()
    found = from_log_ratios(ratios, columns=["Cu", "Zn"], kind="ilr", unit="%", suffix="_regional")
    odds = np.prod([10 / 60, 20 / 50, 30 / 40]) ** (1 / 3)  # the geometric mean of Cu over Zn
    np.testing.assert_allclose(found["Cu_closed_regional"], 100 * odds / (1 + odds))
    np.testing.assert_allclose(found["Cu_closed_regional"] + found["Zn_closed_regional"], 100)


def test_units_are_converted_before_parts_are_added():
    made = table(
        units={"Al2O3": "%", "Cu": "mg/kg", "Au": "ppb", "note": "m"},
        Al2O3=[12.0], Cu=[120.0], Au=[2000.0], note=[5.0],
    )  # fmt: skip
    found = closed(made, columns=["Al2O3", "Cu", "Au"], unit="%")
    whole = 0.12 + 120e-6 + 2000e-9
    np.testing.assert_allclose(
        values(found, ["Al2O3", "Cu", "Au"])[0], 100 * np.array([0.12, 120e-6, 2e-6]) / whole
    )
    assert found.attrs["units"] == {"Al2O3": "%", "Cu": "%", "Au": "%", "note": "m"}
    assert made.attrs["units"]["Cu"] == "mg/kg"
    assert made["Cu"].iloc[0] == 120.0
    assert found.crs == made.crs
    assert list(found.columns) == list(made.columns)


def test_a_ratio_of_unlike_units_is_of_masses():
    made = table(units={"Cu": "ug/g", "Au": "ng/g"}, Cu=[1.0], Au=[1000.0])
    assert clr(made, columns=["Cu", "Au"])["Cu_clr"].iloc[0] == pytest.approx(0.0)


def test_units_that_are_no_concentration_are_refused_with_what_to_do():
    made = table(units={"K": "%", "Th": "cps"}, K=[1.0], Th=[2.0], U=[3.0])
    with pytest.raises(DataError) as caught:
        clr(made, columns=["K", "Th", "U"])
    assert "column 'Th' is in 'cps', no concentration" in str(caught.value)
    assert "column 'U' has no unit" in str(caught.value)
    assert "State them where the table is read" in str(caught.value)
    with pytest.raises(ValueError, match="unit 'cps' is no concentration"):
        closed(made, columns=["K", "Th"], unit="cps")
    with pytest.raises(ValueError, match="unit 'cps' is no concentration"):
        from_log_ratios(made, columns=["K", "Th"], kind="clr", unit="cps")


def test_a_sample_that_lacks_a_part_is_unknown_and_said(caplog):
    made = four([[1.0, 2, 3, 4], [1, np.nan, 3, 4], [2, 2, 2, 2]])
    with caplog.at_level(logging.INFO):
        found = clr(made, columns=list("abcd"))
    assert np.isnan(values(found, [f"{c}_clr" for c in "abcd"])).all(axis=1).tolist() == [
        False, True, False,
    ]  # fmt: skip
    assert "clr: 1 of 3 samples lack a part and stay unknown" in caplog.text


@pytest.mark.parametrize("bad", [0.0, -0.5])
def test_what_has_no_logarithm_is_refused_with_what_to_do(bad):
    made = four([[1.0, 2, 3, 4], [1, bad, 3, 4]])
    with pytest.raises(
        DataError, match=r"column 'b' has 1 of 2 values at or below zero.*multiplicative_repl"
    ):
        ilr(made, columns=list("abcd"))


def test_many_stand_ins_are_said(caplog):
    made = four([[1.0, 2, 3, 4], [1, 0.5, 3, 4]])
    made["b_below_limit"] = [np.nan, 1.0]
    with caplog.at_level(logging.WARNING):
        clr(made, columns=list("abcd"))
    assert "many values stand for ones below their limit: b (50%)" in caplog.text


def test_an_element_that_stands_twice_is_said(caplog):
    made = table(Fe_ppm=[1.0], Fe2O3T_pct=[2.0], Cu_ppm=[3.0])
    made.attrs["analytes"] = {"Fe_ppm": "Fe", "Fe2O3T_pct": "Fe2O3T", "Cu_ppm": "Cu"}
    with caplog.at_level(logging.WARNING):
        clr(made, columns=["Fe_ppm", "Cu_ppm"])
        assert caplog.text == ""
        clr(made, columns=["Fe_ppm", "Fe2O3T_pct", "Cu_ppm"])
    assert "stands among the parts more than once: Fe_ppm and Fe2O3T_pct" in caplog.text


def test_what_cannot_be_meant_is_refused():
    made = four([[1.0, 2, 3, 4]])
    with pytest.raises(ValueError, match="clr needs at least 2 columns, got 1"):
        clr(made, columns=["a"])
    with pytest.raises(ValueError, match="columns names a more than once"):
        clr(made, columns=["a", "a"])
    with pytest.raises(ValueError, match="denominator 'a' is among columns"):
        alr(made, columns=["a", "b"], denominator="a")
    with pytest.raises(ValueError, match="balance 'x' needs parts above and parts below"):
        balances(made, named={"x": {"above": ["a"]}})
    with pytest.raises(ValueError, match="balance 'x' needs parts above and parts below"):
        balances(made, named={"x": {"above": ["a", "b"], "below": ["b"]}})
    with pytest.raises(ValueError, match="named holds no balance"):
        balances(made, named={})
    with pytest.raises(DataError, match="no column 'e'"):
        clr(made, columns=["a", "e"])
    with pytest.raises(DataError, match="already has a column 'a_clr'"):
        clr(clr(made, columns=["a", "b"]), columns=["a", "b"])
    made["a"] = "text"
    with pytest.raises(DataError, match="clr: column 'a' holds text, not numbers"):
        clr(made, columns=["a", "b"])
