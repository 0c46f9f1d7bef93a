"""The published tables that shipped figures were fitted to, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geoprospect.resources.grade_tonnage import GradeTonnage, grade_tonnage

PORPHYRY = (
    "Singer, D.A., Berger, V.I., Moring, B.C. (2008). Porphyry copper deposits of the world. "
    "USGS Open-File Report 2008-1155"
)
MASSIVE = (
    "Mosier, D.L., Berger, V.I., Singer, D.A. (2009). Volcanogenic massive sulfide deposits of "
    "the world. USGS Open-File Report 2009-1034"
)
COLUMNS = {"Cu": "cugrd", "Mo": "mogrd", "Zn": "zngrd", "Pb": "pbgrd", "Au": "augrd", "Ag": "aggrd"}
UNITS = {"Cu": "%", "Mo": "%", "Zn": "%", "Pb": "%", "Au": "g/t", "Ag": "g/t"}
TYPES = {
    "porphyry_copper": ("usgs_porcu.csv", PORPHYRY, ("Cu",)),
    "porphyry_copper_mo_au_ag": ("usgs_porcu.csv", PORPHYRY, ("Cu", "Mo", "Au", "Ag")),
    "massive_sulphide": ("usgs_vms.csv", MASSIVE, ("Cu", "Zn")),
    "massive_sulphide_pb_au_ag": ("usgs_vms.csv", MASSIVE, ("Cu", "Zn", "Pb", "Au", "Ag")),
}


def fitted(data: Path) -> dict[str, tuple[GradeTonnage, float, float]]:
    """Each type's model with the least and greatest tonnage [t] of its table."""
    made = {}
    for name, (file, source, metals) in TYPES.items():
        table = pd.read_csv(data / "usgs_grade_tonnage" / file)
        model = grade_tonnage(
            table, name=name, source=source, tonnage="oreton", tonnage_unit="Mt", zeros="missing",
            grades={metal: COLUMNS[metal] for metal in metals},
            grade_units={metal: UNITS[metal] for metal in metals},
        )  # fmt: skip
        tons = 1e6 * table["oreton"][table["oreton"] > 0]
        made[name] = model, float(tons.min()), float(tons.max())
    return made
