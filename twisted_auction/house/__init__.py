"""The salerooms: seats, time, one auction after another, and the letters about them."""
