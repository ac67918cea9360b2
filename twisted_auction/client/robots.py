"""Participants that act in place of a person, and show the person everything."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime

from twisted_auction.client.person import Person, Question
from twisted_auction.rules.open import English
from twisted_auction.wire import messages


class Robot(Person):
    """Acts in place of a person, who sees everything and may pause the connection.

    :param person: the person.
    """

    def __init__(self, person: Person) -> None:
        self._person = person

    def connection_changed(self, connection: IPushProducer | None) -> None:
        """Let the person pause the connection."""
        self._person.connection_changed(connection)

    def show(self, text: str) -> None:
        """Show a line to the person."""
        self._person.show(text)


class PassHolder(Robot):
    """Answers the question for a pass code in place of a person, and leaves all else to the person.

    The code is good for the first question. Another one means that it is wrong, and ends the visit.

    :param person: takes part.
    :param code: the pass code.
    """

    def __init__(self, person: Person, code: str) -> None:
        super().__init__(person)
        self._code: bytes | None = code.encode()

    def message_received(self, message: messages.Message) -> None:
        """Pass the message on."""
        self._person.message_received(message)

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Answer with the code, or pass another question on."""
        if isinstance(message, messages.AskPass):
            code, self._code = self._code, None
            answer(code)
        else:
            self._person.ask(message, answer)

    def ask_optional(self, answer: Callable[[bytes | None], None]) -> None:
        """Pass the optional question on."""
        self._person.ask_optional(answer)

    def withdraw_question(self) -> None:
        """Pass the withdrawal on."""
        self._person.withdraw_question()


class BidRobot(Robot):
    """Bids in place of a person.

    In open bidding the robot bids the asking price whenever another Buyer holds the highest bid, up
    to its maximum. In sealed bidding it bids the maximum, or what the limit of its person leaves.

    If the server refuses a bid as too soon, the robot waits for the seconds named in the refusal,
    and then bids the asking price of that moment. After a pause, and when the operator has voided
    the highest bid, it bids again, although the price is not higher.

    :param person: watches, and may pause the connection.
    :param maximum: whole dollars.
    :param clock: times the wait after a bid that came too soon.
    """

    def __init__(self, person: Person, maximum: int, clock: IReactorTime) -> None:
        super().__init__(person)
        self._clock = clock
        self._pause: IDelayedCall | None = None
        self._price = 0  # to bid, in whole dollars; 0 while the robot holds the highest bid
        self._maximum = maximum
        self._most = maximum  # for the next sealed bid: a person may have a limit
        self._number: int | None = None
        self._last_bid = 0
        self._has_given_up = False
        self._answer: Callable[[bytes | None], None] | None = None

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Keep the question until there is a price to answer it with. Pass the question for a pass
        code on."""
        if isinstance(message, messages.AskPass):
            self._person.ask(message, answer)
        else:
            self._answer = answer

    def withdraw_question(self) -> None:
        """Forget the question, and let the person forget one for a pass code."""
        self._answer = None
        self._end_pause()
        self._person.withdraw_question()

    def message_received(self, message: messages.Message) -> None:
        """Bid if the message calls for a bid."""
        match message:
            case messages.YouAre():
                self._number = message.buyer
            case messages.AskAnytime():
                self._last_bid = 0
                self._has_given_up = False
                self._end_pause()
            case messages.AboveLimit():
                self._most = min(self._maximum, message.limit - message.bound)
            case messages.TooManyLots():
                self._most = 0
            case messages.LotUp():
                self._most = self._maximum
            case messages.AskBid():
                self._last_bid = 0
                self._bid(self._most)
                self._most = self._maximum
            case messages.Asking():
                self._bid(message.asking_price)
            case messages.BidTooSoon():
                self._last_bid = 0
                self._end_pause()
                self._pause = self._clock.callLater(message.seconds, self._bid_after_pause)
            case messages.YouHold() | messages.BidForYou():
                self._price = 0
            # The bid did not count, or the price falls: the same or a lower one may be bid now.
            case messages.Paused():
                self._last_bid = 0
            case messages.Voided():
                self._last_bid = 0
                self._has_given_up = False
            # Of a jump over the rule's limit: only the same amount again confirms the bid.
            case messages.RepeatBid() if 0 < message.amount == self._last_bid:
                self._say(str(message.amount))
            case messages.HighestBid() if message.buyer != self._number:
                self._bid(message.asking_price)
                if message.asking_price > self._maximum and not self._has_given_up:
                    self._has_given_up = True
                    self._person.show(f"Your maximum of ${self._maximum} is reached.")

    def _bid(self, amount: int) -> None:
        self._price = amount
        if self._pause is not None:
            return  # the latest price is bid after the pause
        # A price up to the last bid was sent before the server had that bid: it is no news.
        if self._last_bid < amount <= self._maximum and self._answer is not None:
            self._last_bid = amount
            self._say(str(amount))

    def _bid_after_pause(self) -> None:
        self._pause = None
        self._bid(self._price)

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _say(self, line: str) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            self._person.show(line)
            answer(line.encode())


class MaximumRobot(BidRobot):
    """Leaves the bidding of an English auction to the server, by telling it the maximum.

    The server then bids also while the client is away. The robot tells the maximum at the first
    price that is not answered for it: at the opening, when a reason against it has passed, and
    after the operator has voided a bid made for it. The maximum takes the place of one that an
    earlier visit has left. If a limit of the person or of the house is lower, the robot tells the
    server this limit, and the maximum again at a price above it.

    A server without maxima does not understand the line. There, and in all other formats, the robot
    bids as a :class:`BidRobot`.

    :param maximum: whole dollars.
    :ivar kept: whole dollars, the maximum that the server has; 0 for none.
    :ivar has_paddle: True if the server knows the person by its pass code.
    """

    def __init__(self, person: Person, maximum: int, clock: IReactorTime) -> None:
        super().__init__(person, maximum, clock)
        self.kept = 0
        self.has_paddle = False
        self._is_english = False
        self._is_understood = True  # by the server, as far as it is known
        self._told = 0  # in this lot the last one, in whole dollars
        self._house_limit = maximum  # or less, in whole dollars

    def message_received(self, message: messages.Message) -> None:
        """Tell the maximum, or bid, if the message calls for it."""
        match message:
            case messages.FormatIs():
                self._is_english = message.format == English.name
            case messages.MaximumIs():
                self.kept = message.amount
            case messages.YouArePaddle():
                self.has_paddle = True
            case messages.AskAnytime() | messages.NoMaximum():
                self.kept = 0
            case messages.YouWon() | messages.YouLost() | messages.AuctionCancelled():
                self.kept = 0
            case messages.YouAreExpelled() | messages.PassWithdrawn():
                self.kept = 0
            case messages.Voided() if message.buyer == self._number:
                self.kept = 0
            case messages.NotUnderstood() if self._told:
                self._is_understood = False
        super().message_received(message)
        match message:
            case messages.AskAnytime():
                told, self._told = self._told, 0
                if told and not self._is_understood:
                    self._bid(self._price)
            case messages.Asking() | messages.HighestBid() if not self._told:
                if self._is_kept_by_server and self.kept not in (0, self._house_limit):
                    self._say_maximum(self._house_limit)
            case messages.RepeatMaximum() if 0 < message.amount == self._told:
                self._say_maximum(message.amount)
            case messages.AboveLimit() if self._told:
                self._tell(min(message.limit - message.bound, self._told - 1))
            case messages.BidTooHigh() if self._told:
                self._house_limit = min(message.most, self._told - 1)
                self._tell(self._house_limit)

    @property
    def _is_kept_by_server(self) -> bool:
        return self._is_english and self._is_understood

    def _bid(self, amount: int) -> None:
        if not self._is_kept_by_server:
            super()._bid(amount)
            return
        self._price = amount
        if self._pause is not None or self._answer is None:
            return
        # Up to its maximum the server bids by itself, as far as limits allow it.
        if amount > max(self._last_bid, self.kept):
            self._last_bid = amount
            self._tell(self._house_limit)

    def _tell(self, amount: int) -> None:
        """Tell the server a maximum, unless the price is above it or answered already."""
        if 0 < self._price <= amount:
            self._say_maximum(amount)

    def _say_maximum(self, amount: int) -> None:
        if self._answer is not None:
            self._told = amount
            self._say(f"max {amount}")


class RequestRobot(Robot):
    """Submits an auction request in place of a person, and leaves all later questions to the
    person.

    :param person: watches, and answers the later questions.
    """

    def __init__(self, person: Person, request: str) -> None:
        super().__init__(person)
        self._request: str | None = request

    def ask_optional(self, answer: Callable[[bytes | None], None]) -> None:
        """Pass the optional question on."""
        self._person.ask_optional(answer)

    def withdraw_question(self) -> None:
        """Pass the withdrawal on."""
        self._person.withdraw_question()

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Answer the first question with the request; pass the others on, and the question for a
        pass code."""
        if self._request is None or isinstance(message, messages.AskPass):
            self._person.ask(message, answer)
            return
        request, self._request = self._request, None
        self._person.show(request)
        answer(request.encode())
