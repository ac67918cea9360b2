"""The bids of a class, read from an export."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.lab.bidders import Uniform
from twisted_auction.lab.classroom import ClassBid, ClassBook, ClassRound, read_export, share
from twisted_auction.rules.tables import TableError

HEADER = "auction,lot,room,item,format,lowest_price,kind,buyer,amount,payment,at,name,valuation"

EXPORT = f"""\
{HEADER}
1,1,main,Hat,first-price,1,bid,1,150,,,Ann,180
1,1,main,Hat,first-price,1,bid,2,90,,,Bob,100
1,1,main,Hat,first-price,1,bid,3,20,,,,
1,1,main,Hat,first-price,1,sold,1,150,150,,Ann,180
1,2,main,Cap,english,10,bid,1,15,,,Ann,20
1,2,main,Cap,english,10,bid,2,16,,,Bob,40
1,2,main,Cap,english,10,bid,1,19,,,Ann,20
1,2,main,Cap,english,10,bid,2,20,,,Bob,40
1,2,main,Cap,english,10,sold,2,20,20,,Bob,40
1,3,main,Vase,first-price,1,bid,1,3,,,Ann,5
1,3,main,Vase,first-price,1,not sold,,3,,,,
1,4,main,Bow,dutch,1,cancelled,,,,,,
1,5,main,Arrow,first-price,1,bid,2,7,,,Bob,9
"""


def book(text: str = EXPORT) -> ClassBook:
    return read_export(text.encode())


class ExportTests(SynchronousTestCase):
    def test_rounds(self) -> None:
        """The last bid of each person on each item with a result, by format and lowest price."""
        self.assertEqual(
            book(),
            ClassBook(
                [
                    ClassRound(
                        "first-price",
                        1,
                        2,
                        [
                            ClassBid(180, 150, True),
                            ClassBid(100, 90, False),
                            ClassBid(5, 3, False),
                        ],
                        [150],
                    ),
                    ClassRound(
                        "english", 10, 1, [ClassBid(20, 19, False), ClassBid(40, 20, True)], [20]
                    ),
                ],
                3,
            ),
        )
        self.assertEqual(book().valuations, (180, 100, 5, 20, 40))

    def test_semicolons(self) -> None:
        """A spreadsheet of another country has saved the export again."""
        self.assertEqual(book("\ufeff" + EXPORT.replace(",", ";").replace("\n", "\r\n")), book())

    def test_voided_sale(self) -> None:
        """Its bids are drawn, and nothing was paid."""
        voided = "1,1,main,Hat,first-price,1,sale voided,1,,150,,Ann,180\n"
        first = book(EXPORT + voided).rounds[0]
        self.assertEqual((first.items, first.payments), (2, []))
        self.assertFalse(any(bid.has_won for bid in first.bids))

    def test_offered_again(self) -> None:
        """The last result of an item counts."""
        again = "1,1,main,Hat,first-price,1,not sold,,90,,,,\n"
        self.assertEqual(book(EXPORT + again).rounds[0].payments, [])

    def test_voided_bid(self) -> None:
        """A bid that does not count is not drawn."""
        voided = "1,2,main,Cap,english,10,bid voided,1,19,,,Ann,20\n"
        place = EXPORT.index("1,2,main,Cap,english,10,bid,2,20")
        self.assertEqual(
            book(EXPORT[:place] + voided + EXPORT[place:]).rounds[1].bids,
            [ClassBid(40, 20, True)],
        )

    def test_wrong_exports(self) -> None:
        for text, reason in [
            (HEADER + "\n", "no bid has a valuation, or no item has a result"),
            (EXPORT.replace(",180", ","), None),
            ("auction,lot\n1,1\n", "row 1: there is no column room"),
            (
                EXPORT.replace(",valuation", ""),
                "row 1: there is no column valuation",
            ),
            (
                EXPORT.replace("90,,,Bob,100", "90,,,Bob,1e2"),
                "row 3: valuation must be a whole number from 1 to 999999999999999999",
            ),
            (
                EXPORT.replace("bid,2,90", "bid,,90"),
                "row 3: buyer must be a whole number from 1 to 999999999999999999",
            ),
            ("", "row 1: there is no header"),
        ]:
            if reason is None:
                self.assertEqual(len(book(text).rounds), 2)
                continue
            with self.assertRaises(TableError, msg=reason) as caught:
                book(text)
            self.assertEqual(str(caught.exception), reason)


class TheoryTests(SynchronousTestCase):
    def test_bids(self) -> None:
        """Shaded in first-price and Dutch auctions, the valuation in the others."""
        for format, bid in [
            ("first-price", 80),
            ("dutch", 80),
            ("second-price", 100),
            ("english", 100),
        ]:
            theory = ClassRound(format, 1).theory(5, Uniform(100))
            assert theory is not None
            self.assertEqual(theory(100), bid)
        self.assertIsNone(ClassRound("all-pay", 1).theory(5, Uniform(100)))

    def test_lowest_price(self) -> None:
        """All Buyers know it: with two of them and half of the range, the bid is 5/8."""
        theory = ClassRound("first-price", 50).theory(2, Uniform(100))
        assert theory is not None
        self.assertEqual(theory(100), 62)

    def test_share(self) -> None:
        first, second = book().rounds
        self.assertEqual(share(first.shows_limits), (150 + 90 + 3) / 285)
        self.assertEqual(share(first.shows_limits, lambda valuation: 2 * valuation), 2)
        self.assertEqual(second.shows_limits, [ClassBid(20, 19, False)])
        self.assertIsNone(share([]))
