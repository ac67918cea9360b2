"""The classroom: the value of an item to a person, and the rest after its payment.

Each person reads its own figures. They stand in the list of people, and in no row of a ledger, no
line of a log and no letter for another participant.
"""

from collections.abc import Callable, Collection

from twisted_auction.house.people import People
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER, Arrived, BiddingOpened, Event, Sold
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

QUESTIONS = (messages.AskBid, messages.AskAnytime)
"""The questions for a bid."""


def auction_number(ledger: Ledger | None, room: str) -> int:
    """Number of the auction that has begun in a room; 0 without a ledger."""
    return 0 if ledger is None else ledger.chains.auction_number(room)


class Classroom:
    """Adds valuations to the letters of one room, if the list of people has any.

    :param people: returns the list of people; None without one.
    :param number: returns the number of the room's auction in the ledger; 0 without a ledger. Then
        only a valuation for all auctions is told.
    """

    __slots__ = ("_number", "_people")

    def __init__(
        self,
        people: Callable[[], People | None] = lambda: None,
        number: Callable[[], int] = lambda: 0,
    ) -> None:
        self._people = people
        self._number = number

    def add_to(
        self, told: Collection[tuple[int, Letter]], event: Event, auction: Auction
    ) -> Collection[tuple[int, Letter]]:
        """Add valuations to the questions after an event, and payoffs to a result.

        :param told: the letters about the event, by participant.
        :param auction: the auction right after the event.
        """
        people = self._people()
        if people is None or not people.has_valuations:
            return told
        match event:
            case BiddingOpened() | Arrived() if auction.phase is Phase.BIDDING:
                return [(who, self.add_to_question(letter, who, auction)) for who, letter in told]
            case Sold():
                payments = dict([*event.dues, (event.winner, event.payment)])
                return [
                    (who, self._with_payoff(letter, who, payments[who], event, auction))
                    if who in payments
                    else (who, letter)
                    for who, letter in told
                ]
        return told

    def add_to_question(self, letter: Letter, who: int, auction: Auction) -> Letter:
        """Add its valuation to a letter with a question for a person."""
        for place, message in enumerate(letter.messages):
            if isinstance(message, QUESTIONS):
                valuation = self._valuation(who, auction)
                if valuation is None:
                    break
                before, after = letter.messages[:place], letter.messages[place:]
                return Letter(*before, messages.ItemIsWorth(valuation), *after)
        return letter

    def _with_payoff(
        self, letter: Letter, who: int, payment: int, sold: Sold, auction: Auction
    ) -> Letter:
        valuation = self._valuation(who, auction)
        if valuation is None:
            return letter
        kept = (valuation if who == sold.winner else 0) - payment
        last = messages.YouKeep(kept) if kept >= 0 else messages.YouLose(-kept)
        return letter + Letter(last)

    def _valuation(self, who: int, auction: Auction) -> int | None:
        """The value of the item to a Buyer; None if the list does not have it."""
        people = self._people()
        if people is None or not people.has_valuations or who in (SELLER, auction.owner):
            return None
        person = people.persons.get(who)
        if person is None:
            return None
        return person.valuation(auction.lot or self._number())
