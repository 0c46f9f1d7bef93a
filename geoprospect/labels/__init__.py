"""Deposits, background and folds."""
