"""The project's costs, as ratios to bare Twisted in the same run."""
