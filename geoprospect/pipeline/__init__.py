"""
A pipeline file to checked calls to a run: the only place where stages meet.

``grammar`` reads the YAML, ``binding`` checks each call against its function's
signature, ``plan`` puts the calls in order, ``flow`` makes them, and ``ledger``
remembers which are done. ``survey`` looks at the inputs beforehand.
"""

from geoprospect.pipeline.flow import Listener, Run, run, run_folders
from geoprospect.pipeline.plan import Pipeline, load, loads
from geoprospect.pipeline.survey import check

__all__ = ["Listener", "Pipeline", "Run", "check", "load", "loads", "run", "run_folders"]
