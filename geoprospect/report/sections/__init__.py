"""
The sections of the report, one function each, found by name.

A section takes what it needs by name and returns HTML. The first line of its
docstring is its heading on the page.
"""
