"""A test of one's own format, without a network and without waiting: ``pytest`` or ``trial``.

The server's own classes run here over Twisted's fakes, a clock and a transport of strings.
"""

from third_price import ThirdPrice
from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.embed import Auctioneer, AuctionFactory


class ThirdPriceTests(SynchronousTestCase):
    """Its rule alone, and a whole auction."""

    def setUp(self) -> None:
        """Open a room."""
        self.factory = AuctionFactory(Auctioneer(Clock()))

    def enter(self, *lines: str) -> tuple[Protocol, StringTransport]:
        """Connect, and type lines."""
        address = IPv4Address("TCP", "127.0.0.1", 50000)
        protocol = self.factory.buildProtocol(address)
        transport = StringTransport(peerAddress=address)
        protocol.makeConnection(transport)
        for line in lines:
            protocol.dataReceived(line.encode() + b"\n")
        return protocol, transport

    def test_payment(self) -> None:
        """The winner bids 180; the lowest price is 100."""
        for bids, payment in [([150, 120, 90], 120), ([150, 90], 100), ([150], 100), ([], 100)]:
            self.assertEqual(ThirdPrice().payment(180, bids, 100), payment)

    def test_auction(self) -> None:
        """A Seller, three Buyers, and what each reads at the end."""
        _, seller = self.enter("third-price 100 3 Compass")
        buyers = [self.enter() for _ in range(3)]
        for (protocol, _), bid in zip(buyers, (b"150\n", b"120\n", b"180\n"), strict=True):
            protocol.dataReceived(bid)
        lost = "Unfortunately you did not win in the last round."
        for transport, result in [
            (seller, "Success! Your item Compass has been sold for $120"),
            (buyers[0][1], lost),
            (buyers[1][1], lost),
            (buyers[2][1], "You won this item Compass! Your payment due is $120"),
        ]:
            self.assertEqual(transport.value().decode().splitlines()[-1], result)
            self.assertTrue(transport.disconnecting)
