"""
Run by a Python that has QGIS: what QGIS finds in a project and a GeoPackage, as JSON.

    python3 qgis_reads.py PROJECT GEOPACKAGE MAP.png SHEET.png
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize


def styled(layer):
    """How a layer is drawn: the colours of a ramp or of classes, or the column of categories."""
    drawn = layer.renderer()
    if drawn.type() == "singlebandpseudocolor":
        items = drawn.shader().rasterShaderFunction().colorRampItemList()
        return {"band": drawn.band(), "ramp": [[item.value, item.color.name()] for item in items]}
    if drawn.type() == "paletted":
        told = [[one.value, one.color.name(), one.label] for one in drawn.classes()]
        return {"band": drawn.band(), "classes": told}
    if drawn.type() == "categorizedSymbol":
        return {"column": drawn.classAttribute()}
    symbol = drawn.symbol().symbolLayer(0)
    return {"symbol": symbol.layerType(), "colour": symbol.strokeColor().name()}


def told(layer):
    """What QGIS knows of a layer."""
    found = {
        "name": layer.name(),
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "renderer": layer.renderer().type(),
        "style": styled(layer),
    }
    if isinstance(layer, QgsVectorLayer):
        found["labels"] = layer.labeling().settings().fieldName if layer.labelsEnabled() else None
        found["features"] = layer.featureCount()
    return found


def tree(branch):
    """Groups and layers, with what is shown."""
    return [
        [child.name(), child.isVisible(), tree(child) if hasattr(child, "findLayers") else None]
        for child in branch.children()
    ]


def drawn(project, path, name, side):
    """One layer of the project alone, a cell to a pixel, over the project's extent."""
    (layer,) = project.mapLayersByName(name)
    extent = layer.extent()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(*side))
    settings.setExtent(extent)
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage().save(path)


def main(project_path, geopackage, map_path, sheet_path):
    """Read, draw, and tell."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    read = project.read(project_path)
    (raster,) = project.mapLayersByName("Prospectivity")
    side = (raster.width(), raster.height())
    view = project.viewSettings().defaultViewExtent()
    (layout,) = project.layoutManager().layouts()
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 100
    whole = QgsVectorLayer(geopackage, "all", "ogr")
    names = [one.split("!!::!!")[1] for one in whole.dataProvider().subLayers()]
    alone = {n: QgsVectorLayer(f"{geopackage}|layername={n}", n, "ogr") for n in names}
    json.dump(
        {
            "version": Qgis.QGIS_VERSION,
            "read": read,
            "title": project.title(),
            "crs": project.crs().authid(),
            "view": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
            "layers": {key: told(layer) for key, layer in project.mapLayers().items()},
            "tree": tree(project.layerTreeRoot()),
            "alone": {n: told(one) for n, one in alone.items() if n != "layer_styles"},
            "drawn": drawn(project, map_path, "Prospectivity", side),
            "sheet": QgsLayoutExporter(layout).exportToImage(sheet_path, settings),
        },
        sys.stdout,
    )
    sys.stdout.flush()
    project.clear()


main(*sys.argv[1:])
