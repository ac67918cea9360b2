"""How many seats of one auction each address has."""

from collections.abc import Container, Sized

MAX_SEATS_PER_PEER = 200
"""How many seats of one auction one address may have, where nothing else is said: enough for a hall
whose participants share an address."""


class Group:
    """Participants, and the addresses that they count for.

    :ivar peers: the address of each participant.
    """

    __slots__ = ("_members", "peers")

    def __init__(self) -> None:
        self.peers: dict[int, str] = {}
        self._members: dict[str, dict[int, None]] = {}  # in the order in which they were added

    def of(self, peer: str) -> Sized:
        """The participants that count for an address."""
        return self._members.get(peer, ())

    def first_of(self, peer: str) -> int:
        """Which of the participants that count for an address was added first."""
        return next(iter(self._members[peer]))

    def add(self, who: int, peer: str) -> None:
        """Add a participant that is not in the group."""
        self.peers[who] = peer
        self._members.setdefault(peer, {})[who] = None

    def remove(self, who: int) -> str | None:
        """Remove a participant.

        :return: the address that it counted for; None where it was not in the group.
        """
        peer = self.peers.pop(who, None)
        if peer is not None:
            del self._members[peer][who]
            if not self._members[peer]:
                del self._members[peer]
        return peer


class SeatsByPeer:
    """The seats of one auction, or one sale, by the addresses from which they were taken.

    A seat counts for the address that took it while its participant is there or away, and after it
    has left for as long as a bid of it is kept. That may be one that was outbid: a lot goes on for
    as long as people bid, and the bids of participants that come and go must not fill the memory.

    In a sale, results of earlier lots are kept for ticket holders that have left. They hold no
    seat, so they are counted apart from those that do, up to the same number for each address.

    :param most: how many seats one address may have; 0 is any number.
    """

    __slots__ = ("_absent", "_most", "_seated")

    def __init__(self, most: int) -> None:
        self._most = most
        self._seated = Group()
        self._absent = Group()

    def has_room(self, peer: str) -> bool:
        """Whether one more seat may be taken from this address.

        :param peer: the address, or whatever stands for a network; the empty text, for a
            participant on this machine, is not counted.
        """
        return not self._most or len(self._seated.of(peer)) < self._most

    def has_seat(self, who: int) -> bool:
        """Whether a seat of this participant counts."""
        return who in self._seated.peers

    def take(self, who: int, peer: str) -> None:
        """A participant takes a seat, or comes back to the one that it had."""
        self._absent.remove(who)
        if peer and who not in self._seated.peers:
            self._seated.add(who, peer)

    def free(self, who: int) -> None:
        """Nothing is kept of a participant any more."""
        self._seated.remove(who)

    def set_aside(self, who: int) -> int | None:
        """A participant has no seat any more, but its results are kept.

        :return: the participant whose results must not be kept any more, which has left before all
            others from the same address; None as long as there are not too many.
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
        """All other participants whose seats count."""
        return [who for who in self._seated.peers if who not in present]
