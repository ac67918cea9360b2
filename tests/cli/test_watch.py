import os
import sys

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python import usage
from twisted.python.failure import Failure

from tests.support import CommandTestCase
from twisted_auction.cli.terminal import Terminal
from twisted_auction.cli.watch import Projector, Watch
from twisted_auction.cli.watch_screen import BEGIN
from twisted_auction.client.room import RoomClient
from twisted_auction.client.watch import WatchVisit


def parsed(*argv: str) -> Watch:
    options = Watch()
    options.parseOptions(list(argv))
    return options


class OptionsTests(CommandTestCase):
    def test_room_and_address(self) -> None:
        for argv, where in [
            (["main", "example.org", "4001"], ("example.org", "4001")),
            (["main", "unix:auction.socket"], ("unix:auction.socket",)),
            (["--at", "tcp:a:1", "main"], ("tcp:a:1",)),
        ]:
            options = parsed(*argv)
            self.assertEqual((options["room"], options["where"]), ("main", where))

    def test_wrong(self) -> None:
        missing = "after the room, give the HOST and PORT of a lobby, or ENDPOINT"
        for argv, complaint in [
            ([], "name the room to watch, such as main"),
            (["main"], missing),
            (["main", "a", "1", "b"], missing),
            (["main", "a", "1", "--at"], "options come before everything else, also --at"),
            (
                ["127.0.0.1", "4001"],
                "a room's name is 1 to 32 letters, digits, hyphens and underscores, "
                "not '127.0.0.1'",
            ),
            (
                ["-p", "/missing", "main", "a", "1"],
                "--pass-file /missing: No such file or directory",
            ),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)

    def test_participant(self) -> None:
        """The whole screen is used only at a terminal that can be drawn on."""
        for is_terminal, term, kind in [
            (True, "xterm", Projector),
            (True, "dumb", Terminal),
            (False, "xterm", Terminal),
        ]:
            self.patch(os, "isatty", lambda fd, answer=is_terminal: answer)
            self.patch(os, "environ", {"TERM": term})
            watch = parsed("main", "a", "1")
            self.assertIsInstance(watch.participant(Terminal(), Clock()), kind)

    def test_end(self) -> None:
        """The results stay on the terminal."""
        self.patch(os, "isatty", lambda fd: True)
        self.patch(os, "environ", {"TERM": "xterm"})
        lines: list[str] = []
        self.patch(sys.modules[Watch.__module__], "print_line", lines.append)
        watch = parsed("main", "a", "1")
        watch.reactor_ended()  # nothing was shown
        terminal = Terminal()
        terminal.makeConnection(StringTransport())
        projector = watch.participant(terminal, Clock())
        assert isinstance(projector, Projector)
        self.patch(projector, "_size", lambda: (60, 20))
        client = WatchVisit(Clock(), "main", projector).buildProtocol(None)
        client.makeConnection(StringTransport())
        watch.reactor_ended()
        self.assertEqual(lines, [])
        client.dataReceived(b"Your role is: [Watcher]\nOn sale: Vase\nAuction finished!\n")
        watch.reactor_ended()
        self.assertEqual(lines, ["\x1b[?25h\x1b[?1049lWatched room main.", "Vase: bidding is over"])


class ProjectorTests(CommandTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.size = (60, 8)
        self.screen = StringTransport()
        terminal = Terminal()
        terminal.makeConnection(self.screen)
        self.projector = Projector(terminal, "main", self.clock, lambda: self.size, "#")
        self.visit = WatchVisit(self.clock, "main", self.projector, self.projector.waiting)
        self.client, self.network = self.connect()

    def connect(self) -> tuple[RoomClient, StringTransport]:
        client, network = self.visit.buildProtocol(None), StringTransport()
        client.makeConnection(network)
        return client, network

    def say(self, *lines: str) -> None:
        self.client.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def rows(self) -> list[str]:
        """The last screen."""
        _, _, last = self.screen.value().decode().rpartition("\x1b[H")
        self.screen.clear()
        for code in ("\x1b[K", "\x1b[J", "\x1b[1m", "\x1b[0m"):
            last = last.replace(code, "")
        return last.split("\r\n") if last else []

    def test_bidding(self) -> None:
        self.say("Your role is: [Watcher]", "On sale: Vase", "Bidding start!")
        self.assertIn(BEGIN, self.screen.value().decode())
        self.say("Highest bid: $150 by Buyer 9. Asking price: $155. Seconds left: 12.")
        expected = ["main", "Vase", "$150", "Highest bid: Buyer 9", "Seconds left: 12."]
        self.assertEqual(self.rows(), [*expected, "Asking price: $155"])
        self.clock.advance(1)
        self.assertEqual(self.rows()[4], "Seconds left: 11.")

    def test_new_size(self) -> None:
        self.say("Your role is: [Watcher]", "On sale: Vase")
        self.assertEqual(self.rows(), ["main", "Vase"])
        self.size = (4, 8)
        self.clock.advance(1)
        self.assertEqual(self.rows(), ["...", "..."])

    def test_cut(self) -> None:
        self.say("Your role is: [Watcher]", "On sale: Vase")
        self.client.connectionLost(Failure(ConnectionDone()))
        lost = "Connection lost. Trying to come back..."
        self.assertEqual(self.rows(), ["main", "Vase", lost])
        self.client, self.network = self.connect()
        self.clock.advance(1)
        self.assertEqual(self.rows(), ["main", "Vase", lost])
        self.say("Your role is: [Watcher]", "On sale: Vase")
        self.assertEqual(self.rows(), ["main", "Vase"])

    def test_mistyped_room(self) -> None:
        """The sentence stays until an item comes."""
        self.say("Your role is: [Watcher]", "Nothing is on sale.")
        self.assertEqual(self.network.value(), b"WATCH main\nLIST\n")
        self.say("Room art: bidding is open.", "Room main: empty.", "Rooms: 2.")
        waiting = [
            "main",
            "Nothing is on sale. Waiting for an item in room main. Other",
            "rooms in use: art.",
        ]
        self.assertEqual(self.rows(), waiting)
        self.clock.advance(60)
        self.assertEqual(self.rows(), waiting)
        self.say("On sale: Vase")
        self.assertEqual(self.rows(), ["main", "Vase"])

    def test_asks_for_the_code_first(self) -> None:
        self.say("Not done: say your pass code first: PASS and the code.")
        self.assertEqual(
            self.screen.value(),
            b"Connected to the Auctioneer server.\nPlease submit your pass code:\n",
        )
        terminal = self.projector._terminal
        terminal.dataReceived(b"4K7M\n")
        self.assertEqual(self.network.value(), b"WATCH main\nPASS 4K7M\n")

    def test_over(self) -> None:
        """The last screen stays."""
        self.say("Your role is: [Watcher]", "The sale is over.")
        self.client.connectionLost(Failure(ConnectionDone()))
        self.clock.advance(5)
        self.assertEqual(self.rows(), ["main", "The sale is over.", "Ctrl-C ends this display."])

    def test_stuck_terminal(self) -> None:
        """Nothing is read and nothing drawn, also over a new connection."""
        self.say("Your role is: [Watcher]", "On sale: Vase")
        self.assertIs(self.screen.producer, self.projector)
        self.projector.pauseProducing()
        self.screen.clear()
        self.assertEqual(self.network.producerState, "paused")
        self.clock.advance(5)
        self.client.connectionLost(Failure(ConnectionDone()))
        self.client, self.network = self.connect()
        self.assertEqual(self.network.producerState, "paused")
        self.assertEqual(self.screen.value(), b"")
        self.projector.resumeProducing()
        self.assertEqual(self.network.producerState, "producing")
        self.assertEqual(self.rows()[:2], ["main", "Vase"])
        self.projector.stopProducing()
        self.clock.advance(5)
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
