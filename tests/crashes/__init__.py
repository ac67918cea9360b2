"""Proof that a server can be killed at any point, or lose its disk, and its ledger loses nothing.

``python -m tests.crashes --help``
"""
