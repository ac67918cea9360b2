"""All lots, as a client was told them."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client.lots_board import LotsBoard
from twisted_auction.wire.messages import AllLots, LotNow, Message, MyLot, SaleLot


def lot(number: int, **now: int | str) -> list[Message]:
    """The two messages about a lot."""
    fields = {"stage": "open", "amount": 0, "buyer": 0, "asking_price": 20, "paused": 0}
    label = f"{number}a"
    return [
        SaleLot(number, number, label, "on", 0, 0, "english", 20, f"Cup {number}", "", ""),
        LotNow(number, f"room_{number}", **{**fields, "seconds": 100, **now}),  # type: ignore[arg-type]
    ]


class BoardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.board = LotsBoard(lambda: self.now)
        self.follow(
            AllLots(3),
            *lot(2, seconds=5000),
            *lot(1),
            *lot(3, stage="sealed", seconds=0),
            MyLot(2, "room_2", "outbid", 25, 0, "2a", "Cup 2"),
        )

    def follow(self, *told: Message) -> None:
        for message in told:
            self.board.follow(message)

    def numbers(self, filter: str) -> list[int]:
        return [row.lot.number for row in self.board.chosen(filter)]

    def test_chosen(self) -> None:
        self.assertEqual(self.numbers("all"), [1, 2, 3])
        self.assertEqual(self.numbers("mine"), [2])
        self.assertEqual(self.numbers("ending"), [1])
        self.assertEqual(self.numbers("open"), [1, 3])
        self.follow(*lot(1, stage="done", seconds=0))
        self.assertEqual(self.numbers("open"), [3])
        self.assertEqual(self.numbers("ending"), [])

    def test_seconds(self) -> None:
        """They count down, except in a pause."""
        self.now += 30.2
        self.follow(*lot(2, paused=1, seconds=50))
        self.now += 10
        left = [self.board.seconds_left(row) for row in self.board.chosen("all")]
        self.assertEqual(left, [60, 50, None])
        self.now += 1000
        self.assertEqual(self.board.seconds_left(self.board.rows[1]), 0)

    def test_rooms(self) -> None:
        self.assertEqual(self.board.room_of("2A"), "room_2")
        self.assertIsNone(self.board.room_of("2"))

    def test_begins_again(self) -> None:
        self.follow(AllLots(1), *lot(1))
        self.assertEqual((self.numbers("all"), self.board.own, self.board.total), ([1], {}, 1))
