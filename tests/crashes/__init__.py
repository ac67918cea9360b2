"""Crashes and disk failures of a server at many points, after which its ledger must be complete.

``python -m tests.crashes --help``
"""
