"""``auction check``: plays the assignment against a server or a client that somebody else wrote."""
