"""The work of a run on drill holes alone: no map, no model of it, no targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geoprospect.pipeline.ledger import RECORD, code_digest, fingerprint, versions
from geoprospect.pipeline.outputs import REPORT
from geoprospect.pipeline.steps import REPORTED
from geoprospect.pipeline.voxels import Voxels
from geoprospect.report import export


@dataclass
class Underground(Voxels):
    """All steps of such a run; each public method is one stage."""

    def all_steps(self) -> None:
        """Every step, in order."""
        export.write_text(self.pipeline.document.text, self.folder / "pipeline.yaml")
        self.read_holes()
        self.make_composites()
        self.make_block_model()
        self.make_voxels()
        self.write_report()
        self.print_report()

    def write_report(self) -> None:
        """One page to read."""
        self.ledger.arrange(self.names())
        done = {name: self.ledger.steps[name]["fingerprint"] for name in self.underground()}
        self.prints["report"] = fingerprint(
            done, self.pipeline.document.text, [call.path for call in self.pipeline.report],
            self.ledger.notices(), self.pipeline.title, versions(REPORTED), self.language,
            self._files(), code_digest("report", "language.py", "locale"),
        )  # fmt: skip
        self.step("report", self.prints["report"], self._reported, [REPORT])

    def results(self) -> dict[str, Any]:
        """What the run has made and a report section may take, by name."""
        return {
            "title": self.pipeline.title,
            "drill_holes": self.holes_told(),
            "block_model": self.blocks_told(),
            "subsurface": self.voxels_told(),
            "inputs": self.ledger.record["inputs"],
            "layers": [],
            "notices": self.ledger.notices(),
            "pipeline": self.pipeline.document.text,
            "versions": versions(REPORTED),
            "files": self._files(),
        }

    def _reported(self) -> None:
        from geoprospect.report import page

        told = self.results()
        sections = [(call.path[-1], call(told)) for call in self.pipeline.report]
        blocks = self.pipeline.block_model or self.pipeline.voxels
        kind = page.BLOCKS if blocks else page.HOLES
        text = page.page(self.pipeline.title, sections, kind=kind)
        export.write_text(text, self.folder / REPORT)

    def _files(self) -> list[str]:
        """What the run folder will hold, by the ledger."""
        written = [name for one in self.underground() for name in self.ledger.steps[one]["outputs"]]
        return sorted({*written, RECORD, REPORT})
