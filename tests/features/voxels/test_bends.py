"""How contacts bend: a sphere, a cylinder and planes, by their formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoprospect.errors import DataError
from geoprospect.features.voxels.bends import contact_curvature, contact_undulation
from geoprospect.features.voxels.surface import through_points
from tests.features.voxels.made import BLOCKS, middle, plane


def contact(height, half=200.0, step=10.0):
    steps = np.arange(-half, half + step, step)
    east, north = (part.ravel() for part in np.meshgrid(steps, steps))
    x, y, z = middle()
    return through_points(
        pd.DataFrame({"x": x + east, "y": y + north, "z": z + height(east, north)}), name="floor"
    )


@pytest.mark.parametrize("way", [1, -1])
def test_a_sphere_bends_by_one_over_its_radius_up_in_hollows(way):
    bowl = contact(lambda e, n: way * (500 - np.sqrt(500**2 - e**2 - n**2)))
    made = contact_curvature(bowl, blocks=BLOCKS, radius=45)["value"].to_numpy()
    np.testing.assert_allclose(made, way / 500, rtol=0.03)


def test_a_trough_bends_half_as_much():
    trough = contact(lambda e, n: 400 - np.sqrt(400**2 - e**2))
    made = contact_curvature(trough, blocks=BLOCKS, radius=45)["value"].to_numpy()
    np.testing.assert_allclose(made, 0.5 / 400, rtol=0.03)


def test_a_plane_neither_bends_nor_undulates():
    flat = through_points(plane(np.array([0.3, -0.2, 0.9]), middle(), half=400), name="floor")
    curved = contact_curvature(flat, blocks=BLOCKS, radius=300)["value"]
    over = contact_undulation(flat, blocks=BLOCKS, radius=300)["value"]
    np.testing.assert_allclose(curved, 0, atol=1e-9)
    np.testing.assert_allclose(over, 0, atol=1e-6)


def test_a_bump_of_one_vertex_stands_over_the_plane_of_all():
    bump = contact(lambda e, n: 0.2 * e + 12.0 * ((e == 0) & (n == 0)), half=100)
    made = contact_undulation(bump, blocks=BLOCKS, radius=55)["value"]
    near = sum(np.hypot(e, n) <= 55 for e in range(-60, 61, 10) for n in range(-60, 61, 10))
    assert float(made.max()) == pytest.approx(12 * (1 - 1 / near), rel=1e-6)


def test_the_distance_is_to_the_nearest_vertex():
    floor = contact(lambda e, n: 0 * e)
    made = contact_undulation(floor, blocks=BLOCKS, radius=30)["distance"].to_numpy().ravel()
    away = np.linalg.norm(BLOCKS.centres()[:, None] - floor.vertices, axis=2).min(axis=1)
    np.testing.assert_allclose(made, away, rtol=1e-6)


def test_too_few_vertices_are_told():
    with pytest.raises(DataError, match="too few vertices lie within 5 m of each other"):
        contact_curvature(contact(lambda e, n: 0 * e), blocks=BLOCKS, radius=5)
    with pytest.raises(ValueError, match="radius must be positive"):
        contact_undulation(contact(lambda e, n: 0 * e), blocks=BLOCKS, radius=-1)
