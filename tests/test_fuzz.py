"""A sample of the fuzzing; all of it is ``python -m tests.fuzz``."""

import contextlib
import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import fail
from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz import __main__ as command
from tests.fuzz.__main__ import CORPUS, KEPT, KEPT_BYTES, TARGETS
from tests.fuzz.client import client
from tests.fuzz.dictionary import dictionary, words
from tests.fuzz.script import Line, Step, Wrong, steps, written
from tests.fuzz.server import server
from tests.support import raw
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client import protocol as client_protocol
from twisted_auction.client.control import OrderClient
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.house.alarms import Alarm
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.orders import Orders
from twisted_auction.house.runner import AuctionRunner
from twisted_auction.rules.commands import Action
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.lobby import LobbySession
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.room_session import RoomSession
from twisted_auction.server.session import Session
from twisted_auction.wire import messages

anything = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda choices, steps: written(choices, *steps),
        st.integers(0, 254),
        st.lists(
            st.tuples(
                st.integers(0, 7),
                st.integers(0, 7),
                st.one_of(st.sampled_from(list(words())), st.binary(max_size=20)),
            ),
            max_size=12,
        ),
    ),
)


class CorpusTests(SynchronousTestCase):
    def test_all_of_it(self) -> None:
        for name, target in TARGETS.items():
            inputs = [path.read_bytes() for path in (CORPUS / name).iterdir()]
            self.assertGreater(len(inputs), 10)
            self.assertLessEqual(len(inputs), KEPT)
            self.assertLessEqual(sum(map(len, inputs)), KEPT_BYTES)
            for data in inputs:
                target(data)


class AnythingTests(SynchronousTestCase):
    @settings(max_examples=300)
    @given(anything)
    def test_server(self, data: bytes) -> None:
        server(data)

    @settings(max_examples=300)
    @given(anything)
    def test_client(self, data: bytes) -> None:
        client(data)


class ScriptTests(SynchronousTestCase):
    def test_what_an_input_means(self) -> None:
        self.assertEqual(steps(b""), (0, []))
        self.assertEqual(
            steps(b"\x05ignored\xff\x48LIST\xff\xff\x7f"),
            (5, [Step(1, 0, b"LIST"), Step(7, 7, b"")]),
        )
        self.assertEqual(
            steps(written(3, (2, 6, b"a"), (0, 0, b""))), (3, [Step(2, 6, b"a"), Step(0, 0, b"")])
        )

    def test_repeated(self) -> None:
        self.assertEqual(Step(6, 0, b"ab").repeated, b"abab")
        self.assertEqual(len(Step(6, 5, b"abc" * 9).repeated), 999)
        self.assertEqual(Step(6, 5, b"").repeated, b"")

    def test_dictionary(self) -> None:
        """It has the wire's own lines, and what the lobby understands."""
        known = list(words())
        for message in (messages.AskBid(), messages.Outbid(7, 7), messages.YouWon("a", 7)):
            self.assertIn(str(message).encode(), known)
        self.assertIn(b"RESUME ticket-", known)
        self.assertIn('"\\x4c\\x49\\x53\\x54"\n', dictionary())


class BrokenTests(SynchronousTestCase):
    """The targets notice what must never be."""

    def assert_caught(
        self,
        what: str,
        target: Callable[[bytes], None],
        choices: int,
        *steps: tuple[int, int, bytes],
    ) -> None:
        caught = self.assertRaises(Wrong, target, written(choices, *steps))
        self.flushLoggedErrors()
        self.assertIn(what, str(caught))

    def fail_with(self, problem: type[Exception]) -> Callable[..., Any]:
        return mock.Mock(side_effect=problem("oh"))

    def test_server_fails(self) -> None:
        self.patch(RoomSession, "handle", self.fail_with(KeyError))
        self.assert_caught("KeyError", server, 0, (0, 0, b"1 1 1 Cup"))

    def test_server_fails_by_itself(self) -> None:
        self.patch(AuctionRunner, "_wake", self.fail_with(KeyError))
        self.assertRaises(KeyError, server, written(0, (0, 0, b"x"), (5, 7, b"")))

    def test_server_says_half_a_line(self) -> None:
        self.patch(LobbySession, "answer", lambda self, *messages: self.send(raw(b"Pong: ")))
        self.assert_caught("an unfinished line", server, 0, (0, 1, b"PING"))

    def test_server_says_what_is_no_message(self) -> None:
        self.patch(LobbySession, "answer", lambda self, *messages: self.send(raw(b"Hello.\r\n")))
        self.assert_caught("not a line of the Auctioneer's", server, 0, (0, 1, b"PING"))

    def test_server_keeps_a_line_that_does_not_end(self) -> None:
        self.patch(AuctionProtocol, "lineLengthExceeded", AuctionProtocol.clearLineBuffer)

        def hoard(self: AuctionProtocol, data: bytes) -> None:
            self._buffer += data

        self.patch(AuctionProtocol, "dataReceived", hoard)
        self.assert_caught("1000 bytes of a line are kept", server, 0, (6, 6, b"xxxxx" * 200))

    def test_server_keeps_what_is_not_read(self) -> None:
        def hoard(self: Outbox, lines: bytes) -> None:
            self._transport.write(lines)

        self.patch(Outbox, "_write_buffered", hoard)
        flood = [(6, 5, b"\n"), (5, 4, b"")] * 2
        self.assert_caught("bytes wait for somebody", server, 0, (4, 5, b""), *flood)

    def test_server_keeps_a_seat(self) -> None:
        self.patch(Auctioneer, "leave", lambda self, seat: None)
        self.assert_caught("somebody is left in a room", server, 0, (0, 0, b"1 5 1 Cup"))

    def test_server_keeps_count(self) -> None:
        self.patch(ConnectionLimits, "release", lambda self, address: None)
        self.assert_caught("somebody is not let go", server, 0, (0, 1, b"LIST"))

    def test_server_keeps_a_timer(self) -> None:
        def forget(self: Session) -> None:
            self.connections.clock.callLater(1e6, lambda: None)

        self.patch(Session, "leave", forget)
        self.assert_caught("a connection has left a timer", server, 0, (0, 1, b"LIST"))

    def test_server_keeps_a_timer_of_its_own(self) -> None:
        def forget(self: Orders, action: Action, actor: str, reason: str) -> str:
            alarms = self._runner.room_clock._alarm._alarms
            Alarm(alarms).set(alarms.clock.seconds() + 1e6, self._runner.reset)
            return ""

        self.patch(Orders, "give", forget)
        self.assert_caught("timers are left", server, 0, (0, 7, b"close"))

    def test_server_does_not_close(self) -> None:
        self.patch(Line, "loseConnection", lambda self: None)
        self.assert_caught("said to be closing", server, 0, (0, 1, b"QUIT"))

    def test_client_fails(self) -> None:
        self.patch(AuctionClient, "_message_received", self.fail_with(KeyError))
        self.assertRaises(KeyError, client, written(0, (0, 0, b"Please submit your bid:")))

    def test_client_fails_unseen(self) -> None:
        """A failure in a forgotten Deferred is logged."""

        def fail_unseen(self: AuctionClient, message: messages.Message) -> None:
            deferred: Any = fail(KeyError("oh"))
            deferred.itself = deferred

        self.patch(AuctionClient, "_message_received", fail_unseen)
        self.assert_caught("KeyError", client, 0, (0, 0, b"Please submit your bid:"))

    def test_client_shows_anything(self) -> None:
        self.patch(client_protocol, "printable", lambda text: text)
        self.assert_caught("the terminal is shown '\\x1b", client, 0, (0, 0, b"\x1b[2J"))

    def test_client_does_not_end(self) -> None:
        self.patch(OrderClient, "connectionLost", lambda self, reason: None)
        self.assert_caught("it ends with None", client, 3, (0, 0, b"Done: closed."))

    def test_client_keeps_a_timer(self) -> None:
        self.patch(AuctionClient, "connectionLost", lambda self, reason: None)
        self.assert_caught("a connection has left a timer", client, 0, (0, 0, b"Bidding start!"))

    def test_terminal_keeps_everything(self) -> None:
        def hoard(self: Terminal, data: bytes) -> None:
            self._typed += data

        self.patch(Terminal, "dataReceived", hoard)
        typing = (4, 0, b"x" * 1000)
        question = (0, 0, b"Please submit your bid:")
        self.assert_caught("typed bytes are kept", client, 0, question, typing, typing)


class CommandTests(SynchronousTestCase):
    def test_without_atheris(self) -> None:
        self.patch(command, "find_spec", lambda name: None)
        complaint = io.StringIO()
        with contextlib.redirect_stderr(complaint):
            self.assertEqual(command.main([]), 2)
        self.assertEqual(complaint.getvalue(), 'Atheris is missing: pip install -e ".[fuzz]"\n')

    def test_replay(self) -> None:
        path = next((CORPUS / "client").iterdir())
        self.assertEqual(command.main(["--replay", str(path)]), 0)

    def test_replay_fails(self) -> None:
        self.patch(LobbySession, "handle", mock.Mock(side_effect=KeyError))
        with tempfile.NamedTemporaryFile() as file:
            file.write(written(0, (0, 1, b"LIST")))
            file.flush()
            self.assertRaises(Wrong, command.main, ["--target", "server", "--replay", file.name])
        self.flushLoggedErrors()

    def run_with(self, guided: Callable[..., tuple[int, list[str]]]) -> tuple[int, str]:
        """Run the command, with a function in place of libFuzzer.

        :return: its exit status and what it prints.
        """
        self.patch(command, "find_spec", lambda name: True)
        self.patch(command, "_guided", guided)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            status = command.main(["--target", "client", "--inputs", "1000"])
        return status, printed.getvalue()

    def test_all_is_well(self) -> None:
        def guided(target: str, *arguments: str) -> tuple[int, list[str]]:
            self.assertEqual(target, "client")
            self.assertIn("-runs=1000", arguments)
            Path(arguments[-2], "new").touch()
            return 0, ["#9 cov: 41 ft", "#10 cov: 42 ft", "stat::number_of_executed_units: 1000"]

        status, printed = self.run_with(guided)
        self.assertEqual(status, 0)
        self.assertRegex(
            printed,
            r"^client: 1000 inputs, \d+ a second; 42 places of the code reached; "
            r"1 new inputs reach something new\.\n$",
        )

    def test_stopped(self) -> None:
        """A run that is stopped leaves no file behind."""

        def guided(target: str, *arguments: str) -> tuple[int, list[str]]:
            self.found = Path(arguments[-2])
            raise SystemExit(143)

        self.assertRaises(SystemExit, self.run_with, guided)
        self.assertFalse(self.found.parent.exists())

    def test_an_input_fails(self) -> None:
        def guided(target: str, *arguments: str) -> tuple[int, list[str]]:
            (prefix,) = (word for word in arguments if word.startswith("-artifact_prefix="))
            self.failing = Path(f"{prefix.partition('=')[2]}crash-1")
            self.addCleanup(shutil.rmtree, self.failing.parent)
            self.failing.write_bytes(b"\0\xff@LIST")
            return 77, ["Traceback"]

        self.assertEqual(
            self.run_with(guided),
            (
                1,
                "Traceback\nclient: this input fails:\nb'\\x00\\xff@LIST'\n"
                f"Again: python -m tests.fuzz --target client --replay {self.failing}\n",
            ),
        )
