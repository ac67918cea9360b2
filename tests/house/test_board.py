"""All lots of a sale of all lots together, for clients that watch them at once."""

from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.board import MAX_LOTS
from twisted_auction.house.joining import WITHDRAWN
from twisted_auction.rules.commands import Bid, Close, GoOn, Pause, Void, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import AllLots, LotNow, Message, MyLot, SaleLot, SaleOver

TERMS = Terms(lot_pause=0, lot_time=100, after_sale=0)


class Watcher:
    """A client of the board, which notes the letters that it gets.

    :ivar is_full: True while its earlier letters have not left.
    """

    def __init__(self, house: MemoryHouse, paddle: int | None = None) -> None:
        self.board = house.rooms.board
        self.paddle = paddle
        self.seats: dict[str, int] = {}
        self.is_full = False
        self.letters: list[Letter] = []
        self.is_welcome = True
        self.board.open(self)

    @property
    def own_rooms(self) -> Mapping[str, int]:
        return self.seats

    def takes_price_updates(self) -> bool:
        return not self.is_full

    def tell_lots(self, letter: Letter) -> None:
        self.letters.append(letter)

    def withdraw(self) -> None:
        self.letters.append(WITHDRAWN)

    def read(self) -> list[Message]:
        letters, self.letters = self.letters, []
        return [message for letter in letters for message in letter.messages]

    def lots(self) -> list[int]:
        """The numbers of the lots that it is told about."""
        return [message.number for message in self.read() if isinstance(message, LotNow)]

    def drain(self) -> None:
        """Let all letters leave."""
        self.is_full = False
        self.board.catch_up(self)


def house_with(lots: int, format: str = "english:duration=100:extension=0") -> MemoryHouse:
    """A house with so many lots, each with a Buyer 1 and a Buyer 2 who are away."""
    catalogue = b"".join(f"{format} 5 0 Cup {place}\n".encode() for place in range(1, lots + 1))
    house = MemoryHouse(TERMS, catalogue=catalogue, together=True)
    house.advance()
    return house


def bid(house: MemoryHouse, room: int, who: int, amount: int) -> None:
    action = Bid(who, str(amount).encode(), may_be_away=True)
    house.rooms[str(room)].orders.give(action)


class ChangeTests(SynchronousTestCase):
    def test_whole(self) -> None:
        """Everything once, then what changes, at most once a second."""
        house = house_with(2)
        watcher = Watcher(house)
        lot_1, now_1, lot_2, now_2 = watcher.read()[1:]
        self.assertEqual(
            [lot_1, now_1],
            [
                SaleLot(1, 1, "1", "on", 0, 0, "english", 5, "Cup 1", "", ""),
                LotNow(1, "1", "open", 0, 0, 5, 0, 100),
            ],
        )
        self.assertEqual(now_2, LotNow(2, "2", "open", 0, 0, 5, 0, 100))
        bid(house, 1, 7, 9)
        house.advance()
        self.assertEqual(watcher.read()[1:], [LotNow(1, "1", "open", 9, 7, 10, 0, 100)])
        bid(house, 1, 8, 20)
        bid(house, 1, 7, 30)
        house.advance(0.9)
        self.assertEqual(watcher.read(), [])
        house.advance(0.1)
        self.assertEqual(watcher.read(), [lot_1, LotNow(1, "1", "open", 30, 7, 31, 0, 99)])
        house.rooms["2"].orders.give(Pause())
        house.advance(10)
        self.assertEqual(watcher.read(), [lot_2, LotNow(2, "2", "open", 0, 0, 5, 1, 99)])
        house.rooms["2"].orders.give(GoOn())
        house.advance(1)
        self.assertEqual(watcher.read(), [lot_2, LotNow(2, "2", "open", 0, 0, 5, 0, 99)])
        house.advance(200)
        self.assertEqual(
            watcher.read(),
            [
                SaleLot(1, 1, "1", "sold", 7, 30, "english", 5, "Cup 1", "", ""),
                LotNow(1, "1", "over", 0, 0, 0, 0, 0),
                SaleLot(2, 2, "2", "unsold", 0, 0, "english", 5, "Cup 2", "", ""),
                LotNow(2, "2", "over", 0, 0, 0, 0, 0),
                SaleOver(),
            ],
        )

    def test_let_go(self) -> None:
        """A client that is not welcome any more is told so, and then nothing."""
        house = house_with(1)
        stays, goes = Watcher(house), Watcher(house)
        stays.read(), goes.read()
        goes.is_welcome = False
        house.rooms.board.let_go()
        self.assertEqual((stays.letters, goes.letters), ([], [WITHDRAWN]))
        bid(house, 1, 7, 9)
        house.advance()
        self.assertEqual((len(stays.letters), len(goes.letters)), (1, 1))

    def test_nobody_watches(self) -> None:
        """The board costs nothing then, and is right for the next client."""
        house = house_with(2)
        watcher = Watcher(house)
        house.rooms.board.close(watcher)
        bid(house, 1, 7, 9)
        house.advance(10)
        self.assertEqual(len(watcher.read()), 5)
        self.assertFalse(house.rooms.news.followers)
        self.assertEqual(Watcher(house).read()[2], LotNow(1, "1", "open", 9, 7, 10, 0, 90))

    def test_many_lots(self) -> None:
        """A letter has a hundred lots. The next one follows once it has left."""
        house = house_with(250)
        watcher = Watcher(house)
        self.assertEqual(watcher.letters[0].messages, (AllLots(250),))
        self.assertEqual([len(letter.messages) for letter in watcher.letters[1:]], [200, 200, 100])
        self.assertEqual(watcher.lots(), [*range(1, 251)])
        slow = Watcher(house)
        slow.read()
        slow.is_full = True
        slow.board.open(slow)
        self.assertEqual(len(slow.read()), 1)
        slow.drain()
        self.assertEqual(slow.lots(), [*range(1, 251)])

    def test_a_slow_reader(self) -> None:
        """It is told the present state, not the states between, and each lot once."""
        house = house_with(3)
        slow, quick = Watcher(house), Watcher(house)
        slow.read()
        slow.is_full = True
        for amount in (9, 10, 11):
            bid(house, 1, 7, amount)
            house.advance(1)
        bid(house, 3, 7, 12)
        house.advance(1)
        self.assertEqual(slow.read(), [])
        quick.read()
        slow.drain()
        told = [message for message in slow.read() if isinstance(message, LotNow)]
        self.assertEqual([(lot.number, lot.amount) for lot in told], [(1, 11), (3, 12)])
        bid(house, 2, 7, 9)
        house.advance(1)
        self.assertEqual(slow.lots(), [2])
        self.assertEqual(quick.lots(), [2])

    def test_many_changes(self) -> None:
        house = house_with(MAX_LOTS + 30)
        watcher = Watcher(house)
        watcher.read()
        watcher.is_full = True
        for room in range(1, MAX_LOTS + 31):
            bid(house, room, 7, 9)
        house.advance(1)
        watcher.drain()
        self.assertEqual([len(letter.messages) for letter in watcher.letters], [200, 60])
        self.assertEqual(watcher.lots(), [*range(1, MAX_LOTS + 31)])

    def test_one_letter_for_all(self) -> None:
        """Its coding is rendered once, for as long as the readers are told the same."""
        house = house_with(3)
        first, second = Watcher(house), Watcher(house)
        self.assertIs(first.letters[1], second.letters[1])
        first.read(), second.read()
        bid(house, 2, 7, 9)
        house.advance(1)
        self.assertIs(first.letters[0], second.letters[0])


class OwnLotTests(SynchronousTestCase):
    def own(self, watcher: Watcher) -> list[tuple[int, str, int]]:
        return [
            (message.number, message.standing, message.amount)
            for message in watcher.read()
            if isinstance(message, MyLot)
        ]

    def test_a_person(self) -> None:
        """The standings of one paddle, and those of another one to the other."""
        house = house_with(3)
        bid(house, 3, 7, 9)
        seven, eight = Watcher(house, 7), Watcher(house, 8)
        self.assertEqual(self.own(seven), [(3, "highest", 9)])
        self.assertEqual(self.own(eight), [])
        bid(house, 1, 7, 10)
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "highest", 10)])
        bid(house, 1, 8, 20)
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "outbid", 10)])
        self.assertEqual(self.own(eight), [(1, "highest", 20)])
        house.rooms["1"].orders.give(Void())
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "highest", 10)])
        self.assertEqual(self.own(eight), [(1, "voided", 0)])
        bid(house, 1, 8, 30)
        house.rooms["3"].orders.give(Close())
        house.rooms["1"].orders.give(Close())
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "lost", 10), (3, "won", 9)])
        self.assertEqual(self.own(eight), [(1, "won", 30)])
        self.assertEqual(
            [(lot.number, lot.standing) for lot in house.rooms.board.own(seven)],
            [(1, "lost"), (3, "won")],
        )

    def test_a_voided_sale(self) -> None:
        catalogue = b"english 5 0 Cup\n"
        house = MemoryHouse(Terms(lot_pause=0), catalogue=catalogue, together=True)
        house.advance()
        seven = Watcher(house, 7)
        bid(house, 1, 7, 9)
        house.rooms["1"].orders.give(Close())
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "won", 9)])
        house.rooms["1"].orders.give(VoidSale("1"))
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "voided", 0)])

    def test_sealed(self) -> None:
        """The amount goes to its Buyer alone, and nobody else learns that there is a bid."""
        house = house_with(2, "first-price")
        seven, eight, stranger = Watcher(house, 7), Watcher(house, 8), Watcher(house)
        for watcher in (seven, eight, stranger):
            watcher.read()
        bid(house, 1, 7, 4321)
        house.advance(1)
        self.assertEqual(self.own(seven), [(1, "sealed", 4321)])
        self.assertEqual([eight.read(), stranger.read()], [[], []])
        bid(house, 1, 8, 1234)
        house.advance(100)
        self.assertEqual(self.own(seven), [(1, "won", 4321)])
        told = eight.read()
        self.assertEqual(told[-2:], [MyLot(1, "1", "lost", 1234, 0, "1", "Cup 1"), SaleOver()])
        self.assertNotIn("4321", repr(told))
        self.assertNotIn("4321", repr(stranger.read()))
        self.assertIn("ended", repr(house.rooms.board.describe(0)))

    def test_withdrawn(self) -> None:
        """A sealed bid in a timed auction can be taken back."""
        catalogue = b"first-price:end=2027-02-05T21:00 5 0 Cup\n"
        house = MemoryHouse(Terms(lot_pause=0), catalogue=catalogue, together=True)
        house.advance()
        buyer = house.connect_to_lobby("JOIN 1")
        watcher = Watcher(house)
        watcher.seats = {"1": 1}
        for line, told in [
            ("9", ("sealed", 9)),
            ("12", ("sealed", 12)),
            ("withdraw", ("withdrawn", 0)),
        ]:
            buyer.send_lines(line)
            house.advance(1)
            self.assertEqual(self.own(watcher), [(1, *told)])

    def test_a_stranger(self) -> None:
        """It has the numbers of its seats, one a room."""
        house = house_with(2)
        watcher = Watcher(house)
        watcher.seats = {"2": 1}
        bid(house, 1, 1, 9)
        bid(house, 2, 1, 10)
        house.advance(1)
        self.assertEqual(self.own(watcher), [(2, "highest", 10)])
        watcher.seats["1"] = 1
        house.rooms.board.look_again(watcher, "1")
        house.advance(1)
        self.assertEqual(self.own(watcher), [(1, "highest", 9)])
