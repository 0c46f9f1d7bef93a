"""Chances that a decision can be built on: neither certain nor impossible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoprospect.errors import DataError

Values = npt.NDArray[np.float64]


def checked(chances: npt.ArrayLike, what: str) -> Values:
    """
    *chances* as numbers, each above 0 and below 1 [1].

    Of what is certain no hole can tell anything, and no barren hole could ever change it.

    Parameters
    ----------
    chances : number or sequence
    what : str
        What they are chances of, for the message.

    Returns
    -------
    ndarray float64, of the same shape

    Raises
    ------
    DataError
        If one is 0 or 1, beyond them, or not known.
    """
    numbers = np.asarray(chances, float)
    wrong = np.flatnonzero(~((numbers > 0) & (numbers < 1)))
    if wrong.size:
        value = numbers.ravel()[wrong[0]]
        where = f" (number {wrong[0] + 1} of {numbers.size})" if numbers.ndim else ""
        raise DataError(
            f"the chance of {what}{where} is {value:g}, and must lie above 0 and below 1: nothing "
            "is certain before it is drilled; state a calibrated chance, such as 0.99 or 0.01"
        )
    return numbers
