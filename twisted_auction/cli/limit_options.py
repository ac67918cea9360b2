"""The options of ``twistd auction`` for the limits on connections."""

from twisted_auction.server.limits import Limits

LIMITS = {
    "line-rate": "Lines a second that are heard from one connection",
    "line-timeout": "Seconds from the first byte of a line to its end",
    "max-unsent": "Bytes that may wait for a client that does not read",
    "max-connections": "Connections in all; not more than open files (ulimit -n) allow",
    "max-per-peer": "Connections from one address; of IPv6, from one network /64",
    "max-new-per-minute": "New connections a minute from one address, and new seats in the lobby",
    "handshake-timeout": "Seconds for the handshake of TLS, or for a proxy's header",
    "peer-timeout": "Seconds of silence on the network after which a connection is cut",
    "lobby-timeout": "Seconds for which a client in the lobby may say nothing",
}
"""Help for the options of :class:`~twisted_auction.server.limits.Limits`, by option."""

LIMIT_OPTIONS = [
    [name, None, getattr(Limits(), name.replace("-", "_")), f"{what}; 0: no limit."]
    for name, what in LIMITS.items()
]
"""The options with their defaults and their help, as :class:`twisted.python.usage.Options` has
them."""
