"""The protocol: messages of the server, words of clients and the operator, and their coding.

This package uses no Twisted, and of the rules only the wording of times.
"""
