"""Evidence layers, one registered function each."""
