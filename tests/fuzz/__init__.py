"""Fuzzing: whatever bytes come, the server and the client neither fail nor grow.

``python -m tests.fuzz --help``
"""
