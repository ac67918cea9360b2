"""The addresses that the operator has banned, in memory alone: a restart forgets them."""

from twisted.internet.interfaces import IReactorTime


class Bans:
    """Banned peers, each until an instant.

    A peer is as from :func:`~twisted_auction.server.limits.peer_of`: an IPv4 address, or an IPv6
    network of 64 bits.

    :param clock: tells the time.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}

    def __contains__(self, peer: str) -> bool:
        return bool(self._ends) and self.seconds_left.get(peer, 0) > 0

    @property
    def seconds_left(self) -> dict[str, float]:
        """The banned peers, each with the seconds until its ban ends."""
        now = self._clock.seconds()
        self._ends = {peer: end for peer, end in self._ends.items() if end > now}
        return {peer: end - now for peer, end in self._ends.items()}

    def add(self, peer: str, seconds: float) -> None:
        """Ban a peer from now on. A ban of the same peer ends."""
        self._ends[peer] = self._clock.seconds() + seconds

    def lift(self, peer: str) -> bool:
        """End a ban.

        :return: False if the peer is not banned.
        """
        is_banned = peer in self
        self._ends.pop(peer, None)
        return is_banned
