"""A test of one's own format, without a network and without waiting: ``pytest`` or ``trial``."""

from third_price import ThirdPrice
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.testing import MemoryHouse


class ThirdPriceTests(SynchronousTestCase):
    """The rule alone, and a whole auction."""

    def test_payment(self) -> None:
        """The winner bids 180; the lowest price is 100."""
        for bids, payment in [([150, 120, 90], 120), ([150, 90], 100), ([150], 100), ([], 100)]:
            self.assertEqual(ThirdPrice().payment(180, bids, 100), payment)

    def test_auction(self) -> None:
        """A Seller, three Buyers, and the last line that each of them reads."""
        house = MemoryHouse()
        seller, buyers = house.open_auction("third-price 100 3 Compass", buyers=3)
        for buyer, bid in zip(buyers, ("150", "120", "180"), strict=True):
            buyer.send_lines(bid)
        lost = "Unfortunately you did not win in the last round."
        for client, result in [
            (seller, "Success! Your item Compass has been sold for $120"),
            (buyers[0], lost),
            (buyers[1], lost),
            (buyers[2], "You won this item Compass! Your payment due is $120"),
        ]:
            self.assertEqual(client.read_lines()[-1], result)
            self.assertTrue(client.is_closed)
