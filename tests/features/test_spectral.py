import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect import contract, lazy
from geoprospect.errors import ContractError, DataError
from geoprospect.features import sensors
from geoprospect.features.spectral import crosta, reflectance, spectral_index
from geoprospect.kernels import formula
from tests.features import made
from tests.features.made import small_grid, values

GRID = small_grid(13, 17)


def scene(**bands):
    shape = np.shape(next(iter(bands.values())))
    grid = small_grid(*shape)
    return xr.Dataset(
        {
            name: made.layer(np.array(band, float), grid, units="1", long_name=name)
            for name, band in bands.items()
        }
    )


def pixel(**bands):
    return scene(**{name: [[value]] for name, value in bands.items()})


def noisy(roles, seed=0):
    rng = np.random.default_rng(seed)
    return scene(**{role: rng.uniform(0.02, 0.6, (13, 17)) for role in roles})


# --- indices ----------------------------------------------------------------------------------

SENTINEL = {"b02": 0.1, "b03": 0.15, "b04": 0.2, "b08": 0.3, "b11": 0.4, "b12": 0.25}
LANDSAT = {"sr_b2": 0.1, "sr_b3": 0.15, "sr_b4": 0.2, "sr_b5": 0.3, "sr_b6": 0.4, "sr_b7": 0.25}
ASTER = {
    "b1": 0.1, "b2": 0.2, "b3n": 0.4, "b4": 0.5, "b5": 0.3, "b6": 0.25, "b7": 0.35, "b8": 0.2,
    "b9": 0.45, "b10": 8.0, "b11": 9.0, "b12": 9.5, "b13": 10.0, "b14": 10.5,
}  # fmt: skip

BY_HAND = [
    ("ndvi", "sentinel2", SENTINEL, 0.1 / 0.5),
    ("ferric_iron", "sentinel2", SENTINEL, 2.0),
    ("ferrous_iron", "sentinel2", SENTINEL, 4 / 3),
    ("clay", "sentinel2", SENTINEL, 1.6),
    ("ndvi", "landsat", LANDSAT, 0.2),
    ("ferric_iron", "landsat", LANDSAT, 2.0),
    ("ferrous_iron", "landsat", LANDSAT, 4 / 3),
    ("clay", "landsat", LANDSAT, 1.6),
    ("ndvi", "aster", ASTER, 1 / 3),
    ("ferric_iron", "aster", ASTER, 2.0),
    ("ferrous_iron", "aster", ASTER, 0.3 / 0.4 + 0.1 / 0.2),
    ("clay", "aster", ASTER, (0.3 + 0.35) / 0.25),
    ("alunite_kaolinite", "aster", ASTER, (0.5 + 0.25) / 0.3),
    ("carbonate", "aster", ASTER, (0.35 + 0.45) / 0.2),
    ("carbonate_thermal", "aster", ASTER, 10 / 10.5),
    ("quartz", "aster", ASTER, 81 / (8 * 9.5)),
    ("silica", "aster", ASTER, 10 / 9.5),
    ("mafic", "aster", ASTER, 9.5 * 10.5**3 / 10**4),
]


@pytest.mark.parametrize(("index", "sensor", "bands", "expected"), BY_HAND)
def test_indices_by_the_sensors_own_bands(index, sensor, bands, expected):
    found = values(spectral_index(pixel(**bands), index=index, sensor=sensor))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_index_of_every_sensor_is_worked_out_above():
    known = {(index, sensor) for index, by in sensors.INDICES.items() for sensor in by}
    assert known == {(index, sensor) for index, sensor, _, _ in BY_HAND}


def test_the_tables_know_every_band_that_they_name():
    for by_sensor in sensors.INDICES.values():
        for sensor, index in by_sensor.items():
            for part in (index.over, index.under):
                assert set(formula.parsed(part).names) <= set(sensors.BANDS[sensor])
            assert index.source
            assert index.shows
    for by_sensor in sensors.CONTRASTS.values():
        for sensor, contrast in by_sensor.items():
            assert set(contrast.bands) <= set(sensors.BANDS[sensor])
            assert {contrast.bright, contrast.dark} <= set(contrast.bands)


@given(st.integers(0, 100), st.integers(2, 20))
@settings(max_examples=6)
def test_an_index_is_the_same_whatever_the_chunks_and_however_bright_the_light(seed, side):
    bands = noisy(["nir", "red"], seed)
    whole = values(spectral_index(bands, index="ndvi", sensor="landsat"))
    with made.chunks_of(side):
        cut = values(spectral_index(bands, index="ndvi", sensor="landsat"))
    np.testing.assert_array_equal(whole, cut)
    darker = bands.map(lambda band: band * np.float32(0.5), keep_attrs=True)
    np.testing.assert_array_equal(
        whole, values(spectral_index(darker, index="ndvi", sensor="landsat"))
    )


def test_nothing_to_divide_by_becomes_unknown_and_is_said_once(caplog):
    bands = scene(red=[[0.2, 0.1, np.nan]], blue=[[0.0, 0.1, 0.1]])
    with made.chunks_of(1):
        found = values(spectral_index(bands, index="ferric_iron", sensor="sentinel2"))
    np.testing.assert_allclose(found, [[np.nan, 1, np.nan]])
    assert len(caplog.records) == 1
    assert "ferric_iron: blue is nearly 0 and nothing to divide by" in caplog.text


def test_numbers_as_delivered_are_noticed_once(caplog):
    delivered = scene(red=[[8000, 9000]], blue=[[7500, np.nan]])
    with made.chunks_of(1):
        values(spectral_index(delivered, index="ferric_iron", sensor="landsat"))
    assert len(caplog.records) == 1
    assert "ferric_iron: a band has the value " in caplog.text
    assert "pass the bands through reflectance first" in caplog.text
    caplog.clear()
    values(spectral_index(pixel(**ASTER), index="quartz", sensor="aster"))  # radiance
    light = reflectance(delivered, product="landsat_collection2_level2")
    values(spectral_index(light, index="ferric_iron", sensor="landsat"))
    assert not caplog.records


def test_bands_by_role_by_list_and_by_stated_name():
    nir, red = noisy(["nir", "red"]).values()
    listed = spectral_index([red, nir], index="ndvi", sensor="aster", names=["B2", "b3N"])
    named = spectral_index(xr.Dataset({"nir": nir, "red": red}), index="ndvi", sensor="aster")
    np.testing.assert_array_equal(values(listed), values(named))


def test_bands_and_minerals_that_are_not_there_are_told():
    with pytest.raises(ContractError, match=r"lacks swir2 \(B12\) of sentinel2 among swir1; state"):
        spectral_index(noisy(["swir1"]), index="clay", sensor="sentinel2")
    with pytest.raises(ContractError, match="two of blue, b02 are the same band of sentinel2"):
        spectral_index(noisy(["blue", "b02"]), index="clay", sensor="sentinel2")
    with pytest.raises(
        ValueError, match=r"landsat cannot tell carbonate: .* aster can. It tells ndvi"
    ):
        spectral_index(noisy(["nir"]), index="carbonate", sensor="landsat")
    with pytest.raises(ValueError, match="no index is called 'clays'; did you mean 'clay'"):
        spectral_index(noisy(["nir"]), index="clays", sensor="landsat")


# --- reflectance -------------------------------------------------------------------------------


def test_reflectance_by_the_products_own_scale():
    numbers = scene(b4=[[0, 7273, 43636, 1000, 11000]])
    landsat = values(reflectance(numbers, product="landsat_collection2_level2")["b4"])
    np.testing.assert_allclose(landsat[0, 1:3], [0, 1], atol=1e-4)  # the guide's valid range
    new = values(reflectance(numbers["b4"], product="sentinel2_level2a"))
    np.testing.assert_allclose(new[0, [3, 4]], [0, 1], atol=1e-7)
    old = values(reflectance(numbers["b4"], product="sentinel2_level2a_before_baseline_04"))
    np.testing.assert_allclose(old[0, [3, 4]], [0.1, 1.1], atol=1e-6)
    for found in (landsat, new, old):
        assert np.array_equal(np.isnan(found), [[True, False, False, False, False]])


# --- Crosta -----------------------------------------------------------------------------------


def altered(sensor, target, seed=0, rows=13, columns=17):
    """A scene of light and shade with plants, and altered ground in its north-west."""
    contrast = sensors.CONTRASTS[target][sensor]
    rng = np.random.default_rng(seed)
    light = rng.normal(size=(rows, columns))
    plants = rng.normal(size=(rows, columns))
    altered = np.zeros((rows, columns))
    altered[:5, :6] = 1
    bands = {}
    for band in contrast.bands:
        found = 0.3 + 0.08 * light + (0.06 * plants if band == "nir" else -0.01 * plants)
        found += 0.02 * altered * ((band == contrast.bright) - (band == contrast.dark))
        bands[band] = found + rng.normal(size=light.shape) * 0.001
    return scene(**bands), altered


@pytest.mark.parametrize("target", sensors.CONTRASTS)
@pytest.mark.parametrize("sensor", sensors.BANDS)
def test_the_component_is_high_where_the_mineral_is(target, sensor):
    bands, where = altered(sensor, target)
    found = values(crosta(bands, target=target, sensor=sensor))
    assert found[where == 1].min() > found[where == 0].max()


def test_crostas_component_is_the_eigenvector_and_says_its_loadings(caplog):
    caplog.set_level("INFO", "geoprospect.features")
    bands, _ = altered("landsat", "hydroxyl", seed=3)
    found = crosta(bands, target="hydroxyl", sensor="landsat")
    rows = np.stack([band.values.astype("f8").ravel() for band in bands.values()], axis=1)
    _, vectors = np.linalg.eigh(np.cov(rows.T))
    order = list(bands.data_vars)
    best = min(vectors.T, key=lambda v: v[order.index("swir1")] * v[order.index("swir2")])
    best = best * np.sign(best[order.index("swir1")])
    np.testing.assert_allclose(found.attrs["loadings"], best, atol=1e-7)
    scores = (rows - rows.mean(axis=0)) @ best
    np.testing.assert_allclose(values(found).ravel(), scores, atol=1e-6)
    assert found.attrs["long_name"].startswith("hydroxyl by Crosta, component ")
    assert "crosta, hydroxyl: component" in caplog.text


def test_bands_without_the_contrast_are_refused():
    light = np.random.default_rng(0).normal(size=(13, 17))
    rows = {band: light * k for k, band in enumerate(("blue", "red", "nir", "swir1"), start=1)}
    rows["nir"] = rows["nir"] + np.random.default_rng(1).normal(size=light.shape)
    rows["blue"] = np.zeros((13, 17))
    with pytest.raises(DataError, match=r"no component of .* sets red against blue; these bands"):
        crosta(scene(**rows), target="iron", sensor="landsat")


@given(st.integers(2, 20))
@settings(max_examples=5)
def test_crosta_is_the_same_whatever_the_chunks(side):
    bands, _ = altered("aster", "iron")
    whole = values(crosta(bands, target="iron", sensor="aster"))
    with made.chunks_of(side):
        cut = bands.chunk({"y": side, "x": side})
        np.testing.assert_array_equal(whole, values(crosta(cut, target="iron", sensor="aster")))


def test_lazy_on_the_grid_and_say_what_they_are():
    index = spectral_index(noisy(["swir1", "swir2"]), index="clay", sensor="landsat")
    assert index.attrs["long_name"].startswith("clay index (clay, mica and other hydroxyl")
    bands, _ = altered("landsat", "iron")
    for found in (
        index,
        reflectance(noisy(["red"])["red"], product="sentinel2_level2a"),
        crosta(bands, target="iron", sensor="landsat"),
    ):
        assert lazy.is_lazy(found)
        contract.check_layer(found, GRID, "derived")
        assert found.attrs["units"] == "1"
