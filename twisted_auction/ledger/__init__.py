"""The ledger: every event is a row, written before it is published, and verified by the rules."""
