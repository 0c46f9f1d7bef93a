"""
A pipeline file to checked calls to a run: the only place where stages meet.

``grammar`` reads the YAML, ``binding`` checks each call against its function's
signature, ``plan`` puts the calls in order, ``flow`` makes them, and ``ledger``
remembers which are done.
"""

from geoprospect.pipeline.flow import Run, check, run, run_folders
from geoprospect.pipeline.plan import Pipeline, load, loads

__all__ = ["Pipeline", "Run", "check", "load", "loads", "run", "run_folders"]
