"""One target grid, and everything onto it."""
