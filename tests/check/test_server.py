"""``auction check server`` against a student's server with one fault at a time."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.students import StudentServer, Way, finish
from twisted_auction.check.rubric import SERVER_ROWS
from twisted_auction.check.scorecard import Outcome, Scorecard
from twisted_auction.check.server import ServerCheck

LIMIT = 5


def checked(clock: Clock, way: Way, line_end: bytes = b"\n") -> Scorecard:
    card = Scorecard(SERVER_ROWS, clock)
    finish(clock, ServerCheck(clock, card, way, LIMIT, line_end).run())
    card.finish()
    return card


def failed(card: Scorecard) -> list[str]:
    return [result.row.name for result in card.results if result.outcome is Outcome.FAILED]


class ServerCheckTests(SynchronousTestCase):
    def assert_fails(self, fault: str, *rows: str) -> Scorecard:
        """A student's server with this fault fails these rows and no others."""
        clock = Clock()
        card = checked(clock, Way(clock, StudentServer(fault)))
        self.assertEqual(failed(card), list(rows))
        return card

    def test_a_student_server_in_its_own_words(self) -> None:
        clock = Clock()
        card = checked(clock, Way(clock, StudentServer()))
        self.assertTrue(card.has_passed, [result.reason for result in card.results])
        self.assertEqual([result.row for result in card.results], list(SERVER_ROWS))
        skipped = [result for result in card.results if result.outcome is Outcome.SKIPPED]
        self.assertEqual([result.row.name for result in skipped], ["console"])

    def test_silence_towards_others(self) -> None:
        card = self.assert_fails("silent when busy", "busy-request")
        (result,) = [result for result in card.results if result.row.name == "busy-request"]
        self.assertEqual(
            result.reason,
            "Another client should hear that it cannot take part during the request, and heard "
            "nothing.",
        )
        self.assertEqual(
            [line.split(" s  ")[1] for line in result.transcript],
            [
                "The Seller connects",
                "The Seller hears 'You are the SELLER here, what would you like to sell?'",
                "Another client connects",
                "Another client is disconnected",
            ],
        )

    def test_others_are_not_let_go(self) -> None:
        self.assert_fails("keeps whom it turns away", "busy-request")

    def test_no_feedback_for_a_wrong_request(self) -> None:
        self.assert_fails("deaf to a wrong request", "wrong-request")

    def test_too_many_buyers(self) -> None:
        """Its auction for ten Buyers is open then, so no other one can be held."""
        clock = Clock()
        card = checked(clock, Way(clock, StudentServer("takes ten Buyers")))
        self.assertEqual(failed(card)[0], "wrong-request")
        reasons = [result.reason for result in card.results]
        self.assertEqual(
            reasons[3],
            "The Seller should hear that '2 100 10 WolfPackSword' is no auction request, and heard "
            "only 'OK, your auction is open'.",
        )

    def test_bids_are_told(self) -> None:
        self.assert_fails("tells bids", "sealed")

    def test_second_price_as_first_price(self) -> None:
        self.assert_fails(
            "always first-price", "seller-result", "buyer-results", "sealed", "lowest-price"
        )

    def test_lowest_price_is_no_bid(self) -> None:
        self.assert_fails("no lowest price", "lowest-price")

    def test_sold_below_the_lowest_price(self) -> None:
        self.assert_fails("always sells", "unsold")

    def test_connections_stay_open(self) -> None:
        self.assert_fails("leaves connections open", "closed", "buyer-vanishes", "bound-seller")

    def test_one_auction_only(self) -> None:
        """All rows about a second auction fail, and the report still has them."""
        card = self.assert_fails(
            "one auction only",
            "next-seller",
            "second-round",
            "lowest-price",
            "unsold",
            "seller-vanishes",
            "buyer-vanishes",
            "bound-seller",
        )
        reasons = {result.row.name: result.reason for result in card.results}
        self.assertEqual(
            reasons["next-seller"], "A newcomer should become the Seller, and does not."
        )
        self.assertEqual(reasons["second-round"], "It was not reached.")

    def test_vanished_seller_is_waited_for(self) -> None:
        self.assert_fails(
            "waits for a vanished Seller", "seller-vanishes", "buyer-vanishes", "bound-seller"
        )

    def test_vanished_buyer_is_waited_for(self) -> None:
        self.assert_fails("waits for a vanished Buyer", "buyer-vanishes", "bound-seller")

    def test_auction_breaks_without_its_seller(self) -> None:
        self.assert_fails("breaks without its Seller", "bound-seller")

    def test_nobody_listens(self) -> None:
        clock = Clock()
        card = checked(clock, Way(clock, None))
        self.assertEqual(
            [result.reason for result in card.results],
            [
                "The Seller cannot connect: Connection was refused by other side.",
                *["It was not reached."] * (len(SERVER_ROWS) - 1),
            ],
        )
