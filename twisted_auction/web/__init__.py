"""The page: the same rooms, for browsers."""
