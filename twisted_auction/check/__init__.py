"""``auction check``: plays the assignment against a server or a client of another author."""
