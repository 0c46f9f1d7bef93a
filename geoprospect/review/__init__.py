"""
The page on which planners review targets, served to this machine's own browser.

``geoprospect review RUN`` opens a finished run folder: a map whose tiles come straight from
the run's GeoTIFFs, the ranked targets, why each is there, and decisions that are kept in the
run folder. Nothing is asked of any other machine, and nothing of the run is changed but
``decisions.gpkg`` and ``exports/``.
"""

from __future__ import annotations

from geoprospect.review.server import serve

__all__ = ["serve"]
