"""The lobby, from a client's side: the way of each connection to its seat.

A new client that wants a certain role looks into the room first, with ``WATCH``. It takes the seat
with ``JOIN``; a later connection comes back to it with ``RESUME``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from twisted_auction.client.person import NOT_A_BUYER, NOT_THE_SELLER, Ending, Role
from twisted_auction.text import printable
from twisted_auction.wire import messages, verbs

NO_LOBBY = Ending(1, "that is no lobby; name the port of one, or leave out --room")


@dataclass
class Key:
    """How a visit comes back to its seat.

    :param ticket: resumes the seat; None before there is a seat.
    """

    ticket: str | None = None

    @property
    def is_good(self) -> bool:
        """True if a connection can come back to a seat."""
        return self.ticket is not None

    def discard(self) -> None:
        """Forget the key: the lobby refuses it."""
        self.ticket = None


class _State(Enum):
    """How far a connection has come toward its seat."""

    LOOKING = "the client has asked the lobby whether something is on sale in the room"
    ENTERING = "the client has asked the lobby for a seat, or to resume one"
    SEATED = "the connection has the seat"


class Entrance:
    """The way of one connection through the lobby.

    :param room: the room's name.
    :param role: the role that the person wants; None for either.
    :param key: outlives the connection.
    :param send: sends a line.
    :param leave: ends the visit.
    :ivar resumes: True if an earlier connection had the seat.
    """

    def __init__(
        self,
        room: str,
        role: type[Role] | None,
        key: Key,
        send: Callable[[bytes], object],
        leave: Callable[[Ending], object],
    ) -> None:
        self._room = room
        self._role = role
        self._key = key
        self._send = send
        self._leave = leave
        self._state = _State.ENTERING
        self._is_on_sale = True  # unless the lobby says otherwise
        self.resumes = key.is_good

    @property
    def is_passed(self) -> bool:
        """True once the connection has the seat."""
        return self._state is _State.SEATED

    def begin(self) -> None:
        """Ask for a seat, or resume one."""
        if self._key.ticket is not None:
            self._send(verbs.RESUME.line(self._key.ticket))
        elif self._role is None:
            self._join()
        else:  # look first: a seat taken and released stays blocked for the grace period
            self._state = _State.LOOKING
            # The answer to PING follows everything that WATCH shows, so it ends the look.
            self._send(verbs.WATCH.line(self._room))
            self._send(verbs.PING.line())

    def message_received(self, message: messages.Message) -> bool:
        """Handle a message that may arrive before this connection has the seat.

        :return: True if the message was fully handled here.
        """
        if self._state is _State.LOOKING:
            return self._look(message)
        match message:
            case messages.TicketIs():
                self._key.ticket = message.ticket
            case messages.NotDone():
                self._key.discard()
                self._refused(message)
            case messages.ServerBusy() if self.resumes:
                pass  # the server keeps the seat: reconnect
            case messages.RoleSeller() | messages.RoleBuyer():
                if self._key.is_good:
                    self._state = _State.SEATED
                    return False
                self._leave(NO_LOBBY)
            case _:
                return False
        return True

    def _join(self) -> None:
        self._state = _State.ENTERING
        self._send(verbs.JOIN.line(self._room))

    def _look(self, message: messages.Message) -> bool:
        """Join the room if the role that the person wants is free."""
        match message:
            case messages.NothingOnSale():
                self._is_on_sale = False
            case messages.Pong():
                free = messages.RoleBuyer if self._is_on_sale else messages.RoleSeller
                if self._role is free:
                    self._join()
                else:
                    self._leave(NOT_THE_SELLER if self._is_on_sale else NOT_A_BUYER)
            case messages.NotDone():
                self._refused(message)
            case messages.RoleSeller() | messages.RoleBuyer():
                self._leave(NO_LOBBY)
            case messages.ServerBusy() | messages.BiddingOngoing():
                return False  # the port is a room's, not a lobby's
        return True

    def _refused(self, refusal: messages.NotDone) -> None:
        what = "come back to" if self.resumes else "join"
        why = printable(refusal.text).removesuffix(".")
        self._leave(Ending(1, f"cannot {what} room {self._room}: {why}"))
