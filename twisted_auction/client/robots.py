"""Programs that take part for a person, and let the person watch."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime

from twisted_auction.client.person import Person
from twisted_auction.wire import messages


class BidRobot(Person):
    """Bids for a person, whose screen it uses.

    In open bidding it bids the asking price whenever somebody else holds the highest bid, as long
    as the price is at most its maximum. A sealed bid of it is the maximum.

    Where the Auctioneer says that it bids too often, it waits for as long as it is told, and then
    bids what is asked by that time.

    :param person: is shown everything.
    :param maximum: in whole dollars.
    :param clock: counts the seconds of such a pause.
    """

    def __init__(self, person: Person, maximum: int, clock: IReactorTime) -> None:
        self._person = person
        self._clock = clock
        self._pause: IDelayedCall | None = None
        self._asked = 0  # what is asked of it, in whole dollars; 0 while it holds the highest bid
        self._maximum = maximum
        self._number: int | None = None
        self._last_bid = 0
        self._has_given_up = False
        self._answer: Callable[[bytes | None], None] | None = None

    def attend(self, talk: IPushProducer | None) -> None:
        """Let the person hold it."""
        self._person.attend(talk)

    def show(self, text: str) -> None:
        """Show it to the person."""
        self._person.show(text)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Wait for what there is to answer to."""
        self._answer = answer

    def withdraw(self) -> None:
        """There is nothing to answer to any more."""
        self._answer = None
        self._end_pause()

    def hear(self, message: messages.Message) -> None:
        """Bid where that makes sense."""
        match message:
            case messages.YouAre():
                self._number = message.buyer
            case messages.AskAnytime():
                self._last_bid = 0
                self._has_given_up = False
                self._end_pause()
            case messages.AskBid():
                self._last_bid = 0
                self._bid(self._maximum)
            case messages.Asking():
                self._bid(message.asking_price)
            case messages.BidTooSoon():
                self._last_bid = 0
                self._end_pause()
                self._pause = self._clock.callLater(message.seconds, self._go_on)
            case messages.YouHold():
                self._asked = 0
            case messages.RepeatBid() if message.amount == self._last_bid:
                self._say(message.amount)
            case messages.HighestBid() if message.buyer != self._number:
                self._bid(message.asking_price)
                if message.asking_price > self._maximum and not self._has_given_up:
                    self._has_given_up = True
                    self._person.show(f"Your maximum of ${self._maximum} is reached.")

    def _bid(self, amount: int) -> None:
        self._asked = amount
        if self._pause is not None:
            return
        # What is not above the last bid is news from before that bid.
        if self._last_bid < amount <= self._maximum and self._answer is not None:
            self._last_bid = amount
            self._say(amount)

    def _go_on(self) -> None:
        self._pause = None
        self._bid(self._asked)

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _say(self, amount: int) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            self._person.show(str(amount))
            answer(b"%d" % amount)


class RequestRobot(Person):
    """Submits a request for a person, who answers everything else.

    :param person: whoever sits at the terminal.
    """

    def __init__(self, person: Person, request: str) -> None:
        self._person = person
        self._request: str | None = request

    def attend(self, talk: IPushProducer | None) -> None:
        """Let the person hold it."""
        self._person.attend(talk)

    def show(self, text: str) -> None:
        """Show it to the person."""
        self._person.show(text)

    def offer(self, answer: Callable[[bytes | None], None]) -> None:
        """Let the person say something."""
        self._person.offer(answer)

    def withdraw(self) -> None:
        """Let the person know."""
        self._person.withdraw()

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Answer the first question, which is for the request."""
        if self._request is None:
            self._person.ask(answer)
            return
        request, self._request = self._request, None
        self._person.show(request)
        answer(request.encode())
