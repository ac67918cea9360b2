"""The auction as a Twisted server: protocol, factory, and what the operator reads."""
