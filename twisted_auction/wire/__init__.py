"""The talk: what the server, its clients and the operator say to one another, and how it is coded.

It knows no Twisted and no rules, apart from how an amount and a time are written.
"""
