"""Numpy in, numpy out; numba where it pays."""
