"""
Evidence layers under ground: each a value and how far away the data behind it are.

Every function here returns a ``Dataset`` of two variables, ``value`` and ``distance``, both
``(z, y, x)`` float32 on a :class:`geoprospect.blocks.BlockGrid`. What is made of drill holes
(:mod:`geoprospect.features.voxels.holes`) can also be asked for at samples, each from
all holes but its own.
"""
