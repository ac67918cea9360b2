"""``auction control``: the operator's orders to a running server."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.python import usage

from twisted_auction.cli.addresses import UNVERIFIED_WARNING, endpoint_of, is_unverified
from twisted_auction.cli.base import STATUSES, Command, refuse_options, run_reactor
from twisted_auction.cli.output import print_line
from twisted_auction.client.control import OrderFailed, follow, room_names, send_order
from twisted_auction.text import printable
from twisted_auction.wire.lines import MAX_LINE
from twisted_auction.wire.order import ALL_ROOMS, ROOM_OPTION, HouseOrder, RoomOrder
from twisted_auction.wire.orders import FOLLOW, ORDERS, find_order
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

DEFAULT_CONTROL = "unix:auction.control"


class Control(Command):
    """Gives one order to a server."""

    synopsis = "[options] ORDER [WORDS]"
    example = "--room antiques cancel 'The vase is broken.'"
    longdesc = (
        "Gives an order to a server that was started with --control. Where several rooms are in "
        f"use, an order to one of them needs --room. {STATUSES}"
    )
    optParameters = [
        ["at", "a", DEFAULT_CONTROL, "The server's control address, as one endpoint string."],
        ["room", "r", None, "The room of an order to one room; '*' for some orders: all of them."],
    ]

    def getUsage(self, width: int | None = None) -> str:
        """The text of ``--help`` below the first line, with all orders."""
        orders = "".join(_help(order, self.program) for order in ORDERS)
        text, example, rest = super().getUsage(width).rpartition("\nExample: ")
        return f"{text}\nOrders:\n{orders}{example}{rest}"

    def parseArgs(self, *words: str) -> None:
        """Read the order.

        :raises UsageError: if it is not a valid order.
        """
        refuse_options(words)
        text = " ".join(words)
        found = find_order(text)
        if found is None:
            names = ", ".join(order.name for order in ORDERS)
            raise usage.UsageError(f"say one of these orders: {names}")
        order, rest = found
        if isinstance(order, RoomOrder):
            rest = self._with_room(order, rest)
        elif self["room"] is not None:
            raise usage.UsageError(f"{order.name} is about all rooms")
        else:
            _read(order, rest)
        line = f"{order.name} {rest}".rstrip()
        if not line.isprintable() or len(line.encode()) > MAX_LINE:
            raise usage.UsageError(f"an order is printable text of at most {MAX_LINE} bytes")
        self["order"] = line

    def _with_room(self, order: RoomOrder, words: str) -> str:
        """The words of an order to a room, beginning with the room if there is one.

        :raises UsageError: if they are wrong.
        """
        room = self["room"]
        if room is None:
            room, words = order.split_room(words)
        _read(order, words)
        if room is None:
            return words
        if room != ALL_ROOMS and ROOM_NAME.fullmatch(room) is None:
            raise usage.UsageError(f"a room's name is {ROOM_NAME_RULE}, not {room!r}")
        return f"{ROOM_OPTION}{room} {words}"

    async def suggest(self, reactor: Any, option: str | None, words: Sequence[str]) -> list[str]:
        """The orders; the rooms after ``--room``, and after an order with no other argument."""
        if option is None and not words:
            return [order.name for order in ORDERS]
        found = find_order(" ".join(words))
        match found:
            case (RoomOrder(argument=""), ""):
                is_room = option is None and self["room"] is None
            case _:
                is_room = False
        if not is_room and option != "room":
            return []
        return await room_names(endpoint_of(reactor, self["at"]), reactor)

    def run(self, reactor: Any) -> int:
        """Give the order, and print the answer."""
        endpoint = endpoint_of(
            reactor, self["at"], example=f"an endpoint string such as {DEFAULT_CONTROL}"
        )
        if is_unverified(self["at"]):
            self.complain(UNVERIFIED_WARNING)
        complaint = ""  # printed after the reactor has ended

        def show(line: str) -> None:
            print_line(printable(line))

        async def order() -> int:
            nonlocal complaint
            try:
                if self["order"] == str(FOLLOW):
                    following = ensureDeferred(follow(endpoint, show, reactor))
                    reactor.addSystemEventTrigger("before", "shutdown", following.cancel)
                    await following
                else:
                    show(await send_order(endpoint, self["order"], reactor))
            except CancelledError:  # such as Ctrl-C
                return 0
            except OrderFailed as error:
                complaint = str(error)
            except Exception as error:  # each kind of endpoint has its own errors
                complaint = f"cannot connect to {self['at']}: {error}"
            return 1 if complaint else 0

        status = run_reactor(reactor, order)
        if complaint:
            self.complain(complaint)
        return status


def _read(order: HouseOrder | RoomOrder, words: str) -> None:
    """Check the words of an order, without its room.

    :raises UsageError: if they are wrong.
    """
    try:
        order.read(words)
    except ValueError as error:
        how = f": {order.name} {order.argument}" if order.argument else ""
        raise usage.UsageError(f"{error}{how}") from None


def _help(order: HouseOrder | RoomOrder, program: str) -> str:
    """The lines of an order in ``--help``: its words, its effect, and an example."""
    words = f"{order.name} {order.argument}".rstrip()
    effect = wrap(order.help, 72, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return "\n".join([f"    {words}", *effect, f"        {program} {order.example}", ""])
