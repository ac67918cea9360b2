from contextlib import redirect_stderr
from io import StringIO

from twisted.internet.task import Clock
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.bid import Bid
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client.robots import MaximumRobot
from twisted_auction.wire import messages


def parsed(*argv: str) -> Bid:
    options = Bid()
    options.parseOptions(list(argv))
    return options


class OptionsTests(SynchronousTestCase):
    def test_address(self) -> None:
        for argv, where in [
            ([], ("127.0.0.1", "4000")),
            (["example.org", "4001"], ("example.org", "4001")),
            (["unix:auction.socket"], ("unix:auction.socket",)),
            (["--at", "unix:auction.socket"], ("unix:auction.socket",)),
            (["-a", "tcp:127.0.0.1:4001", "-r", "antiques"], ("tcp:127.0.0.1:4001",)),
        ]:
            self.assertEqual(parsed(*argv)["where"], where)

    def test_participants(self) -> None:
        terminal = Terminal()
        self.assertIs(parsed().participant(terminal, Clock()), terminal)
        self.assertIsInstance(parsed("--max", "180").participant(terminal, Clock()), MaximumRobot)

    def test_wrong(self) -> None:
        for argv, complaint in [
            (["--max", "0"], "--max must be a whole number of dollars from 1, not '0'"),
            (["--max", "much"], "--max must be a whole number of dollars from 1, not 'much'"),
            (["--max", ""], "--max must be a whole number of dollars from 1, not ''"),
            (["x", "4000", "--max", "5"], "options come before everything else, also --max"),
            (["--at", "tcp:a:1", "b", "1"], "name one server, with --at or after the options"),
            (["-r", "antiques"], "--room needs the HOST and PORT of a lobby, or an ENDPOINT"),
            (
                ["-r", "!"],
                "--room must be 1 to 32 letters, digits, hyphens and underscores, not '!'",
            ),
            (["a", "b", "c"], "give a host and a port, or one endpoint string"),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)


class MaximumTests(SynchronousTestCase):
    def told(self, argv: list[str], *received: messages.Message) -> str:
        """What is told at the end, after messages of the server."""
        options = parsed(*argv)
        robot = options.participant(Terminal(), Clock())
        for message in received:
            robot.message_received(message)
        with redirect_stderr(StringIO()) as errors:
            options.reactor_ended()
        return errors.getvalue()

    def test_stands(self) -> None:
        """A maximum goes on without the client if its Buyer can come back."""
        stands = "your maximum of $180 stands: the server still bids for you\n"
        kept, paddle = messages.MaximumIs(180), messages.YouArePaddle(17, "Ada Smith")
        room = ["--room", "antiques", "--max", "180", "a", "1"]
        cases: list[tuple[list[str], list[messages.Message], bool]] = [
            (room, [kept], True),
            (["--max", "180"], [paddle, kept], True),
            (["--max", "180"], [kept], False),
            (room, [], False),
            (room, [kept, messages.YouLost()], False),
            (room, [kept, messages.AuctionCancelled("There is a fire.")], False),
            (room, [kept, messages.YouAreExpelled("Because of noise.")], False),
            (room, [paddle, kept, messages.PassWithdrawn()], False),
            (["a", "1"], [], False),
        ]
        for argv, received, is_told in cases:
            told = self.told(argv, *received)
            self.assertEqual(told[-len(stands) :], stands if is_told else "", argv)
