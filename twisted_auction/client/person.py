"""The participant behind a client, and the results of a visit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import IPushProducer

from twisted_auction.wire import messages

Question = messages.AskPass | messages.AskRequest | messages.AskBid | messages.AskAnytime
"""A question of the server."""


class Person(Protocol):
    """A participant on the client's side: a person at a terminal, or a program.

    The client calls these methods. A subclass implements ``show`` and ``ask``, and the others as
    needed.
    """

    def connection_changed(self, connection: IPushProducer | None) -> None:
        """Called with the connection once it is made, and with None once it has ended.

        A participant that cannot keep up may pause the connection, and resume it later.
        """
        return

    def show(self, text: str) -> None:
        """Show one line, given without its line end."""

    def message_received(self, message: messages.Message) -> None:
        """Handle a message from the server, right after its text was shown."""
        return

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Answer a question of the server: call ``answer`` once, now or later.

        ==============  =========================================================================
        Question        Answer
        ==============  =========================================================================
        ``AskPass``     the pass code of a person; only where the house has a list of people
        ``AskRequest``  an auction request: format, lowest price, number of bids and item name,
                        such as ``2 100 3 WolfPackSword``
        ``AskBid``      a positive whole number of dollars, such as ``150``; in a sale also ``pass``
        ``AskAnytime``  an amount, or a word that ``message.how`` names; any number of lines until
                        the result, or none
        ==============  =========================================================================

        The client asks when the server does, and after an answer that the server has refused. In
        open bidding, it asks again after each answer. A new question replaces an open one.

        :param message: the question; None if another server asks in unknown words, which ``show``
            has shown.
        :param answer: takes one line of at most 512 bytes of UTF-8, without its line end, or None
            if the participant's input has ended. After None, the client leaves if the server waits
            for an answer; in open bidding it stays for the result.
        """

    def ask_optional(self, answer: Callable[[bytes | None], None]) -> None:
        """As :meth:`ask`, but the answer is optional: another server has sent a line unknown to
        the client, and now waits."""
        return

    def withdraw_question(self) -> None:
        """Forget the open question: its answer is no longer wanted."""
        return


@dataclass(frozen=True, slots=True)
class Ending:
    """How a visit ended.

    :param status: the exit status: 0 if the participant has read the result; in a sale of several
        lots: at least one result, and the result of each lot that it bid on. Otherwise 1.
    :param complaint: the error to tell; empty if the participant has read it already.
    """

    status: int
    complaint: str = ""


Role = messages.RoleSeller | messages.RoleBuyer | messages.RoleWatcher

RESULT_READ = Ending(0)
TURNED_AWAY = Ending(1)
NO_RESULT = Ending(1, "the auction ended without a result for you")
NO_RESULT_OF_BID = Ending(1, "the lot that you bid on last ended without a result for you")
NOT_A_BUYER = Ending(1, "nobody sells anything there yet; to be the Seller: auction sell")
NOT_THE_SELLER = Ending(1, "something is on sale there already; to bid: auction bid")
ONLY_WATCHES = Ending(1, "your pass code is for watching; to watch: auction watch")
NO_PASS = Ending(1, "the house asks for a pass code, and no valid one was given")
INPUT_ENDED = Ending(1, "the input ended while the Auctioneer was waiting for an answer")
