"""The rules of an auction, pure: no network, no clock, no randomness, no input or output."""
