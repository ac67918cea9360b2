"""Whole houses, with the server's own classes, over a network, a disk and people that a seed
decides."""
