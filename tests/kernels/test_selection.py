import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.kernels import selection

floats = st.floats(width=32, allow_infinity=True, allow_nan=True)


@given(values=arrays("float32", st.integers(1, 60), elements=floats), data=st.data())
def test_the_kth_largest_is_that_of_a_sorted_array(values, data):
    known = np.sort(values[~np.isnan(values)])[::-1]
    if not known.size:
        assert selection.counts(values).sum() == 0
        return
    rank = data.draw(st.integers(1, known.size))
    cut = data.draw(st.integers(0, values.size))
    digits, above = (), 0
    for _ in selection.DIGITS:
        counts = sum(selection.counts(part, digits) for part in (values[:cut], values[cut:]))
        digit, larger = selection.place(counts, rank - above)
        digits, above = (*digits, digit), above + larger
    assert selection.value(digits) == known[rank - 1]
    assert above == (known > known[rank - 1]).sum()
    assert counts[digits[-1]] == (known == known[rank - 1]).sum()


def test_numbers_beside_each_other_are_told_apart():
    one = np.float32(0.7)
    values = np.array([one, np.nextafter(one, np.float32(1)), -one, 0.0, -0.0], "float32")
    digits = ()
    for _ in selection.DIGITS:
        digit, _ = selection.place(selection.counts(values, digits), 1)
        digits = (*digits, digit)
    assert selection.value(digits) == values[1] > values[0]
