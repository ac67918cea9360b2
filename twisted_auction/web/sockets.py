"""What the web sockets of a house have in common: their number, their frames, and a timer."""

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IAddress

from twisted_auction.house.rooms import Rooms
from twisted_auction.house.tickets import new_ticket
from twisted_auction.rules.events import SELLER, Event, Readmitted
from twisted_auction.server.deadlines import Deadlines
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.limits import ConnectionLimits, PeerCounts, peer_of
from twisted_auction.server.passes import Passes
from twisted_auction.server.visitor import VisitorSession, dismiss_all
from twisted_auction.web.frames import Frames
from twisted_auction.wire.messages import YouAreReadmitted

WORD_INTERVAL = 20.0
"""Seconds between two signs of the server on a socket. Proxies close a silent one after 60 s, and a
page cannot notice a broken connection in another way."""

PEER_SHARE = 2
"""One address may have this part of all connections as web sockets. A hall has one address, so its
sockets are many; but no address may take all of them."""


class Sockets:
    """The web sockets of a house.

    :param rooms: the rooms of the house.
    :param connections: limits shared by all ports of the server.
    :param passes: the pass codes of the house; None without a list of people.
    :param office: for the desks of auctioneers; None without a list of people.
    :param draw_ticket: makes a new ticket.
    :ivar sessions: all open sessions.
    :ivar frames: encodes letters.
    :ivar words: deadlines of the next sign on each socket.
    """

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        passes: Passes | None = None,
        office: DeskOffice | None = None,
        draw_ticket: Callable[[], str] = new_ticket,
    ) -> None:
        self.rooms = rooms
        self.connections = connections
        self.passes = passes
        self.office = office
        self.draw_ticket = draw_ticket
        rooms.add_haltable(connections)
        self.sessions: dict[VisitorSession, None] = {}
        self.frames = Frames()
        self.words = Deadlines(connections.clock, WORD_INTERVAL)
        self._by_peer = PeerCounts()

    def admit(self, client: IAddress) -> bool:
        """True if one more socket can be opened from this address."""
        peer, connections = peer_of(client), self.connections
        if peer in connections.bans:
            connections.log_refusal("{peer!r} is banned", peer=peer)
            return False
        if connections.is_full:
            connections.log_refusal(
                "there are {connections} already", connections=connections.count
            )
            return False
        most = connections.limits.max_connections // PEER_SHARE
        if peer and connections.limits.max_per_peer and 0 < most <= self._by_peer[peer]:
            why = "{peer!r} has {connections} web sockets already"
            connections.log_refusal(why, peer=peer, connections=most)
            return False
        return True

    def acquire(self, client: IAddress) -> str:
        """Count one more socket, in all and for its peer.

        :return: the peer, to be given to :meth:`release`.
        """
        peer = peer_of(client)
        self.connections.acquire(None)  # admit() has looked whether there is room
        self._by_peer[peer] += 1
        if self.passes is not None:
            self.rooms.news.followers[self._tell_readmitted] = None
        return peer

    def release(self, peer: str) -> None:
        """Stop counting a socket.

        :param peer: as from :meth:`acquire`.
        """
        self.connections.release("")
        self._by_peer.release(peer)
        if not self._by_peer:
            self.rooms.news.followers.pop(self._tell_readmitted, None)

    def _tell_readmitted(self, room: str, events: Sequence[Event]) -> None:
        """Tell persons that they may come back to a room."""
        for event in events:
            if not isinstance(event, Readmitted):
                continue
            paddle = self.rooms[room].auction.seller_paddle if event.who == SELLER else event.who
            for session in [*self.sessions]:
                if session.person is not None and session.person.paddle == paddle:
                    session.answer(YouAreReadmitted(room))

    def close(self) -> None:
        """Close all sockets with a last letter, because the house closes."""
        self.rooms.journal.after_commit(lambda: dismiss_all(self.sessions))
