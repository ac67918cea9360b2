"""The limits on all connections of browsers together: number, rate, and deadlines.

The limits are those of the other ports (:mod:`twisted_auction.server.limits`), counted for
browsers. A browser opens several connections, and a hall may have one address, so limits for a peer
are higher. The web socket has limits of its own, for each session.
"""

from twisted.internet.interfaces import IAddress

from twisted_auction.server.deadlines import Deadlines
from twisted_auction.server.limits import (
    REFUSAL_DELAY,
    ConnectionLimits,
    PeerCounts,
    PeerRateLimit,
    peer_of,
)

REQUEST_TIMEOUT = 15.0
"""Seconds for the next whole header: from the beginning of a connection, and from each answer. So
they are also the lifetime of an idle connection. Browsers then open a new one."""

BROWSER_CONNECTIONS = 6
"""Connections of one browser to one host. The limit of a peer's connections is multiplied by it."""

PAGE_REQUESTS = 20
"""Requests with which a new browser opens a page: the page, its modules, texts and icons. The limit
of new connections of a peer is multiplied by it, because a hall full of phones is one peer."""


class Browsers:
    """The connections of all browsers.

    :param connections: limits shared by all ports of the server.
    :param proxy: the IP address of a proxy that names its clients in ``X-Forwarded-For``; empty for
        none. Limits do not hold for the proxy, but for its clients.
    :param is_secure: True if all browsers come by TLS, also if a proxy ends it.
    :ivar requests: deadlines of the next request on each connection.
    :ivar refusals: delays of the refusals of too many requests.
    """

    def __init__(
        self, connections: ConnectionLimits, proxy: str = "", is_secure: bool = False
    ) -> None:
        self.connections = connections
        self.proxy = proxy
        self.is_secure = is_secure
        self.requests = Deadlines(connections.clock, REQUEST_TIMEOUT)
        self.refusals = Deadlines(connections.clock, REFUSAL_DELAY)
        limits = connections.limits
        self._max_per_peer = limits.max_per_peer * BROWSER_CONNECTIONS
        self._rate = PeerRateLimit(limits.max_new_per_minute * PAGE_REQUESTS)
        self._by_peer = PeerCounts()

    def acquire(self, address: IAddress) -> str | None:
        """Count one more connection, if the limits allow it.

        :return: the peer of the connection, to be given to :meth:`release`; None if it is refused.
        """
        peer = peer_of(address)
        if peer in self.connections.bans:
            self.connections.log_refusal("{peer!r} is banned", peer=peer)
            return None
        from_there = self._by_peer[peer]
        if peer not in ("", self.proxy) and 0 < self._max_per_peer <= from_there:
            why = "{peer!r} has {connections} connections to the page already"
            self.connections.log_refusal(why, peer=peer, connections=from_there)
            return None
        if self.connections.acquire(None) is None:
            return None
        self._by_peer[peer] += 1
        return peer

    def release(self, peer: str) -> None:
        """Stop counting a connection.

        :param peer: as from :meth:`acquire`.
        """
        self.connections.release("")
        self._by_peer.release(peer)

    def admit(self, address: IAddress) -> bool:
        """Count one more request of a client, if the limits allow it.

        :param address: of the client, also behind a proxy.
        """
        peer = peer_of(address)
        if peer in self.connections.bans:
            self.connections.log_refusal("{peer!r} is banned", peer=peer)
            return False
        is_admitted = self._rate.admit(peer, self.connections.clock.seconds())
        if not is_admitted:
            self.connections.log_refusal("{peer!r} asks the page too often", peer=peer)
        return is_admitted
