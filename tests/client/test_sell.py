from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.client.support import Typist, Visit
from tests.support import Saleroom
from twisted_auction.client.sell import Salesman, Sell
from twisted_auction.wire import messages


def parsed(*argv: str) -> Sell:
    options = Sell()
    options.parseOptions(list(argv))
    return options


class OptionsTests(SynchronousTestCase):
    def test_requests(self) -> None:
        for argv, request in [
            (["Sword"], "english 1 1 Sword"),
            (
                [
                    *("--format", "english", "--lowest", "100", "--bidders", "3"),
                    *("--increment", "5", "--duration", "60", "Wolf Pack Sword"),
                ],
                "english:increment=5:duration=60 100 3 Wolf Pack Sword",
            ),
            (
                ["-f", "dutch", "-l", "100", "--start=500", "--step=10", "--interval=2", "x"],
                "dutch:start=500:step=10:interval=2 100 1 x",
            ),
            (["-f", "2", "-l", "100", "-b", "40", "x"], "2 100 40 x"),
        ]:
            self.assertEqual(parsed(*argv)["request"], request)

    def test_where(self) -> None:
        for argv, where in [
            (["x"], ("127.0.0.1", "4000")),
            (["example.org", "4001", "x"], ("example.org", "4001")),
            (["tls:example.org:4001", "x"], ("tls:example.org:4001",)),
        ]:
            self.assertEqual(parsed(*argv)["where"], where)

    def test_wrong(self) -> None:
        for argv, complaint in [
            ([], "name one item, in quotes if it has blanks"),
            (["a", "b", "c", "d"], "name one item, in quotes if it has blanks"),
            (["Sword", "--lowest", "5"], "options come before everything else, also --lowest"),
            ([""], "an option or the item is empty"),
            (["-l", "", "x"], "an option or the item is empty"),
            (["-f", "", "x"], "an option or the item is empty"),
            (
                ["-f", "silent", "x"],
                "--format must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch).",
            ),
            (
                ["-f", "dutch", "--increment", "5", "x"],
                "dutch has no rule increment; its rules are: start, step, interval.",
            ),
            (
                ["-f", "dutch", "-l", "100", "--start", "100", "x"],
                "start must be above --lowest.",
            ),
            (
                ["-l", "cheap", "x"],
                "--lowest must be a whole number from 1 to 999999999999999999.",
            ),
            (["-b", "0", "x"], "--bidders must be 1 to 999999999999999999."),
            (["x" * 256], "ITEM must be at most 255 bytes."),
            (["-l", "1" * 600, "x"], "the request is longer than 512 bytes."),
            (["\udcff"], "the item must be UTF-8 text"),
        ]:
            with self.assertRaises(usage.UsageError, msg=argv) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)

    def test_a_field_too_many(self) -> None:
        """An option with a blank in it does not become another request."""
        for argv in [["-f", "1 5 1 x", "Sword"], ["-l", "5 1 x", "y"], ["-b", "1 x", "y"]]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), "an option has a blank in it.")


class SalesmanTests(SynchronousTestCase):
    def test_open_auction(self) -> None:
        """The request is there at once, and then the person may close the auction."""
        room = Saleroom()
        seller = Visit(
            room,
            Typist(b"close"),
            messages.RoleSeller,
            lambda person: Salesman(person, "english 100 1 Sword"),
        )
        buyer = Visit(room, Typist(b"150"))
        self.assertEqual(
            seller.screen,
            [
                "Connected to the Auctioneer server.",
                "Your role is: [Seller]",
                "Please submit auction request:",
                "english 100 1 Sword",
                "Server: Auction start.",
                "The bidding has started!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 60.",
                "The Seller has closed the bidding.",
                "Auction finished!",
                "Not sold: Sword",
                "Unfortunately your item Sword was not sold in the auction.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        assert seller.ending is not None and buyer.ending is not None
        self.assertEqual((seller.ending.status, buyer.ending.status), (0, 0))

    def test_refused(self) -> None:
        """Where the house has limits, the person may type another request."""
        room = Saleroom()
        typist = Typist(b"1 100 9 Sword")
        Visit(room, typist, messages.RoleSeller, lambda person: Salesman(person, "1 100 40 Sword"))
        self.assertEqual(
            typist.screen[3:],
            [
                "1 100 40 Sword",
                "Server: Invalid auction request! number_of_bids must be 1 to 9.",
                "Please submit auction request:",
                "Server: Auction start.",
            ],
        )

    def test_not_the_seller(self) -> None:
        room = Saleroom()
        room.enters().types("1 100 1 Shield")
        seller = Visit(
            room, Typist(), messages.RoleSeller, lambda person: Salesman(person, "1 100 1 Sword")
        )
        assert seller.ending is not None
        self.assertEqual(
            seller.ending.complaint, "something is on sale there already; to bid: auction bid"
        )
