"""The number of seats of each peer in one auction."""

from collections.abc import Container, Sized

MAX_SEATS_PER_PEER = 200
"""Default of the largest number of seats in one auction for one peer: enough for a hall whose
participants share an address."""


class Group:
    """Participants, grouped by peer.

    :ivar peers: the peer of each participant.
    """

    __slots__ = ("_members", "peers")

    def __init__(self) -> None:
        self.peers: dict[int, str] = {}
        self._members: dict[str, dict[int, None]] = {}  # in the order in which they were added

    def of(self, peer: str) -> Sized:
        """The participants of a peer."""
        return self._members.get(peer, ())

    def first_of(self, peer: str) -> int:
        """The first participant of a peer to be added."""
        return next(iter(self._members[peer]))

    def add(self, who: int, peer: str) -> None:
        """Add a participant that is not in the group."""
        self.peers[who] = peer
        self._members.setdefault(peer, {})[who] = None

    def remove(self, who: int) -> str | None:
        """Remove a participant.

        :return: its peer; None if it was not in the group.
        """
        peer = self.peers.pop(who, None)
        if peer is not None:
            del self._members[peer][who]
            if not self._members[peer]:
                del self._members[peer]
        return peer


class SeatsByPeer:
    """The seats of one auction, or one sale, by peer.

    A seat counts while its participant is present or away. After the participant has left, the seat
    counts for as long as one of its bids is kept, even an outbid one: open bidding can go on
    for long, and the bids of participants who come and go must not fill the memory.

    In a sale, results of earlier lots are kept for ticket holders who have left. They have no seat,
    so they are counted apart, up to the same number for each peer.

    :param most: largest number of seats for one peer; 0 for any number.
    """

    __slots__ = ("_absent", "_most", "_seated")

    def __init__(self, most: int) -> None:
        self._most = most
        self._seated = Group()
        self._absent = Group()

    def has_room(self, peer: str) -> bool:
        """True if one more seat can be taken from a peer.

        :param peer: an address, or the key of a network. An empty peer, such as that of a
            participant on this machine, is not counted.
        """
        return not self._most or len(self._seated.of(peer)) < self._most

    def has_seat(self, who: int) -> bool:
        """True if a seat of this participant counts."""
        return who in self._seated.peers

    def take(self, who: int, peer: str) -> None:
        """Count the seat of a participant, on its arrival or return."""
        self._absent.remove(who)
        # A participant that comes back may have another address. Its seat counts for the first one.
        if peer and who not in self._seated.peers:
            self._seated.add(who, peer)

    def free(self, who: int) -> None:
        """Stop counting a participant."""
        self._seated.remove(who)

    def set_aside(self, who: int) -> int | None:
        """Count a participant as one without a seat, because its results are kept.

        :return: the first participant of the same peer to have left, if its results must be dropped
            for these; None if there are not too many.
        """
        peer = self._seated.remove(who)
        if peer is None:
            return None
        self._absent.add(who, peer)
        if not self._most or len(self._absent.of(peer)) <= self._most:
            return None
        first = self._absent.first_of(peer)
        self._absent.remove(first)
        return first

    def all_but(self, present: Container[int]) -> list[int]:
        """The participants with seats, without those present."""
        return [who for who in self._seated.peers if who not in present]
