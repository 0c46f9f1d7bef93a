"""A run on the desk: what is told of it, and what is made of it on request."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoprospect.errors import OutputError
from geoprospect.review import answers, exports, folder, layers, reasons, sheets
from geoprospect.review.decisions import Decisions
from geoprospect.review.folder import Run
from geoprospect.review.layers import Layer
from geoprospect.storage import Location

EXPORTS = "exports"
SHEETS = "field_sheets.pdf"
FILES = (*(f"accepted.{kind}" for kind in exports.FORMATS), SHEETS)
"""What exports are called."""


@dataclass
class Desk:
    """A run, its layers by id, and answers that are made once."""

    run: Run
    layers: Mapping[str, Layer]
    made: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def prospectivity(self) -> Layer:
        """The map that every run has."""
        return self.layers["prospectivity.1"]

    def layer(self, name: str) -> Layer:
        """A layer by its id; a LookupError if there is none."""
        if name not in self.layers:
            raise LookupError(f"this run has no layer {name!r}")
        return self.layers[name]

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What *make* gives, made the first time that it is asked for."""
        with self.lock:
            if name not in self.made:
                self.made[name] = make()
            return self.made[name]

    def explained(self, label: str) -> Any:
        """Why a target is there: as the run wrote it, else from its maps; None if neither."""
        self.run.position(label)
        written = (self.run.explanations or {}).get("targets", {})
        if label in written:
            return written[label]
        return self.once(f"why {label}", lambda: reasons.explanation(self.run, self.layers, label))

    def distributions(self) -> str:
        """The evidence layers with their quantiles over the district, as JSON."""
        known = self.run.explanations
        return str(
            self.once(
                "distributions",
                lambda: as_json(known["layers"] if known else reasons.described(self.layers)),
            )
        )

    def outlines(self, name: str) -> str:
        """The targets, the study area or what lies beside, as GeoJSON."""
        if name == "targets":
            make = functools.partial(answers.outlines, self.run, self.prospectivity)
        elif name == "area":
            make = functools.partial(answers.outline, self.prospectivity)
        elif name in self.run.beside:
            make = functools.partial(answers.beside, self.run, name)
        else:
            raise LookupError(f"this run has no outlines called {name!r}")
        return str(self.once(f"outlines {name}", make))

    def export(
        self,
        decisions: Decisions,
        kind: str,
        *,
        language: str,
        weights: Mapping[str, float] | None = None,
        target: str | None = None,
    ) -> tuple[str, int]:
        """
        Write the accepted targets, or one, into the run's exports.

        Parameters
        ----------
        decisions : Decisions
            What was decided.
        kind : str
            One of :data:`geoprospect.review.exports.FORMATS`, or "pdf" for field sheets.
        language : str
            Of the field sheets.
        weights : mapping, optional
            Weights set on the page, by criterion.
        target : str, optional
            Only this one, accepted or not.

        Returns
        -------
        name, count
            The file's name, and how many targets are in it.

        Raises
        ------
        ValueError
            If no target is accepted, or a weight is of no criterion.
        OutputError, MissingFileError
            If the file cannot be written, or a PDF cannot be printed here.
        """  # fmt: skip
        targets = exports.accepted(self.run, decisions.since(), weights)
        if target is not None:
            place = self.run.position(target)
            mine = targets[targets["label"] == target]
            targets = mine if len(mine) else self.run.targets.iloc[[place]].reset_index(drop=True)
        if not len(targets):
            raise ValueError("no target is accepted yet, so there is nothing to export")
        name = SHEETS if kind == "pdf" else f"accepted.{kind}"
        path = self.within(self.run.folder / EXPORTS / name)
        if kind == "pdf":
            rows = targets.drop(columns="geometry").to_dict("records")
            told = {str(row["label"]): self._sentences(row, language) for row in rows}
            sheets.write(
                self.run, self.prospectivity, targets, path, language=language, reasons=told
            )
        else:
            exports.FORMATS[kind](targets, self.run, path)
        return name, len(targets)

    def within(self, path: Path) -> Path:
        """A path that is in the run folder even when links are followed."""
        if not path.resolve().is_relative_to(self.run.folder.resolve()):
            raise OutputError(f"{path} leads out of the run folder; remove the link")
        return path

    def _sentences(self, row: Mapping[Any, Any], language: str) -> dict[str, list[str]]:
        known = (self.run.explanations or {}).get("targets", {}).get(row["label"])
        return sheets.reasons_of(known, row, language)


def laid(location: Location) -> Desk:
    """A run folder, read; see :func:`geoprospect.review.folder.opened` for what it raises."""
    run = folder.opened(location)
    return Desk(run, layers.catalogue(run.folder))


def as_json(value: Any) -> str:
    """JSON, as small as it gets."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
