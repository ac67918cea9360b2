import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.watch_screen import GLYPHS, frame, large, layout
from twisted_auction.client.watch_board import Board
from twisted_auction.text import width_of
from twisted_auction.wire import messages

ENGLISH = messages.FormatIs(
    "english",
    100,
    "Each bid is at least $5 above the highest. "
    "There are 60 seconds, and 10 more after a late bid.",
)
RESULTS = [
    messages.LotUp(1, 60),
    messages.OnSale("Vase"),
    messages.AuctionFinished(),
    messages.LotUp(2, 60),
    messages.OnSale("Bowl"),
    messages.AuctionFinished(),
    messages.SoldTo("Bowl", 17, 12500),
]
NEXT = [*RESULTS, messages.LotUp(3, 60), messages.OnSale("A clock of the ship's doctor"), ENGLISH]
BIDDING = [*NEXT, messages.BiddingStart(), messages.HighestBid(150, 9, 155, 23)]

ALL = [
    cls(**{name: 7 if kind is int else "a few words" for name, kind in cls.field_types.items()})
    for cls in messages.MESSAGES
]


class ScreenTests(SynchronousTestCase):
    def rows(
        self, news: list[messages.Message], width: int, height: int, trouble: str = ""
    ) -> list[str]:
        board = Board(lambda: 0.0)
        for message in news:
            board.follow(message)
        blocks = layout(board, "main", trouble, width, height, "#")
        return [row for block in blocks for row in block.rows]

    def test_large(self) -> None:
        self.assertEqual(
            large("$7", 1),
            [
                "  ████████  ██████",
                "██  ██          ██",
                "  ██████        ██",
                "    ██  ██      ██",
                "████████        ██",
            ],
        )
        self.assertEqual(large("7", 2, "#")[:3], ["#" * 12, "#" * 12, " " * 8 + "####"])
        for rows in GLYPHS.values():
            self.assertEqual((len(rows), len({*map(len, rows)})), (5, 1))
            self.assertLessEqual({*"".join(rows)}, {"#", " "})
        self.assertEqual(len({*GLYPHS.values()}), len(GLYPHS))

    def test_bidding(self) -> None:
        self.assertEqual(
            self.rows([*BIDDING, messages.GoingOnce()], 60, 20),
            [
                "main: Lot 3 of 60",
                "A clock of the ship's doctor",
                "english, from $100. Each bid is at least $5 above the",
                "highest. There are 60 seconds, and 10 more after a late...",
                "",
                *large("$150", 1, "#"),
                "",
                "Highest bid: Buyer 9",
                "Seconds left: 23. Going once!",
                "Asking price: $155",
                "",
                "Lot 1 of 60, Vase: bidding is over",
                "Lot 2 of 60, Bowl: sold to Buyer 17 for $12,500",
            ],
        )

    def test_description(self) -> None:
        """It goes before everything else but the results of before."""
        news: list[messages.Message] = [
            messages.OnSale("Vase"),
            messages.DescriptionIs("Slightly cracked."),
            messages.FormatIs("second-price", 20, ""),
        ]
        form = "second-price, from $20."
        self.assertEqual(self.rows(news, 60, 4), ["main", "Vase", "Slightly cracked.", form])
        self.assertEqual(self.rows(news, 60, 3), ["main", "Vase", form])

    def test_between_two_lots(self) -> None:
        """The last result stays on the screen, and the next lot is announced."""
        self.assertEqual(
            self.rows([*NEXT, messages.BuyersThere(2, 3)], 60, 17),
            [
                "main",
                "",
                *large("$12,500", 1, "#"),
                "",
                "Lot 2 of 60, Bowl: sold to Buyer 17",
                "Next: Lot 3 of 60, A clock of the ship's doctor",
                "english, from $100. Each bid is at least $5 above the",
                "highest. There are 60 seconds, and 10 more after a late...",
                "Buyers: 2 of 3.",
                "",
                "Lot 1 of 60, Vase: bidding is over",
            ],
        )

    def test_narrow_and_low(self) -> None:
        """What matters most stays; the results of before go first."""
        self.assertEqual(
            self.rows(BIDDING, 30, 5),
            [
                "main: Lot 3 of 60",
                "A clock of the ship's doctor",
                "$150",
                "Highest bid: Buyer 9",
                "Seconds left: 23.",
            ],
        )
        self.assertEqual(
            self.rows(BIDDING, 12, 4, "Connection lost."), ["$150", "Highest", "bid: Buy..."]
        )
        self.assertEqual(self.rows(BIDDING, 30, 1), ["$150"])

    def test_narrow_result(self) -> None:
        """The outcome matters more than the whole name."""
        self.assertEqual(self.rows(BIDDING, 32, 20)[-1], "Lot 2...: sold to Buyer 17 f...")
        self.assertEqual(
            self.rows(BIDDING, 44, 20)[-1], "Lot 2 of 6...: sold to Buyer 17 for $12,500"
        )

    def test_before_the_sale(self) -> None:
        self.assertEqual(
            self.rows([messages.SaleNotBegun()], 60, 20), ["main", "The sale has not begun."]
        )

    def test_sealed(self) -> None:
        self.assertEqual(
            self.rows([messages.OnSale("Vase"), messages.BiddingStart()], 60, 9),
            ["main", "Vase", "Bidding is open."],
        )

    def test_escapes(self) -> None:
        """A name cannot act on the terminal."""
        rows = self.rows([messages.OnSale("\x1b[2J")], 60, 9)
        self.assertEqual(rows, ["main", "\\x1b[2J"])

    def test_frame(self) -> None:
        """Each row is cleared to its end, and the rest of the screen."""
        board = Board(lambda: 0.0)
        for message in BIDDING:
            board.follow(message)
        text = frame(layout(board, "main", "", 20, 3, "#"))
        self.assertEqual(
            text,
            "\x1b[H\x1b[1m$150\x1b[0m\x1b[K\r\nHighest bid: Buyer\x1b[K\r\n9\x1b[K\x1b[J",
        )

    @given(
        st.lists(st.sampled_from(ALL)),
        st.integers(1, 150),
        st.integers(1, 60),
        st.sampled_from(["", "Connection lost. Trying to come back..."]),
    )
    def test_any_size(
        self, news: list[messages.Message], width: int, height: int, trouble: str
    ) -> None:
        """Nothing scrolls, and no row is broken, whatever comes in any order."""
        rows = self.rows(news, width, height, trouble)
        self.assertLessEqual(max(map(width_of, rows)), max(1, width - 1))
        # The most important block alone may be higher than a terminal of one row.
        self.assertLessEqual(len(rows), max(2, height))
        self.assertIsNone(re.search(r"[\x00-\x1f]", "".join(rows)))
