"""
The only package that knows dask.

Everything between reading and writing stays lazy and works block by block;
memory is bounded by the block, not by the raster, and chunking never changes
a value. ``layers`` makes lazy layers, ``running`` computes them, ``order`` finds their
quantiles, ``bends`` where their area bends, ``workers`` are the threads, or the
``cluster``, that do the work.
"""

from geoprospect.lazy.bends import Bends, bends
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
    tile,
    within,
)
from geoprospect.lazy.order import Best, best, quantiles
from geoprospect.lazy.progress import Progress, Tell, told
from geoprospect.lazy.running import (
    Place,
    Sliced,
    at_cells,
    blocks,
    compute,
    each,
    gathered,
    sample,
    summed,
)
from geoprospect.lazy.workers import cluster, everywhere, threads, workers

__all__ = [
    "CHUNK",
    "Bends",
    "Best",
    "Block",
    "Place",
    "Progress",
    "Sliced",
    "Tell",
    "Windows",
    "at_cells",
    "bends",
    "best",
    "block_side",
    "blocks",
    "chunked",
    "chunks",
    "cluster",
    "compute",
    "cut",
    "each",
    "everywhere",
    "from_array",
    "from_cube",
    "from_grid",
    "from_windows",
    "gathered",
    "is_lazy",
    "later",
    "layers_from_grid",
    "quantiles",
    "sample",
    "shared",
    "side",
    "summed",
    "threads",
    "tile",
    "told",
    "within",
    "workers",
]
