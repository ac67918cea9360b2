"""``auction check``: plays the assignment against another author's server or client."""
