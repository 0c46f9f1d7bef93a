"""Unfitted estimators, ensembles of them, and their validation."""
