"""The client of an Auctioneer, for a person or a robot; in a room, it reconnects."""
