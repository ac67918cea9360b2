"""What the project costs, as ratios against bare Twisted in the same run."""
