"""
Mineral prospectivity from a folder of survey data.

The stages, in the order in which data flows through them:

1. :mod:`geoprospect.ingest`    files to arrays and tables
2. :mod:`geoprospect.grid`      one target grid, and everything onto it
3. :mod:`geoprospect.features`  evidence layers
4. :mod:`geoprospect.cube`      layers to a cube, a cube to a table
5. :mod:`geoprospect.labels`    deposits, background, folds
6. :mod:`geoprospect.models`    estimators, ensembles, validation
7. :mod:`geoprospect.maps`      a model over a cube
8. :mod:`geoprospect.explain`   why a cell scores as it does
9. :mod:`geoprospect.targets`   ranked polygons and survey areas
10. :mod:`geoprospect.resources` how many deposits, how much metal
11. :mod:`geoprospect.report`   what a reader sees; all writing

:mod:`geoprospect.pipeline` is where they meet.
"""

__version__ = "0.1.0"
