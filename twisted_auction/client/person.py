"""Who takes part through a client, and how that ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import (
    IPushProducer,
)

from twisted_auction.client.resend import ANSWERS
from twisted_auction.text import printable
from twisted_auction.wire import messages


class Person(Protocol):
    """Whoever takes part through a client: somebody at a terminal, or a program.

    Those who inherit from this class may leave out what they do not care for.
    """

    def attend(self, talk: IPushProducer | None) -> None:
        """Be shown what this connection brings, or None once it has ended. A person that cannot
        keep up may pause it, and resume it later."""
        return

    def show(self, text: str) -> None:
        """Read one line."""

    def hear(self, message: messages.Message) -> None:
        """Take in what the server says, in the form that a program understands."""
        return

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Give one line, without its end, to ``answer``, now or later; None where there will never
        be another.

        A question that is still open when the next one comes is over. In open bidding, each answer
        leads to the next question.
        """

    def offer(self, answer: Callable[[bytes | None], None]) -> None:
        """Give one line to ``answer``, as for :meth:`ask`, where the person wants to: the server
        has said something that its client does not know, and waits."""
        return

    def withdraw(self) -> None:
        """The question that is open is over: nobody waits for a line any more."""
        return


@dataclass(frozen=True, slots=True)
class Ending:
    """How a client's visit ended.

    :param status: the exit status: 0 where the result was read, or in a sale of many lots at least
        one, and none is missing of a lot that the person has bid on; otherwise 1.
    :param complaint: what went wrong, where the person has not read it already.
    """

    status: int
    complaint: str = ""


Role = messages.RoleSeller | messages.RoleBuyer


RESULT_READ = Ending(0)


TURNED_AWAY = Ending(1)


NO_RESULT = Ending(1, "the auction ended without a result for you")


NO_RESULT_OF_BID = Ending(1, "the lot that you bid on last ended without a result for you")


NOT_A_BUYER = Ending(1, "nobody sells anything there yet; to be the Seller: auction sell")


NOT_THE_SELLER = Ending(1, "something is on sale there already; to bid: auction bid")


INPUT_ENDED = Ending(1, "the input ended while the Auctioneer was waiting for an answer")


def shown(message: messages.Message) -> str:
    """The line that a person reads for a message of the server."""
    text = printable(str(message))
    match message:
        case messages.BiddingStart():
            return "The bidding has started!"
        case messages.RequestReceived():
            return "Server: Auction start."
        case messages.ServerBusy() | messages.BiddingOngoing():
            return "Server is busy. Try to connect again later."
    if isinstance(message, (*ANSWERS, messages.LineTooLong)):
        return f"Server: {text}"
    return text
