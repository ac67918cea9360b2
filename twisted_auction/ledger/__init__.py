"""The record: every event as a row, written before it is published, and held against the rules."""
