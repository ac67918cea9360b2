from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.notices import refused
from twisted_auction.rules import refusals
from twisted_auction.rules.refusals import Refusal


class RefusedTests(SynchronousTestCase):
    def test_every_refusal(self) -> None:
        told = {
            refusals.Busy(): b"Server busy!\r\n",
            refusals.Ongoing(): b"Bidding on-going!\r\n",
            refusals.InvalidRequest(): (
                b"Invalid auction request!\r\nPlease submit auction request:\r\n"
            ),
            refusals.InvalidRequest("No."): (
                b"Invalid auction request! No.\r\nPlease submit auction request:\r\n"
            ),
            refusals.RequestAlreadyIn(): b"Your auction request is already in. Please wait...\r\n",
            refusals.InvalidBid(): (
                b"Invalid bid. Please submit a positive integer!\r\nPlease submit your bid:\r\n"
            ),
            refusals.BiddingNotOpen(): b"Bidding has not started. Please wait...\r\n",
            refusals.BidAlreadyIn(): b"Your bid is already in. Please wait...\r\n",
            refusals.InvalidBid("No."): (
                b"Invalid bid. Please submit a positive integer! No.\r\nPlease submit your bid:\r\n"
            ),
            refusals.BidTooSoon(2): b"Too many bids! Bid again in 2 seconds.\r\n",
            refusals.HasPassed(): b"You have passed this lot. Please wait...\r\n",
            refusals.RepeatBid(5000): b"Please repeat your bid to confirm: $5000\r\n",
            refusals.BidTooHigh(1000): b"Bid too high! The greatest acceptable bid is $1000.\r\n",
            refusals.BidTooLow(110): b"Bid too low! The least acceptable bid is $110.\r\n",
            refusals.NotUnderstood("type."): b"Not understood.\r\nAt any time: type.\r\n",
            refusals.SaleOver(): b"The sale is over.\r\n",
        }
        for refusal, lines in told.items():
            self.assertEqual(refused(refusal).lines, lines)
        ours = {kind for kind in Refusal.__subclasses__() if kind.__module__ == refusals.__name__}
        of_the_operator = {refusals.NothingOn}
        self.assertEqual({type(refusal) for refusal in told}, ours - of_the_operator)

    def test_unknown_refusal(self) -> None:
        self.assertRaises(TypeError, refused, Refusal())
