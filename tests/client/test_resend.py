"""Was the last line taken? All rows of the table, and the messages without a row."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client.resend import (
    ANSWER_MESSAGES,
    TABLE,
    Fate,
    PendingLine,
    PendingLines,
    fate_of,
)
from twisted_auction.wire import messages
from twisted_auction.wire.messages import (
    AskAnytime,
    AskBid,
    Asking,
    AskRequest,
    BidStands,
    HavePassed,
    HighestBid,
    LotUp,
    Message,
    RequestReceived,
    Voided,
)

HAT = LotUp(1, 2)
CAP = LotUp(2, 2)
ME = 2


def sealed(line: bytes, lot: LotUp | None = None) -> PendingLine:
    return PendingLine(line, lot, is_open=False, asking_price=0)


def opened(line: bytes, asking_price: int = 100, lot: LotUp | None = None) -> PendingLine:
    return PendingLine(line, lot, is_open=True, asking_price=asking_price)


def changing(line: bytes) -> PendingLine:
    """A line after a sealed bid of a timed auction."""
    return PendingLine(line, None, is_open=False, asking_price=0, is_change=True)


def highest(amount: int, buyer: int, asking_price: int) -> HighestBid:
    return HighestBid(amount=amount, buyer=buyer, asking_price=asking_price, seconds=30)


CASES: list[tuple[PendingLine, Message, Fate]] = [
    (sealed(b"150", HAT), CAP, Fate.DROP),
    (sealed(b"150"), HAT, Fate.DROP),
    (opened(b"150", lot=HAT), CAP, Fate.DROP),
    (sealed(b"150", HAT), HAT, Fate.UNKNOWN),
    (sealed(b"2 100 3 Sword"), RequestReceived("2 100 3 Sword"), Fate.TAKEN),
    (sealed(b"pass"), HavePassed(), Fate.TAKEN),
    (opened(b"pass"), HavePassed(), Fate.UNKNOWN),
    (opened(b"close"), RequestReceived("english 100 1 Sword"), Fate.UNKNOWN),
    (sealed(b"150"), BidStands(120), Fate.TAKEN),
    (opened(b" 150 "), BidStands(150), Fate.TAKEN),
    (opened(b"150"), BidStands(120), Fate.UNKNOWN),
    (opened(b"150"), highest(150, ME, 155), Fate.TAKEN),
    (opened(b"150"), highest(150, 3, 155), Fate.DROP),
    (opened(b"150"), Voided(150, ME, ""), Fate.TAKEN),
    (opened(b"150"), Voided(160, ME, ""), Fate.UNKNOWN),
    (opened(b"150"), Voided(150, 3, ""), Fate.UNKNOWN),
    (opened(b"max 150"), messages.MaximumIs(150), Fate.TAKEN),
    (opened(b"Max  150 "), messages.MaximumIs(150), Fate.TAKEN),
    (opened(b"max 150"), messages.MaximumIs(160), Fate.UNKNOWN),
    (opened(b"150"), messages.MaximumIs(150), Fate.UNKNOWN),
    (opened(b"max 150"), highest(150, ME, 155), Fate.DROP),
    (opened(b"max 150"), highest(120, 3, 125), Fate.SEND_AGAIN),
    (opened(b"max 150"), highest(150, 3, 155), Fate.DROP),
    (opened(b"max 150", asking_price=140), Asking(130, 30), Fate.DROP),
    (opened(b"max x"), Asking(100, 30), Fate.DROP),
    (opened(b"max 0"), Asking(100, 30), Fate.DROP),
    (sealed(b"150"), messages.AuctionPaused(), Fate.UNKNOWN),
    (opened(b"150"), highest(120, 3, 125), Fate.SEND_AGAIN),
    (opened(b"150"), highest(120, ME, 125), Fate.SEND_AGAIN),
    (opened(b"150"), Asking(150, 30), Fate.SEND_AGAIN),
    (opened(b"150"), Asking(151, 30), Fate.DROP),
    (opened(b"150", asking_price=140), Asking(130, 30), Fate.DROP),
    (opened(b"accept", asking_price=140), Asking(140, 30), Fate.SEND_AGAIN),
    (opened(b"Accept", asking_price=140), Asking(130, 30), Fate.DROP),
    (opened(b"accept", asking_price=140), Asking(150, 30), Fate.DROP),
    (opened(b"pass", asking_price=140), Asking(130, 30), Fate.SEND_AGAIN),
    (opened(b"nonsense"), Asking(100, 30), Fate.DROP),
    (sealed(b"2 100 3 Sword"), AskRequest(), Fate.SEND_AGAIN),
    (sealed(b"150"), AskBid(), Fate.SEND_AGAIN),
    (opened(b"150"), AskAnytime("type an amount to bid"), Fate.UNKNOWN),
    (opened(b"150"), messages.Pong(""), Fate.UNKNOWN),
    (changing(b"150"), BidStands(150), Fate.TAKEN),
    (changing(b"150"), BidStands(120), Fate.SEND_AGAIN),
    (changing(b"150"), AskBid(), Fate.SEND_AGAIN),
    (changing(b"Withdraw"), BidStands(120), Fate.SEND_AGAIN),
    (changing(b"Withdraw"), AskBid(), Fate.TAKEN),
]


class FateTests(SynchronousTestCase):
    def test_cases(self) -> None:
        for line, message, fate in CASES:
            self.assertIs(fate_of(line, message, ME), fate, (line, message))

    def test_every_row_decides(self) -> None:
        """Each row decides some case: a row hidden by another one would be dead."""
        deciding = set()
        for line, message, fate in CASES:
            for number, (kind, condition, told) in enumerate(TABLE):
                if isinstance(message, kind) and condition(line, message, ME):
                    self.assertIs(told, fate)
                    deciding.add(number)
                    break
        self.assertEqual(deciding, {*range(len(TABLE))})

    def test_questions_and_prices_answer_nothing(self) -> None:
        for kind, _, fate in TABLE:
            if fate in (Fate.SEND_AGAIN, Fate.DROP):
                self.assertFalse({*get_args(kind), kind} & {*ANSWER_MESSAGES})

    def test_voided_bid_answers_nothing(self) -> None:
        """A Buyer who holds the highest bid again, because another one is voided, is told so
        without a line of its own."""
        voided: list[Message] = [messages.Voided(500, 3, ""), highest(110, ME, 115)]
        cases: list[tuple[list[Message], bool]] = [
            ([messages.YouHold(110)], False),
            ([*voided, messages.YouHold(110)], True),
            ([*voided, messages.YouHold(110), messages.YouHold(150)], False),
            ([*voided, messages.AuctioneerSays("Hello."), messages.YouHold(150)], False),
        ]
        for news, is_unconfirmed in cases:
            lines = PendingLines(lambda text: None)
            lines.add(opened(b"150"))
            for message in news:
                lines.message_received(message, ME)
            lines.connection_lost()
            self.assertEqual(lines.unconfirmed is not None, is_unconfirmed, news)
