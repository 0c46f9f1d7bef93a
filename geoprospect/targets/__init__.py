"""Maps to ranked polygons and survey areas."""
