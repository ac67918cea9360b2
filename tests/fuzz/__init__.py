"""Fuzzing: for any bytes, the server and the client neither fail nor grow.

``python -m tests.fuzz --help``
"""
