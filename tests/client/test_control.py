from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction import wire
from twisted_auction.client.control import Order


class OrderTests(SynchronousTestCase):
    """One order and its answer. The whole command is in ``test_open_processes``."""

    def test_answers(self) -> None:
        for heard, answer in [
            (b"Done: the bidding is closed.\r\n", wire.Done("the bidding is closed.")),
            (b"Not done: bidding is not open.\r\n", wire.NotDone("bidding is not open.")),
            (b"Your role is: [Seller]\r\nPlease submit", wire.RoleSeller()),
            (b"SSH-2.0\r\n", None),
            (b"\xff\n", None),
            (b"", None),
        ]:
            order = Order("close main")
            transport = StringTransport()
            order.makeConnection(transport)
            self.assertEqual(transport.value(), b"close main\n")
            order.dataReceived(heard)
            self.assertEqual(transport.disconnecting, heard != b"")
            order.connectionLost(Failure(ConnectionDone()))
            self.assertEqual(self.successResultOf(order.answered), answer)
