"""``auction ledger list`` with ledgers of whole houses."""

from tests.cli.support import LedgerTestCase
from twisted_auction.rules.commands import Cancel


class ListTests(LedgerTestCase):
    def test_every_result(self) -> None:
        """Ended auctions and open ones, as they came up; a Seller without a request is no item."""
        house = self.open_house()
        self.sell_sword(house)
        house.connect().disconnect()
        _, buyers = house.open_auction("english:duration=20 100 2 日本 Sword", 2)
        buyers[0].send_lines("120")
        house.advance(3)
        house.connect_to_lobby("JOIN hall", "1 50 2 Helmet")
        buyers[1].send_lines("1300")
        house.advance(17)
        _, buyers = house.open_auction("1 100 1 Shield", 1)
        buyers[0].send_lines("80")
        house.open_auction("dutch 100 2 Bow", 1)[0].disconnect()
        house.connect_to_lobby("JOIN hall")
        house.connect_to_lobby("JOIN hall", "70")
        house.advance(3)
        self.assertEqual(
            self.output_of("list"),
            """\
auction  lot  item           format        bids  result     winner   payment  ended (open: began)
main/1        WolfPackSword  second-price     3  sold       Buyer 3     $150  2027-01-15 08:00:04Z
main/3        日本 Sword     english          2  sold       Buyer 2    $1300  2027-01-15 08:00:24Z
hall/1        Helmet         first-price      1  open                         2027-01-15 08:00:07Z
main/4        Shield         first-price      1  not sold                     2027-01-15 08:00:24Z
main/5        Bow            dutch            0  cancelled                    2027-01-15 08:00:24Z
""".splitlines(),
        )
        self.assertEqual(
            self.output_of("list", "--reveal"),
            """\
auction  lot  item           format        bids  result     winner   payment  highest bid  ended (open: began)
main/1        WolfPackSword  second-price     3  sold       Buyer 3     $150         $180  2027-01-15 08:00:04Z
main/3        日本 Sword     english          2  sold       Buyer 2    $1300        $1300  2027-01-15 08:00:24Z
hall/1        Helmet         first-price      1  open                                 $70  2027-01-15 08:00:07Z
main/4        Shield         first-price      1  not sold                             $80  2027-01-15 08:00:24Z
main/5        Bow            dutch            0  cancelled                                 2027-01-15 08:00:24Z
""".splitlines(),  # noqa: E501
        )
        self.close_house(house)

    def test_sale(self) -> None:
        """One line for each lot; the content sets the width of a column."""
        house = self.open_house(catalogue=b"1 100 1 Hat\n1 100 1 Cap\n3 100 1 Top hat\n")
        buyer = house.connect()
        house.advance(5)
        buyer.send_lines("123456789")
        house.advance()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.advance(5)
        self.assertEqual(
            self.output_of("list"),
            """\
auction  lot  item     format       bids  result     winner      payment  ended (open: began)
main/1     1  Hat      first-price     1  sold       Buyer 1  $123456789  2027-01-15 08:00:05Z
main/1     2  Cap      first-price     0  cancelled                       2027-01-15 08:00:05Z
main/1     3  Top hat  english         0  open                            2027-01-15 08:00:05Z
""".splitlines(),
        )
        self.close_house(house)

    def test_empty(self) -> None:
        house = self.open_house()
        self.assertEqual(self.output_of("list"), ["No item has been offered yet."])
        house.connect().disconnect()
        house.advance()
        self.assertEqual(self.output_of("list"), ["No item has been offered yet."])
        self.close_house(house)
