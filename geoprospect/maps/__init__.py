"""A model over a cube."""
