"""Values below a limit: what stands in for them, and what is told of them."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import DataError
from geoprospect.features.censoring import censoring, multiplicative_replacement, substituted
from tests.features.test_composition import table

NAN = np.nan


def censored(**columns):
    """A table from texts such as '<0.5', as the reader makes it with half the limit."""
    made = {}
    for name, texts in columns.items():
        values = [float(text.lstrip("<>")) for text in texts]
        below = [text.startswith("<") for text in texts]
        made[name] = [v / 2 if b else v for v, b in zip(values, below, strict=True)]
        if any(below):
            made[f"{name}_below_limit"] = [
                v if b else NAN for v, b in zip(values, below, strict=True)
            ]
        if any(text.startswith(">") for text in texts):
            made[f"{name}_above_limit"] = [
                float(text[1:]) if text.startswith(">") else NAN for text in texts
            ]
    return table(units=dict.fromkeys(columns, "ug/g"), **made)


@pytest.mark.parametrize(
    ("method", "factor"), [("half", 0.5), ("sqrt2", 2**-0.5), ("limit", 1.0), ("missing", NAN)]
)
def test_each_value_is_replaced_by_its_own_limit(method, factor, caplog):
    made = censored(Au=["<1", "<4", "3", "8"])
    with caplog.at_level(logging.INFO):
        found = substituted(made, columns=["Au"], method=method)
    np.testing.assert_allclose(found["Au"], [factor * 1, factor * 4, 3, 8])
    np.testing.assert_array_equal(found["Au_below_limit"], made["Au_below_limit"])
    assert made["Au"].tolist() == [0.5, 2, 3, 8]
    said = "taken as missing" if method == "missing" else "2 of 4 values (50 %) lie below a limit"
    assert said in caplog.text


def test_order_statistics_give_one_estimate_a_limit():
    """Helsel and Cohn (1988), appendix B: the geometric means of the published estimates."""
    texts = ["<1"] * 6 + ["<10"] * 3 + ["3", "7", "9", "12", "15", "20", "27", "33", "50"]
    found = substituted(censored(Au=texts), columns=["Au"], method="order_statistics")["Au"]
    below_1 = np.exp(np.log([0.47, 0.85, 1.27, 1.76, 2.34, 3.03]).mean())
    below_10 = np.exp(np.log([1.11, 2.50, 4.80]).mean())
    assert found[9:].tolist() == [3, 7, 9, 12, 15, 20, 27, 33, 50]
    assert found[6:9].nunique() == 1
    assert found[6] == pytest.approx(below_10, rel=0.01)
    # the estimates of "<1" lie above 1 there: the limit is what is known
    assert below_1 > 1
    assert (found[:6] == 1).all()


def test_too_little_for_order_statistics_is_said():
    with pytest.raises(DataError, match=r"'Au' has 1 measured and 3 censored values, too little"):
        substituted(censored(Au=["<1", "<1", "<2", "3"]), columns=["Au"], method="order_statistics")
    with pytest.raises(ValueError, match="substituted needs at least one column"):
        substituted(censored(Au=["<1", "3"]), columns=[], method="half")


# --- multiplicative replacement -----------------------------------------------------------


def test_replacement_is_that_published():
    """The example of multi_replace in the documentation of scikit-bio 0.6: delta (1/4)^2."""
    rows = np.array([[0.2, 0.4, 0.4, 0], [0, 0.5, 0.5, 0]])
    columns = dict(zip("abcd", rows.T, strict=True))
    limits = {f"{c}_below_limit": np.where(v == 0, 0.125, NAN) for c, v in columns.items()}
    made = table(units=dict.fromkeys("abcd", "1"), **columns, **limits)
    found = multiplicative_replacement(made, columns=list("abcd"), of_limit=0.5)
    shares = found[list("abcd")].to_numpy()
    np.testing.assert_allclose(
        shares / shares.sum(axis=1, keepdims=True),
        [[0.1875, 0.375, 0.375, 0.0625], [0.0625, 0.4375, 0.4375, 0.0625]],
    )


@given(st.lists(st.floats(0.01, 0.3), min_size=4, max_size=4), st.floats(1e-6, 0.01))
def test_ratios_of_the_other_parts_are_kept_and_the_small_one_is_its_share(others, limit):
    made = table(
        units=dict.fromkeys("abcde", "1"),
        **dict(zip("abcd", ([v] for v in others), strict=True)),
        e=[NAN], e_below_limit=[limit], rest=[1 - sum(others)],
    )  # fmt: skip
    made.attrs["units"]["rest"] = "1"
    if sum(others) >= 1:
        return
    made["e"] = limit / 2
    found = multiplicative_replacement(made, columns=[*"abcde", "rest"], of_limit=0.65)
    row = found[[*"abcde", "rest"]].to_numpy()[0]
    np.testing.assert_allclose(row[:4], others)
    # closed to the whole, the small part is 0.65 of its limit: Martin-Fernandez (2003), eq. 5
    assert row[4] / row.sum() == pytest.approx(0.65 * limit)


def test_limits_in_unlike_units_are_converted():
    made = table(units={"Al": "%", "Au": "ng/g"}, Al=[50.0], Au=[NAN], Au_below_limit=[2.0e8])
    made["Au"] = 1e8
    found = multiplicative_replacement(made, columns=["Al", "Au"], of_limit=0.5)
    # a limit of 20 %: half of it, over what is left of the whole
    assert found["Au"].iloc[0] == pytest.approx(1e9 * 0.1 / 0.9)
    assert found["Al"].iloc[0] == 50.0


def test_what_cannot_be_replaced_is_said():
    made = table(a=[0.0, 1.0], b=[1.0, 2.0])
    with pytest.raises(DataError, match=r"column 'a' has 1 of 2 values at or below zero without"):
        multiplicative_replacement(made, columns=["a", "b"])
    made = table(units={"a": "1", "b": "1"}, a=[0.5], b=[1.0], a_below_limit=[2.0])
    with pytest.raises(DataError, match="in 1 samples the limits add up to the whole"):
        multiplicative_replacement(made, columns=["a", "b"])
    with pytest.raises(ValueError, match="of_limit must be between 0 and 1, got 1"):
        multiplicative_replacement(made, columns=["a", "b"], of_limit=1)


# --- the summary --------------------------------------------------------------------------


def test_the_summary_counts_and_sums_up():
    texts = "3.2 2.8 <2 <2 <2 <2 <2 <2 <2 <2 1.7 1.5 <1 <1 <1 <1 0.9 <0.9 0.7 0.7 0.6 0.5 0.5 >0.5"
    made = censored(As=texts.split(), Cu=["1"] * 24)
    told = censoring(made)
    assert list(told.index) == ["As"]
    row = told.loc["As"]
    assert (row["samples"], row["missing"], row["below"], row["above"]) == (24, 0, 13, 1)
    assert row["share"] == pytest.approx(13 / 24)
    assert (row["limits"], row["lowest_limit"], row["highest_limit"]) == (3, 0.9, 2.0)
    # Helsel (2005): Kaplan-Meier median 0.70 and mean 0.949, order statistics 0.972
    assert row["median"] == 0.7
    assert row["mean"] == pytest.approx(0.949, abs=5e-4)
    assert row["ros_mean"] == pytest.approx(0.972, abs=5e-4)
    assert row["unit"] == "ug/g"


def test_the_summary_says_nothing_where_there_is_nothing_to_say():
    told = censoring(censored(Au=["<1", "<1", "<1", "2"], Ag=["<1"] * 4), ["Au", "Ag"])
    assert np.isnan(told.loc["Au", ["median", "ros_mean"]].to_numpy("float64")).all()
    assert told.loc["Au", "mean"] == pytest.approx(1.25)
    assert np.isnan(told.loc["Ag", ["median", "mean", "ros_mean"]].to_numpy("float64")).all()
    assert told.loc["Ag", "share"] == 1.0
