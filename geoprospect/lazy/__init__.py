"""
The only package that knows dask.

Everything between reading and writing stays lazy and works block by block;
memory is bounded by the block, not by the raster, and chunking never changes
a value. ``layers`` makes lazy layers, ``running`` computes them, on threads or on
a cluster.
"""

from geoprospect.lazy.layers import (
    CHUNK,
    Block,
    Windows,
    block_side,
    chunked,
    chunks,
    cut,
    from_array,
    from_cube,
    from_grid,
    from_windows,
    is_lazy,
    later,
    layers_from_grid,
    shared,
    side,
    strided,
    tile,
    within,
)
from geoprospect.lazy.running import (
    Place,
    Progress,
    Sliced,
    Tell,
    at_cells,
    blocks,
    compute,
    each,
    gathered,
    sample,
    summed,
    threads,
    told,
    workers,
)

__all__ = [
    "CHUNK",
    "Block",
    "Place",
    "Progress",
    "Sliced",
    "Tell",
    "Windows",
    "at_cells",
    "block_side",
    "blocks",
    "chunked",
    "chunks",
    "compute",
    "cut",
    "each",
    "from_array",
    "from_cube",
    "from_grid",
    "from_windows",
    "gathered",
    "is_lazy",
    "later",
    "layers_from_grid",
    "sample",
    "shared",
    "side",
    "strided",
    "summed",
    "threads",
    "tile",
    "told",
    "within",
    "workers",
]
