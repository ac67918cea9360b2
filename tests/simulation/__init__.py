"""Whole houses, made of the server's own classes, with a network, a disk and clients that a seed
decides."""
