"""
A made porphyry-skarn copper district: every layer follows from one buried story.

The modules in the order of the story: the frame, the rocks (strata, bodies,
terrain), the ore, then what surveys would see of it (potential fields,
radiometrics, sediments, the map), and the files.
"""
