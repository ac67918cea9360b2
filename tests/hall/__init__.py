"""A hall of persons who bid, as a process of its own, for an end-to-end test."""
