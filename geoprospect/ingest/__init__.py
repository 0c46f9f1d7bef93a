"""Files to arrays and tables: rasters, vectors, tables of points."""
