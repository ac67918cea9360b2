"""Guests of silent and timed sales, for rehearsals of whole sales in memory."""
