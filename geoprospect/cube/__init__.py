"""Layers to a cube, a cube to a table."""
