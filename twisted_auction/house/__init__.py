"""The saleroom: seats and timers around one auction, and who is told what."""
