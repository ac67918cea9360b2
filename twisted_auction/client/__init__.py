"""The talk with an Auctioneer from the participant's side, and the terminal that drives it."""
