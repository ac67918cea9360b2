"""``auction ledger show`` with ledgers of whole houses."""

from tests.cli.support import LedgerTestCase
from tests.formats import AllPay
from twisted_auction.house.tickets import digest_of
from twisted_auction.rules.commands import (
    Abandon,
    Close,
    Expel,
    Extend,
    GoOn,
    Pause,
    Readmit,
    Tell,
    Void,
)
from twisted_auction.rules.formats import FORMATS


class ShowTests(LedgerTestCase):
    def test_sealed(self) -> None:
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        story = [
            "Auction 1, room main",
            "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
            "2027-01-15 08:00:00Z  Request: 2 100 3 WolfPackSword "
            "(second-price, lowest price $100, number of bids 3)",
            "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
            "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50003.",
            "2027-01-15 08:00:00Z  Buyer 3 came from 127.0.0.1:50004.",
            "2027-01-15 08:00:00Z  Bidding opened.",
        ]
        self.assertEqual(
            self.output_of("show", "1"),
            [
                *story,
                "2027-01-15 08:00:01Z  Buyer 1 made a sealed bid.",
                "2027-01-15 08:00:03Z  Buyer 2 made a sealed bid.",
                "2027-01-15 08:00:04Z  Buyer 3 made a sealed bid.",
                "2027-01-15 08:00:04Z  Sold to Buyer 3 for $150.",
            ],
        )
        self.assertEqual(
            self.output_of("show", "--reveal", "1"),
            [
                *story,
                "2027-01-15 08:00:01Z  Buyer 1 bid $150.",
                "2027-01-15 08:00:03Z  Buyer 2 bid $120.",
                "2027-01-15 08:00:04Z  Buyer 3 bid $180.",
                "2027-01-15 08:00:04Z  Sold to Buyer 3 for $150. The highest bid is $180.",
            ],
        )

    def test_clock_set(self) -> None:
        """Of a timed auction, times are those of the clock on the wall, also after it was set. The
        rows count on. A restarted server reads the clock again."""
        house = self.open_house()
        house.connect_to_lobby("JOIN main", "1:end=2027-01-15T10:00 5 0 Cup")
        buyer = house.connect_to_lobby("JOIN main", "7")
        house.advance(100)
        house.wall_ahead = 3600
        house.advance(60)
        buyer.send_lines("8")
        house.advance(20)
        house.wall_ahead = -600
        house.advance(60)
        house = house.restart(60)
        house.connect_to_lobby("RESUME ticket-2", "9")
        self.close_house(house)
        self.assertEqual(
            self.output_of("show", "main/1")[6:],
            [
                "2027-01-15 09:02:00Z  The clock was set. The end is at 2027-01-15 10:00:00Z.",
                "2027-01-15 09:02:40Z  Buyer 1 changed its bid.",
                "2027-01-15 07:54:00Z  The clock was set. The end is at 2027-01-15 10:00:00Z.",
                "2027-01-15 07:55:00Z  The auction went on, with its end as before.",
                "2027-01-15 07:55:00Z  Buyer 1 changed its bid.",
                "2027-01-15 07:55:00Z  The house closed.",
                "It has not ended.",
            ],
        )

    def test_end_between_two_instants(self) -> None:
        """The house reads its two clocks one after the other, and an end is shown to the second."""
        house = self.open_house()
        house.wall_ahead = 0.00001
        house.connect_to_lobby("JOIN main", "1:end=2027-01-15T10:00 5 0 Cup")
        house.auctioneer.orders.give(Extend(60))
        self.close_house(house)
        self.assertIn(
            "2027-01-15 08:00:00Z  The end was postponed to 2027-01-15 10:01:00Z.",
            self.output_of("show", "main/1"),
        )

    def test_english(self) -> None:
        """Open bids are no secret. Another room's auction goes on at the same time."""
        house = self.open_house()
        seller, buyers = house.open_auction("3:duration=20 100 2 Sword", 2)
        house.connect_to_lobby("JOIN hall", "1 50 2 Helmet")
        buyers[0].send_lines("120")
        house.advance(15)
        buyers[1].send_lines("130")
        house.advance(7)
        buyers[0].disconnect()
        seller.send_lines("close")
        house.advance()
        self.assertEqual(
            self.output_of("show", "main/1"),
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
                "2027-01-15 08:00:00Z  Request: 3:duration=20 100 2 Sword (english, "
                "lowest price $100, number of bids 2)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50003.",
                "2027-01-15 08:00:00Z  Bidding opened at $100.",
                "2027-01-15 08:00:00Z  Buyer 1 bid $120.",
                "2027-01-15 08:00:14Z  Going once.",
                "2027-01-15 08:00:15Z  Buyer 2 bid $130.",
                "2027-01-15 08:00:15Z  The time was extended to 10 seconds.",
                "2027-01-15 08:00:19Z  Going once.",
                "2027-01-15 08:00:22Z  Going twice.",
                "2027-01-15 08:00:22Z  Buyer 1 left.",
                "2027-01-15 08:00:22Z  The Seller closed the bidding.",
                "2027-01-15 08:00:22Z  Sold to Buyer 2 for $130. The highest bid is $130.",
            ],
        )
        self.close_house(house)

    def test_dutch(self) -> None:
        house = self.open_house()
        _, buyers = house.open_auction("4:start=120:step=10:interval=60 100 1 Sword", 1)
        house.advance(61)
        self.assertEqual(
            self.output_of("show", "1"),
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
                "2027-01-15 08:00:00Z  Request: 4:start=120:step=10:interval=60 100 1 "
                "Sword (dutch, lowest price $100, number of bids 1)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:00Z  Bidding opened at $120.",
                "2027-01-15 08:01:00Z  The price fell to $110.",
                "It has not ended.",
            ],
        )
        buyers[0].send_lines("accept")
        house.advance()
        self.assertEqual(
            self.output_of("show", "1")[-2:],
            [
                "2027-01-15 08:01:01Z  Buyer 1 bid $110.",
                "2027-01-15 08:01:01Z  Sold to Buyer 1 for $110. The highest bid is $110.",
            ],
        )
        self.close_house(house)

    def test_sale_with_restart(self) -> None:
        """Tickets are mentioned, but their digests are not shown."""
        catalogue = b"1 100 2 Hat\n1 100 2 Cap\n1 100 1 Top hat\n"
        house = self.open_house(catalogue)
        house.connect_to_lobby("JOIN main")
        second = house.connect()
        house.advance(5)
        second.send_lines("80")
        house.advance()
        self.close_house(house)
        house = self.open_house(catalogue, house.clock)
        house.advance(1)
        house.connect_to_lobby("RESUME ticket-1").send_lines("90")
        house.advance()
        # An order has printable characters, but the file may have any.
        runner = house.auctioneer._runner
        when = runner.pass_time()
        runner.publish(runner.decide(Abandon("\x1b[2J It is\tbroken."), when), when)
        house.advance(600)
        story = self.output_of("show", "1")
        self.assertEqual(
            story,
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  Lot 1 of 3: 1 100 2 Hat (first-price, lowest "
                "price $100, number of bids 2)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50001, with a ticket.",
                "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:05Z  Bidding opened.",
                "2027-01-15 08:00:05Z  Buyer 2 made a sealed bid.",
                "2027-01-15 08:00:05Z  The house closed.",
                "2027-01-15 08:00:05Z  The auction went on, with the time that it had left.",
                "2027-01-15 08:00:05Z  Buyer 2 left.",
                "2027-01-15 08:00:06Z  Buyer 1 made a sealed bid.",
                "2027-01-15 08:00:06Z  Not sold.",
                "2027-01-15 08:00:06Z  Lot 2 of 3: 1 100 2 Cap (first-price, lowest "
                "price $100, number of bids 2)",
                "2027-01-15 08:00:06Z  Cancelled: \\x1b[2J It is\\tbroken.",
                "2027-01-15 08:00:06Z  Lot 3 of 3: 1 100 1 Top hat (first-price, "
                "lowest price $100, number of bids 1)",
                "2027-01-15 08:00:11Z  Bidding opened.",
                "2027-01-15 08:01:11Z  Buyer 1 said nothing within 60 seconds.",
                "2027-01-15 08:01:11Z  Not sold: there was no bid.",
            ],
        )
        self.assertNotIn(digest_of("ticket-1"), "".join(story))
        self.assertEqual(
            [line[22:] for line in self.output_of("show", "--reveal", "1") if line not in story],
            [
                "Buyer 2 bid $80.",
                "Buyer 1 bid $90.",
                "Not sold: the highest bid is $90.",
            ],
        )
        self.close_house(house)

    def test_no_bid_and_the_operator(self) -> None:
        house = self.open_house()
        house.open_auction("1 100 1 Sword", 1)
        house.auctioneer.orders.give(Close())
        house.advance()
        self.assertEqual(
            [line[22:] for line in self.output_of("show", "1")[-3:]],
            [
                "Order of operator, close.",
                "The Auctioneer closed the bidding.",
                "Not sold: there was no bid.",
            ],
        )
        _, buyers = house.open_auction("1 100 1 Sword", 1)
        buyers[0].send_lines("80")
        house.advance()
        self.assertEqual(
            self.output_of("export")[-1],
            "2,,main,Sword,first-price,100,not sold,,80,,2027-01-15T08:00:00.000000Z",
        )
        self.close_house(house)

    def test_orders(self) -> None:
        house = self.open_house()
        _, buyers = house.open_auction("3 100 2 Sword", 2)
        buyers[0].send_lines("100")
        buyers[1].send_lines("500")
        orders = house.auctioneer.orders
        orders.give(Pause(), reason="The bell rings.")
        orders.give(GoOn())
        orders.give(Void(), "paddle 7")
        orders.give(Void())
        orders.give(Expel(1))
        orders.give(Readmit(1))
        orders.give(Tell("Tea is served."))
        house.advance()
        self.assertEqual(
            [line[22:] for line in self.output_of("show", "1")[8:-1]],
            [
                "Order of operator, pause: The bell rings.",
                "The auction was paused.",
                "Order of operator, go on.",
                "The auction went on after the pause, with the time that it had left.",
                "Order of paddle 7, void.",
                "$500 by Buyer 2 was voided. The highest bid is $100 by Buyer 1.",
                "Order of operator, void.",
                "$100 by Buyer 1 was voided. There is no bid now.",
                "Order of operator, expel.",
                "Buyer 1 was expelled.",
                "Buyer 1 left.",
                "Order of operator, readmit.",
                "Buyer 1 was readmitted.",
                "Order of operator, say.",
                "The Auctioneer said: Tea is served.",
            ],
        )
        self.close_house(house)

    def test_dues_of_losers(self) -> None:
        """In a format with such a rule, it is as secret as the bids are."""
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        house = self.open_house()
        _, buyers = house.open_auction("5 100 2 Sword", 2)
        buyers[0].send_lines("150")
        buyers[1].send_lines("120")
        house.advance()
        self.assertEqual(
            [self.output_of("show", *reveal, "1")[-1][22:] for reveal in ([], ["--reveal"])],
            [
                "Sold to Buyer 1 for $150.",
                "Sold to Buyer 1 for $150. The highest bid is $150. "
                "Buyer 2 owes $120 all the same.",
            ],
        )
        self.close_house(house)

    def test_unknown(self) -> None:
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        for word, why in [
            ("2", "no room has an auction 2."),
            ("main/2", "room main has no auction 2; the last one is 1."),
            ("hall/1", "there is no room hall."),
        ]:
            self.assertEqual(self.ledger("show", word), (1, [], f"auction ledger show: {why}\n"))

    def test_number_alone(self) -> None:
        """The number alone is enough if only one auction has it; otherwise the error names them."""
        house = self.open_house()
        self.sell_sword(house)
        house.connect().disconnect()
        for number in range(12):
            house.connect_to_lobby(f"JOIN room{number:02}").disconnect()
        house.advance()
        self.close_house(house)
        self.assertEqual(self.output_of("show", "2")[0], "Auction 2, room main")
        self.assertEqual(self.output_of("show", "room03/1")[0], "Auction 1, room room03")
        rooms = ", ".join(["main/1", *(f"room{number:02}/1" for number in range(9))])
        self.assertEqual(
            self.ledger("show", "1"),
            (
                1,
                [],
                "auction ledger show: several rooms have an auction 1; name one of "
                f"{rooms} and 3 more.\n",
            ),
        )
