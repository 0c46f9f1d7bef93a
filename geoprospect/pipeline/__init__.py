"""A pipeline file to checked calls to a run: the only place where stages meet."""
