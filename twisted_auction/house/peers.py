"""How many seats of one auction each address has."""

from collections.abc import Container

MAX_SEATS_PER_PEER = 200
"""How many seats of one auction one address may have, where nothing else is said: enough for a hall
whose participants share an address."""


class SeatsByPeer:
    """The seats of one auction, or one sale, by the addresses from which they were taken.

    A seat counts for the address that took it for as long as the auction keeps anything of its
    participant in memory: while it is there, while it is away, and while a bid or a result of it is
    kept after it has left.

    :param most: how many seats one address may have; 0 is any number.
    """

    __slots__ = ("_most", "_peers", "_seats")

    def __init__(self, most: int) -> None:
        self._most = most
        self._peers: dict[int, str] = {}
        self._seats: dict[str, int] = {}

    def has_room(self, peer: str) -> bool:
        """Whether one more seat may be taken from this address.

        :param peer: the address, or whatever stands for a network; the empty text, for a
            participant on this machine, is not counted.
        """
        return not self._most or self._seats.get(peer, 0) < self._most

    def take(self, who: int, peer: str) -> None:
        """A participant takes a seat, or comes back to the one that it had."""
        if peer and who not in self._peers:
            self._peers[who] = peer
            self._seats[peer] = self._seats.get(peer, 0) + 1

    def free(self, who: int) -> None:
        """Nothing is kept of a participant any more."""
        peer = self._peers.pop(who, None)
        if peer is not None:
            self._seats[peer] -= 1
            if not self._seats[peer]:
                del self._seats[peer]

    def free_all_but(self, *kept: Container[int]) -> None:
        """Of all other participants, nothing is kept any more."""
        for who in [who for who in self._peers if not any(who in those for those in kept)]:
            self.free(who)
