"""
Trees over millions of cells: raw scores and exact Shapley values, 64 cells at once.

A model's text becomes arrays (``forest``); values become byte codes (``codes``) of tiles
of cells (``tiles``); nodes ask 64 codes at once (``lanes``). ``scores`` adds up leaves.
For Shapley values, ``leaves`` says what each leaf asks and gives, ``groups`` puts
leaves together, ``tables`` tabulates what a group gives, ``deep`` works out leaves too
deep for a table, ``bundles`` joins tables where a batch of cells differs in few ways,
``sums`` adds up their rows, and ``shapley`` is the whole.
"""
