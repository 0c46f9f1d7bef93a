"""The QGIS project as a file; that QGIS reads it is for test_qgis.py."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from geoprospect.report import style
from geoprospect.report.inventory import Band, Features, Inventory, Map
from geoprospect.report.project import qgis_project
from geoprospect.report.sheet import round_length, widened
from tests.report.conftest import NASTY
from tests.report.folder import make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def held(case, folder):
    return make_folder(case, folder)


def read(archive: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        (name,) = held.namelist()
        assert name.endswith(".qgs")
        return ElementTree.fromstring(held.read(name))


@pytest.fixture(scope="module")
def root(held):
    return read(qgis_project(held, title=f"试验区 {NASTY}"))


def test_every_band_and_layer_is_in_the_tree_once(root, held):
    leaves = [leaf.get("id") for leaf in root.find("layer-tree-group").iter("layer-tree-layer")]
    layers = [layer.findtext("id") for layer in root.iter("maplayer")]
    assert sorted(leaves) == sorted(layers)
    assert len(set(leaves)) == sum(len(one.bands) for one in held.maps) + len(held.features)


def test_targets_lie_on_top_and_maps_beneath(root):
    groups = [group.get("name") for group in root.find("layer-tree-group")]
    assert groups == ["Targets", "Known ground", "Maps", "Doubt", "Reasons"]
    first = root.find("layer-tree-group/layer-tree-group")
    assert [leaf.get("name") for leaf in first] == ["Targets", "Survey areas"]
    maps = root.find("layer-tree-group")[2]
    assert maps[0].get("name") == "Prospectivity"
    shown = [
        leaf.get("name")
        for leaf in root.find("layer-tree-group").iter("layer-tree-layer")
        if leaf.get("checked") == "Qt::Checked"
    ]
    assert shown == ["Targets", "Survey areas", "Known deposits", "Prospectivity"]


def test_paths_are_relative_and_lead_to_files(root, folder):
    assert root.findtext("properties/Paths/Absolute") == "false"
    for source in root.iter("datasource"):
        assert source.text.startswith("./")
        assert (folder / source.text.partition("|")[0]).is_file()


def test_titles_are_the_long_names_in_any_script(root):
    titles = [layer.findtext("layername") for layer in root.iter("maplayer")]
    assert "岩性 lithology [log-odds]" in titles
    assert "Prospectivity, out of fold" in titles
    assert root.findtext("title") == f"试验区 {NASTY}"


def test_bands_are_drawn_as_the_styles_beside_them(root, held, folder):
    drawn = {
        layer.findtext("id"): layer.find("pipe/rasterrenderer") for layer in root.iter("maplayer")
    }
    beside = ElementTree.fromstring((folder / "maps/prospectivity.qml").read_bytes())
    wanted = beside.find("pipe/rasterrenderer")
    here = drawn["prospectivity_prospectivity_1"]
    assert [item.attrib for item in here.iter("item")] == [i.attrib for i in wanted.iter("item")]
    assert drawn["out_of_fold_fold_2"].get("type") == "paletted"
    assert drawn["out_of_fold_fold_2"].get("band") == "2"
    copper = drawn["attributions_copper_2"]
    assert [item.get("color") for item in copper.iter("item")] == list(style.EITHER_WAY)


def test_the_view_is_the_grid_in_its_crs(root, held):
    extent = [
        float(root.findtext(f"mapcanvas/extent/{n}")) for n in ("xmin", "ymin", "xmax", "ymax")
    ]
    assert tuple(extent) == held.bounds == (500_000, 3_000_000, 512_000, 3_008_400)
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:4545"
    assert "CGCS2000" in root.findtext("projectCrs/spatialrefsys/wkt")


def test_a_crs_without_a_number_goes_as_text():
    lambert = "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-96 +ellps=clrk66 +units=m +no_defs"
    grid = GeoBox.from_bbox((0, 0, 1000, 1000), crs=lambert, resolution=100)
    root = read(qgis_project(Inventory(grid, [], []), title="t"))
    assert root.findtext("projectCrs/spatialrefsys/authid") in (None, "")
    assert "Lambert Conic Conformal" in root.findtext("projectCrs/spatialrefsys/wkt")


def test_the_same_folder_gives_the_same_bytes(held):
    assert qgis_project(held, title="a") == qgis_project(held, title="a")


def test_names_of_layers_never_meet(held):
    bands = [Band(name, name, "1", "float32", -9999.0) for name in ("a-b", "a_b", "ab", "铜", "锌")]
    maps = [Map("maps/x.tif", held.grid, bands), Map("maps/x_a.tif", held.grid, bands)]
    more = [Features("t.gpkg", name, "Point", None, 0, [], None) for name in ("测 区", "测_区")]
    root = read(qgis_project(Inventory(held.grid, maps, more), title="t"))
    ids = [layer.findtext("id") for layer in root.iter("maplayer")]
    assert len(set(ids)) == len(ids) == 12
    assert [layer.findtext("layername") for layer in root.iter("maplayer")][-2:] == [
        "测 区",
        "测_区",
    ]


def test_the_sheet_has_map_legend_scale_and_north(root):
    items = {item.get("id"): item for item in root.iter("LayoutItem")}
    assert set(items) == {"page", "title", "map", "legend", "scale", "north", "note"}
    assert items["title"].get("labelText") == f"试验区 {NASTY}"
    legend = [leaf.get("name") for leaf in items["legend"].iter("layer-tree-layer")]
    assert legend == ["Targets", "Survey areas", "Known deposits", "Prospectivity"]
    assert items["scale"].get("mapUuid") == items["map"].get("uuid")
    # 12 km and a margin in 200 mm: two pieces of 1 km would do for 30 mm, of 2 km for 60
    assert items["scale"].get("unitLabel") == "km"
    assert float(items["scale"].get("numUnitsPerSegment")) == 1000


@given(
    st.tuples(*[st.floats(-1e6, 1e6)] * 2),
    st.tuples(*[st.floats(10, 1e6)] * 2),
    st.floats(0.3, 3),
)
def test_what_is_widened_holds_what_was_there_in_the_shape_asked(corner, sides, ratio):
    (west, south), (width, height) = corner, sides
    w, s, e, n = widened((west, south, west + width, south + height), ratio)
    assert w <= west
    assert s <= south
    assert e >= west + width
    assert n >= south + height
    assert (e - w) / (n - s) == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize(
    ("longest", "round_one"), [(1, 1), (1.99, 1), (2, 2), (4999, 2000), (5000, 5000), (0.3, 0.2)]
)
def test_lengths_of_scales_are_round(longest, round_one):
    assert round_length(longest) == pytest.approx(round_one)
