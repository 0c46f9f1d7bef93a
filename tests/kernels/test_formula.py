import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.kernels import formula
from geoprospect.kernels.formula import parsed

LAYERS = ("a", "b", "cu", "zn")
nan = np.nan


def value(text, **fields):
    return parsed(text)({name: np.asarray(field, "f8") for name, field in fields.items()})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a + b * 2", 8.0),
        ("(a + b) * 2", 10.0),
        ("-a ** 2", -4.0),
        ("2 ** 3 ** a", 512.0),
        ("a - b - 1", -2.0),
        ("a / b / 2", 1 / 3),
        ("sqrt(a + b + 4)", 3.0),
        ("log10(a * 50)", 2.0),
        ("ln(exp(b))", 3.0),
        ("where(a < b, 10, 20)", 10.0),
        ("a < b < 3", 0.0),
        ("a < b <= 3", 1.0),
        ("a == 2 and b != 3 or not b", 0.0),
        ("minimum(a, b) + maximum(a, b)", 5.0),
        ("clip(b, 0, 1) + abs(-a) + sign(-a)", 2.0),
        ("arctan(a / 2) * 4", math.pi),
        ("sin(a) ** 2 + cos(a) ** 2", 1.0),
        ("a\n  + b", 5.0),
    ],
)
def test_values_by_hand(text, found):
    np.testing.assert_allclose(value(text, a=2.0, b=3.0), found, rtol=1e-14)


numbers = st.integers(1, 9).map(str) | st.sampled_from(["a", "b"])
sums = st.recursive(
    numbers,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=12,
)


@given(sums, st.integers(-5, 5), st.integers(-5, 5))
def test_whole_numbers_come_out_as_python_has_them(text, a, b):
    if "a" in text or "b" in text:
        assert value(text, a=a, b=b) == eval(text, {"a": a, "b": b})


@pytest.mark.parametrize(
    "text",
    ["a + b", "a < b", "a == a", "not a", "a and b", "a or b", "where(a, b, b)", "maximum(a, b)",
     "where(1, a, b)", "a ** 0 + a", "abs(a)", "clip(b, a, 3)"],
)  # fmt: skip
def test_the_unknown_stays_unknown_through_all_of_it(text):
    assert np.isnan(value(text, a=nan, b=1.0))


def test_known_tells_the_unknown_and_where_may_fill_it():
    found = value("where(known(a), a, -1)", a=[nan, 2.0])
    np.testing.assert_array_equal(found, [-1, 2])
    np.testing.assert_array_equal(value("where(a > 1, unknown, a)", a=[1.0, 2.0]), [1, nan])


@pytest.mark.parametrize(
    "text", ["1 / a", "a / a", "log10(a)", "ln(a - 1)", "sqrt(a - 1)", "3 / (1 / a)"]
)
def test_what_has_no_value_is_nan(text):
    assert np.isnan(value(text, a=0.0))


def test_names_come_once_in_the_order_of_the_text():
    assert parsed("where(zn > cu, log10(cu), unknown) + a").names == ["zn", "cu", "a"]
    assert parsed("sqrt(sqrt)").names == ["sqrt"]


def test_a_formula_travels():
    made = pickle.loads(pickle.dumps(parsed("a + 1")))
    assert made({"a": np.float64(1)}) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("1 + 2", "it names no layer, and would be the same everywhere"),
        ("cu / zm", "at character 6, 'zm': no layer is called 'zm'; known: a, b, cu, zn"),
        ("log(a)", "at character 1, 'log(a)': no function is called 'log'; did you mean 'log10'?"),
        ("f(cu)", "at character 1, 'f(cu)': no function is called 'f'"),
        ("log10(a, b)", "log10 takes 1 argument, got 2"),
        ("where(a)", "where takes 3 arguments, got 1"),
        ("sqrt(*a)", "sqrt takes 1 plain argument"),
        ("sqrt(x=a)", "sqrt takes 1 plain argument"),
        ("a if b else 1", "a choice is written where(condition, then, otherwise)"),
        ("a ^ 2", "at character 1, 'a ^ 2': a power is written **"),
        ("a & b", "two conditions are joined by 'and'"),
        ("a | b", "two conditions are joined by 'or'"),
        ("a.b", "there are no attributes here"),
        ("a[0]", "there are no indices here"),
        ("a // b", "this is not part of the language"),
        ("a @ b", "this is not part of the language"),
        ("a in b", "this is not part of the language"),
        ("~a", "this is not part of the language"),
        ("[a for a in b]", "this is not part of the language"),
        ("lambda: a", "this is not part of the language"),
        ("(b := a)", "this is not part of the language"),
        ("f'{a}'", "this is not part of the language"),
        ("{a}", "this is not part of the language"),
        ("(lambda: a)()", "only functions can be called"),
        ("a.b()", "only functions can be called"),
        ("a + 'x'", "at character 5, \"'x'\": this is no number"),
        ("a + True", "at character 5, 'True': this is no number"),
        ("a + 2j", "this is no number"),
        ("a + ...", "this is no number"),
        ("a + 1e999", "this number is beyond what can be reckoned with"),
        ("a + 1" + "0" * 400, "this number is beyond what can be reckoned with"),
        ("a # + b", "at character 3, '#': a remark would hide what follows"),
        ("(a", "at character 1, '(a': '(' was never closed"),
        ("a +", "invalid syntax"),
        ("a = 1", "at character 3"),
        ("a; b", "invalid syntax"),
        ("import os", "invalid syntax"),
        ("a\0", "null byte"),
        ("铜 + a", "at character 1, '铜': no layer is called '铜'"),
        ("铜 + q", "at character 5, 'q': no layer is called 'q'"),
        ("-" * 500 + "a", "more than 100 levels deep"),
        ("a" + " + a" * 150, "more than 100 levels deep"),
        ("(" * 300 + "a" + ")" * 300, "too many nested parentheses"),
        ("a" * 2001, "it has 2001 characters; 2000 are the most"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, told):
    with pytest.raises(ValueError, match="cannot be used:\n  - ") as caught:
        parsed(text, LAYERS)
    assert told in str(caught.value)
    assert str(caught.value).endswith(formula.ALLOWED)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValueError, match="cannot be used") as caught:
        parsed("log(cu) + (qq ^ 2) + sqrt(a, b)", LAYERS)
    assert str(caught.value).count("\n  - ") == 4


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('true')", "().__class__", "a.__class__", "open('x')", "exec('a')",
     "getattr(a, b)", "abs.__self__", "where.__globals__"],
)  # fmt: skip
def test_nothing_of_python_is_within_reach(text):
    with pytest.raises(ValueError, match="cannot be used"):
        parsed(text, LAYERS)


@given(st.text("ab01.+-*/()<>=, andornotsqrtwhere", max_size=30))
def test_any_text_is_understood_or_refused(text):
    try:
        made = parsed(text, LAYERS)
    except ValueError:
        return
    made(dict.fromkeys(LAYERS, np.arange(3.0)))
