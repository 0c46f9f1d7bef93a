"""Western Australian stream sediments: from their codes to maps, beside a count of the raw file."""

from __future__ import annotations

import csv
import logging

import numpy as np
import pytest

from geoprospect import pipeline
from geoprospect.features.censoring import censoring
from geoprospect.features.levelling import levelled
from geoprospect.features.replicates import replicates_merged
from geoprospect.ingest.table import table
from geoprospect.pipeline.ledger import Ledger
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.work import Work

pytestmark = pytest.mark.real_data

CODES = {-9999.0, -6666.0}
READ = {
    "x": "X", "y": "Y", "crs": "EPSG:4283", "missing": [-9999, -6666],
    "negative": "below_limit", "limits": {"*": "lowest"}, "below": [0],
}  # fmt: skip
PARTS = ["Au_ppm", "As_ppm", "Cu_ppm", "Pb_ppm", "Zn_ppm", "Ni_ppm", "Co_ppm", "Fe_ppm"]


@pytest.fixture(scope="module")
def path(real_data):
    return real_data / "wa_geochem" / "area1_sediment_au.csv"


@pytest.fixture(scope="module")
def raw(path):
    """The file as lists of numbers, read by the standard library alone."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    analytes = [name for name in rows[0] if name.endswith(("_ppm", "_ppb", "_pct"))]
    return {name: [float(row[name]) for row in rows] for name in analytes}


def test_the_censored_share_of_every_element_is_that_of_a_direct_count(path, raw, caplog):
    with caplog.at_level(logging.INFO):
        told = censoring(table(path=path, **READ))
    counted = 0
    for name, values in raw.items():
        known = [value for value in values if value not in CODES]
        below = [value for value in known if value <= 0]
        if not below:
            assert name not in told.index
            continue
        counted += 1
        assert told.loc[name, "samples"] == len(known)
        assert told.loc[name, "missing"] == len(values) - len(known)
        assert told.loc[name, "below"] == len(below)
        assert told.loc[name, "share"] == pytest.approx(len(below) / len(known))
        share = 100 * len(below) / len(known)
        assert f"{name} has {len(below)} of {len(known)} values ({share:.0f} %)" in caplog.text
    assert counted == len(told) == 40


def test_zeros_are_said_where_nothing_is_stated_of_them(path, caplog):
    with caplog.at_level(logging.WARNING):
        table(path=path, **READ | {"limits": {}, "below": []})
    assert "columns of concentrations have values that are zero" in caplog.text
    assert "Au_ppm (154)" in caplog.text


def test_a_pipeline_goes_from_codes_to_maps(path, tmp_path):
    text = f"""
name: wa
seed: 1
data: {path.parent}
grid: {{bbox: [515000, 6270000, 640000, 6400000], crs: "EPSG:28350", resolution: 2500}}
inputs:
  sediments:
    table: {{path: {path.name}, x: X, y: Y, crs: "EPSG:4283", missing: [-9999, -6666],
            negative: below_limit, limits: {{"*": lowest}}, below: [0]}}
  deposits: {{table: {{path: area1_sediment_au_site.csv, x: X, y: Y, crs: "EPSG:4283"}}}}
tables:
  whole: {{multiplicative_replacement: {{source: sediments, columns: [{", ".join(PARTS)}]}}}}
  ratios: {{clr: {{source: whole, columns: [{", ".join(PARTS)}]}}}}
features:
  metals: {{interpolated: {{source: ratios, columns: [{", ".join(f"{p}_clr" for p in PARTS)}],
                          method: inverse_distance, radius: 10000}}}}
labels: {{uniform: {{deposits: deposits, count: 100}}}}
validation: {{random: {{folds: 2}}}}
model: lightgbm
targets: {{top_fraction: {{fraction: 0.02, minimum_area: 1}}}}
"""
    plan = pipeline.loads(text, folder=path.parent)
    work = Work(plan, tmp_path, Ledger(tmp_path, home=plan.folder), Listener())
    work.ledger.begin(**work.facts())
    work.open_inputs()
    work.lay_grid()
    work.make_layers()
    names = [f"metals_{part.lower()}_clr" for part in PARTS]
    maps = np.stack([work.cube[name].values for name in names])
    known = ~np.isnan(maps[0])
    assert known.mean() > 0.2
    # centred log-ratios add up to 0, and so do means of them with the same weights
    np.testing.assert_allclose(maps[:, known].sum(axis=0), 0, atol=2e-4)
    # the range of a weighted mean lies within that of the samples, worked out by hand
    parts = np.array([[v if v not in CODES else np.nan for v in _of(path, p)] for p in PARTS])
    limit = [np.nanmin(np.abs(p)[np.abs(p) > 0]) for p in parts]
    parts = np.where(parts == 0, -np.array(limit)[:, None], parts)
    parts = np.where(parts < 0, -0.65 * parts, parts)
    logs = np.log(parts)
    by_hand = (logs - logs.mean(axis=0))[0]
    assert np.nanmin(by_hand) - 0.01 <= np.nanmin(maps[0]) <= np.nanmax(maps[0])
    assert np.nanmax(maps[0]) <= np.nanmax(by_hand) + 0.01
    steps = {notice["text"] for notice in work.ledger.notices()}
    assert any("Au_ppm" in text and "lie below a limit" in text for text in steps)


def test_reports_that_repeat_each_other_are_told_and_levels_meet(path, raw, caplog):
    read = table(path=path, **READ)
    with caplog.at_level(logging.WARNING):
        single = replicates_merged(read, columns=["Cu_ppm"], average="geometric_mean")
    places = list(zip(_of(path, "X"), _of(path, "Y"), strict=True))
    values = dict[tuple[float, float], list[float]]()
    for place, value in zip(places, raw["Cu_ppm"], strict=True):
        values.setdefault(place, []).append(value)
    several = [held for held in values.values() if len(held) > 1]
    same = [held for held in several if len(set(held)) == 1]
    assert len(single) == len(values) == 820
    assert f"Cu_ppm ({len(same)} of {len(several)})" in caplog.text
    assert len(same) > 0.9 * len(several)  # two reports hold the same 386 samples

    def spread(found):
        medians = found.groupby("WAMEX_A_NO")["Cu_ppm"].median()[
            found["WAMEX_A_NO"].value_counts() > 4
        ]
        return medians.max() / medians.min()

    assert spread(single) > 40
    assert spread(levelled(single, columns=["Cu_ppm"], by="WAMEX_A_NO", method="quantile")) < 1.6


def _of(path, name):
    with path.open(encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file)]
