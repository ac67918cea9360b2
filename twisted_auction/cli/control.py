"""``auction control``: the operator's orders to a running server."""

from typing import Any

from twisted.python import usage

from twisted_auction.cli.addresses import UNVERIFIED_WARNING, endpoint_of, is_unverified
from twisted_auction.cli.base import STATUSES, Command, refuse_options, run_reactor
from twisted_auction.cli.output import print_line
from twisted_auction.client.control import OrderFailed, send_order
from twisted_auction.text import printable
from twisted_auction.wire import verbs
from twisted_auction.wire.lines import MAX_LINE
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE, ROOM_OPTION

DEFAULT_CONTROL = "unix:auction.control"


class Control(Command):
    """Gives one order to a server."""

    synopsis = "[options] status | close | cancel REASON"
    example = "--room antiques cancel 'The vase is broken.'"
    longdesc = (
        "Gives an order to a server that was started with --control. "
        + "; ".join(f"{order.name}: {order.help}" for order in verbs.ORDERS)
        + ". Where several rooms are in use, close and cancel need --room. "
        f"{STATUSES}"
    )
    optParameters = [
        ["at", "a", DEFAULT_CONTROL, "The server's control address, as one endpoint string."],
        ["room", "r", None, "The room of the order."],
    ]

    def parseArgs(self, *words: str) -> None:
        """Read the order.

        :raises UsageError: if it is not a valid order.
        """
        refuse_options(words)
        order, *rest = " ".join(words).split(maxsplit=1) or [""]
        room = self["room"]
        match order.lower():
            case verbs.STATUS.name if rest or room is not None:
                raise usage.UsageError("status is about all rooms and takes no words")
            case verbs.STATUS.name:
                pass
            # close ROOM means the same as --room ROOM close.
            case verbs.CLOSE.name if rest and room is None:
                room, rest = rest[0].strip(), []
            case verbs.CLOSE.name if rest:
                raise usage.UsageError("close takes no reason")
            case verbs.CLOSE.name:
                pass
            case verbs.CANCEL.name if not rest:
                raise usage.UsageError("say why: cancel REASON")
            case verbs.CANCEL.name:
                pass
            case _:
                raise usage.UsageError("say status, close or cancel")
        if room is not None:
            if ROOM_NAME.fullmatch(room) is None:
                raise usage.UsageError(f"a room's name is {ROOM_NAME_RULE}, not {room!r}")
            rest = [f"{ROOM_OPTION}{room}", *rest]
        line = " ".join([order.lower(), *rest])
        if not line.isprintable() or len(line.encode()) > MAX_LINE:
            raise usage.UsageError(f"an order is printable text of at most {MAX_LINE} bytes")
        self["order"] = line

    def run(self, reactor: Any) -> int:
        """Give the order, and print the answer."""
        endpoint = endpoint_of(
            reactor, self["at"], example=f"an endpoint string such as {DEFAULT_CONTROL}"
        )
        if is_unverified(self["at"]):
            self.complain(UNVERIFIED_WARNING)
        complaint = ""  # printed after the reactor has ended

        async def order() -> int:
            nonlocal complaint
            try:
                print_line(printable(await send_order(endpoint, self["order"], reactor)))
            except OrderFailed as error:
                complaint = str(error)
            except Exception as error:  # each kind of endpoint has its own errors
                complaint = f"cannot connect to {self['at']}: {error}"
            return 1 if complaint else 0

        status = run_reactor(reactor, order)
        if complaint:
            self.complain(complaint)
        return status
