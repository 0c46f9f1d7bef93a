"""What other programs find a run by: a QGIS project, a STAC catalogue, ISO 19115 metadata."""

from __future__ import annotations

import hashlib
from pathlib import Path

from geoprospect import storage
from geoprospect.ingest import remote
from geoprospect.pipeline.belief import Belief
from geoprospect.pipeline.ledger import code_digest, fingerprint, versions
from geoprospect.pipeline.outputs import CATALOGUE, CUBE, METADATA, PROJECT, TARGETS
from geoprospect.pipeline.steps import REPORTED
from geoprospect.report import export
from geoprospect.report.inventory import Features, File, Inventory, Map, features_of, map_of

STEP = "catalogue"

SAID = "pipeline.yaml"
"""The pipeline file, which a run keeps a copy of before its first step."""

HASHED = 100_000_000
"""Files up to so many bytes are listed with their SHA-256; larger ones by size alone."""


class Catalogued(Belief):
    """The run folder described for other programs; the last of its steps."""

    def describe_outputs(self) -> None:
        """A project, a catalogue and metadata of all that the steps before have written."""
        done = {name: step for name, step in self.ledger.steps.items() if name != STEP}
        key = fingerprint(
            {name: [step["fingerprint"], step["outputs"]] for name, step in done.items()},
            self.pipeline.document.text, self.pipeline.title, versions(REPORTED),
            code_digest("report"),
        )  # fmt: skip
        written = [output for step in done.values() for output in step["outputs"]]
        texts = [f"{CATALOGUE}/{name}" for name in ("collection.json", "item.json")]
        self.step(
            STEP, key, lambda: self._described(list(dict.fromkeys(written))),
            [PROJECT, METADATA, *texts],
        )  # fmt: skip

    def _described(self, written: list[str]) -> None:
        from geoprospect.report import metadata, project, stac

        title, about = self.pipeline.title, self.pipeline.about({})
        maps = [self._map(path) for path in written if path.endswith(".tif")]
        held = Inventory(self.grid, maps, self._features())
        export.write_bytes(project.qgis_project(held, title=title), self.folder / PROJECT)
        inputs = self.ledger.record["inputs"]
        text = self.pipeline.document.text
        identifier = fingerprint(text, [one["sha256"] for one in inputs], versions(REPORTED))
        told = metadata.metadata(
            held, identifier=f"{self.pipeline.name}-{identifier}", title=title, about=about,
            pipeline=text, inputs=inputs, versions=versions(REPORTED),
        )  # fmt: skip
        export.write_text(told, self.folder / METADATA)
        files = [self._file(path) for path in (*written, SAID, PROJECT, METADATA)]
        held = Inventory(self.grid, maps, held.features, [one for one in files if one is not None])
        texts = stac.catalogue(held, name=self.pipeline.name, title=title, about=about)
        export.model_folder(texts, self.folder / CATALOGUE)

    def _map(self, path: str) -> Map:
        """What a written map says of itself; of one at a URL its head alone is fetched."""
        import rasterio

        place = self.folder / path
        with (
            remote.environment(place),
            rasterio.open(remote.name(place, storage.stamp(place))) as file,
        ):
            return map_of(file, path)

    def _features(self) -> list[Features]:
        place = self.folder / TARGETS
        return features_of(Path(remote.name(place, storage.stamp(place))), TARGETS)

    def _file(self, path: str) -> File | None:
        """A file as the catalogue lists it; folders of texts and of the cube's layers are not."""
        if path.startswith(f"{CUBE}/"):
            return None
        place = self.folder / path
        size = storage.size(place)
        if not size:
            return None
        digest = None
        if storage.is_local(place) and size <= HASHED:
            digest = hashlib.sha256(place.read_bytes()).hexdigest()
        return File(path, size, digest)
