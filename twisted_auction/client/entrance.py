"""The lobby, from a client's side: the way of each connection to its seat.

A new client that wants a certain role looks into the room first, with ``WATCH``. It takes the seat
with ``JOIN``; a later connection comes back to it with ``RESUME``. A Watcher needs ``WATCH`` alone.

Where the house has a list of people, the lobby refuses this to a stranger. The client then asks its
person for the pass code, says ``PASS`` and begins again. It has no ticket, and comes back with
``PASS`` and ``JOIN``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from twisted_auction.client.person import NOT_A_BUYER, NOT_THE_SELLER, Ending, Role
from twisted_auction.text import printable
from twisted_auction.wire import messages, verbs

NO_LOBBY = Ending(1, "that is no lobby; name the port of one, or leave out --room")


@dataclass
class Key:
    """How a visit comes back to its seat: with a ticket, as a person with a pass code, or as a
    Watcher.

    :param ticket: resumes the seat; None before there is a seat.
    :param code: a pass code that the lobby has accepted. It is not part of ``repr()``, which errors
        may show.
    :param is_watcher: True once the lobby has let the client watch.
    """

    ticket: str | None = None
    code: bytes | None = field(default=None, repr=False)
    is_watcher: bool = False

    @property
    def is_good(self) -> bool:
        """True if a connection can come back to a seat."""
        return self.ticket is not None or self.code is not None or self.is_watcher

    def release_lines(self, room: str) -> list[bytes]:
        """The lines that give the seat up at once, on a connection of their own; none if the client
        has no seat."""
        if self.ticket is not None:
            return [verbs.QUIT.line(self.ticket)]
        if self.code is not None and not self.is_watcher:
            return [verbs.PASS.line() + b" " + self.code, verbs.QUIT.line(room)]
        return []

    def discard(self) -> None:
        """Forget the key: the lobby refuses it."""
        self.ticket = self.code = None
        self.is_watcher = False


class _State(Enum):
    """How far a connection has come toward its seat."""

    LOOKING = "the client has asked the lobby whether something is on sale in the room"
    SAYING_PASS = "the client has said the person's pass code"
    ENTERING = "the client has asked the lobby for a seat, or to resume one"
    SEATED = "the connection has the seat"


class Entrance:
    """The way of one connection through the lobby.

    :param room: the room's name.
    :param role: the role that the person wants; None for either.
    :param key: outlives the connection.
    :param send: sends a line.
    :param leave: ends the visit.
    :param show: shows the person a line of text.
    :ivar resumes: True if an earlier connection had the seat.
    """

    def __init__(
        self,
        room: str,
        role: type[Role] | None,
        key: Key,
        send: Callable[[bytes], object],
        leave: Callable[[Ending], object],
        show: Callable[[str], object],
    ) -> None:
        self._room = room
        self._role = role
        self._key = key
        self._send = send
        self._leave = leave
        self._show = show
        self._state = _State.ENTERING
        self._code: bytes | None = key.code
        self._is_on_sale = True  # unless the lobby says otherwise
        self.resumes = key.is_good

    @property
    def is_passed(self) -> bool:
        """True once the connection has the seat."""
        return self._state is _State.SEATED

    @property
    def _may_be_seated(self) -> bool:
        return self._state is _State.ENTERING and self._key.is_good

    def begin(self) -> None:
        """Ask for a seat, or resume one."""
        if self._key.ticket is not None:
            self._send(verbs.RESUME.line(self._key.ticket))
        elif self._key.code is not None:
            self.say_pass(self._key.code)
        else:
            self._approach()

    def say_pass(self, code: bytes) -> None:
        """Say the person's pass code."""
        self._state = _State.SAYING_PASS
        self._code = code
        self._send(verbs.PASS.line() + b" " + code)

    def message_received(self, message: messages.Message) -> messages.Message | None:
        """Handle a message that may arrive before this connection has the seat.

        :return: the message for the person: perhaps the question for its pass code in place of the
            lobby's refusal. None if the message was fully handled here.
        """
        match message:
            case messages.NotDone(messages.NO_PASS_YET) if self._state is not _State.SAYING_PASS:
                self._state = _State.SAYING_PASS
                return messages.AskPass()
            case messages.RoleWatcher() | messages.AllLots() if (
                self._role is messages.RoleWatcher  # of a room, or of all lots together
            ):
                self._key.is_watcher = True
                self._state = _State.SEATED
                return message
            case messages.RoleSeller() | messages.RoleBuyer() if self._may_be_seated:
                self._state = _State.SEATED
                return message
            case messages.RoleSeller() | messages.RoleBuyer() | messages.AskPass():
                self._leave(NO_LOBBY)
                return None
        match self._state:
            case _State.LOOKING:
                return self._look(message)
            case _State.SAYING_PASS:
                return self._identify(message)
        return self._enter(message)

    def _approach(self) -> None:
        if self._role is messages.RoleWatcher:
            self._state = _State.ENTERING
            self._send(verbs.WATCH.line(self._room))
        elif self._role is None or self.resumes:
            self._join()
        else:  # look first: a seat taken and released stays blocked for the grace period
            self._state = _State.LOOKING
            # The answer to PING follows everything that WATCH shows, so it ends the look.
            self._send(verbs.WATCH.line(self._room))
            self._send(verbs.PING.line())

    def _join(self) -> None:
        self._state = _State.ENTERING
        self._send(verbs.JOIN.line(self._room))

    def _look(self, message: messages.Message) -> messages.Message | None:
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
            case messages.ServerBusy() | messages.BiddingOngoing():
                return message  # the port is a room's, not a lobby's
        return None

    def _identify(self, message: messages.Message) -> messages.Message | None:
        """Go on once the lobby has accepted the pass code."""
        match message:
            case messages.YouArePaddle():
                self._key.code = self._code
                self._approach()
                return None if self.resumes else message
            case messages.NotDone(messages.NO_SUCH_PASS) if not self.resumes:
                self._show(printable(str(message)))
                return messages.AskPass()
            case messages.NotDone(messages.NO_PASS_YET):
                pass  # of the look
            case messages.NotDone():
                self._key.discard()
                self._refused(message)
            case messages.ServerBusy() | messages.TooManyLines() | messages.AuctioneerCloses():
                return message
            case messages.LobbyTimeUp():
                return message
        return None  # others are the rest of the look

    def _enter(self, message: messages.Message) -> messages.Message | None:
        match message:
            case messages.TicketIs():
                self._key.ticket = message.ticket
            case messages.NotDone():
                self._key.discard()
                self._refused(message)
            case messages.ServerBusy() if self.resumes:
                pass  # the server keeps the seat: reconnect
            case _:
                return message
        return None

    def _refused(self, refusal: messages.NotDone) -> None:
        first = "watch" if self._role is messages.RoleWatcher else "join"
        what = "come back to" if self.resumes else first
        why = printable(refusal.text).removesuffix(".")
        self._leave(Ending(1, f"cannot {what} room {self._room}: {why}"))
