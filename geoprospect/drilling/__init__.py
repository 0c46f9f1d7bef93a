"""From targets to holes: what a hole may bring, where it goes, and whether holes are saved."""
