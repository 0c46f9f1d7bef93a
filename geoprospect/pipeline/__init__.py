"""
A pipeline file to checked calls to a run: the only place where stages meet.

``grammar`` reads the YAML, ``binding`` checks each call against its function's
signature, ``plan`` puts the calls in order. ``first`` writes a first file for a folder
of data. ``survey`` looks at the inputs, ``evidence`` at every layer, ``room``
tells how large the outputs will be, ``memory`` how large blocks may be. ``flow`` runs
the ``steps`` of ``ground`` (files to samples), ``targeting`` (maps to targets, as
``preferences`` reads them from the file) and ``work`` (model to report), or, of a file
on drill ``holes`` alone, those of ``underground``; ``ledger`` remembers which are done.
``trial`` is how a file asks for a ``backtesting`` of its model on the ``past``.
``experiment`` runs no pipeline: it tries ways of drilling on made districts, which an
``explorer`` has learnt.
"""

from geoprospect.pipeline.bars import bars
from geoprospect.pipeline.evidence import data_report
from geoprospect.pipeline.first import Draft, init
from geoprospect.pipeline.flow import Run, run, run_folders
from geoprospect.pipeline.listener import Listener
from geoprospect.pipeline.memory import parsed
from geoprospect.pipeline.plan import Pipeline, Plan, load, loads
from geoprospect.pipeline.room import sizes
from geoprospect.pipeline.survey import check

__all__ = [
    "Draft",
    "Listener",
    "Pipeline",
    "Plan",
    "Run",
    "bars",
    "check",
    "data_report",
    "init",
    "load",
    "loads",
    "parsed",
    "run",
    "run_folders",
    "sizes",
]
