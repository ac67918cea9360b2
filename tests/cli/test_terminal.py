from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.terminal import Echo, Terminal
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.robots import BidRobot, RequestRobot
from twisted_auction.wire import messages


class TerminalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.answers: list[bytes | None] = []
        self.terminal = Terminal()
        self.transport = StringTransport()
        self.terminal.makeConnection(self.transport)

    def ask(self) -> None:
        self.terminal.ask(messages.AskBid(), self.answers.append)

    @property
    def reading(self) -> bool:
        state: str = self.transport.producerState
        return state == "producing"

    def test_reads_only_when_asked(self) -> None:
        self.assertFalse(self.reading)
        self.ask()
        self.assertTrue(self.reading)
        self.terminal.dataReceived(b"15")
        self.assertEqual(self.answers, [])
        self.terminal.dataReceived(b"0\n")
        self.assertEqual(self.answers, [b"150"])
        self.assertFalse(self.reading)

    def test_typed_ahead(self) -> None:
        self.ask()
        self.terminal.dataReceived(b"one\r\ntwo\nthr")
        self.assertEqual(self.answers, [b"one"])
        self.ask()
        self.assertEqual(self.answers, [b"one", b"two"])
        self.ask()
        self.terminal.dataReceived(b"ee\n")
        self.assertEqual(self.answers, [b"one", b"two", b"three"])

    def test_last_line_without_end(self) -> None:
        self.terminal.dataReceived(b"one\ntwo")
        self.terminal.readConnectionLost()
        for _ in range(4):
            self.ask()
        self.assertEqual(self.answers, [b"one", b"two", None, None])

    def test_empty_line_is_a_line(self) -> None:
        self.ask()
        self.terminal.dataReceived(b"\n\r\n")
        self.ask()
        self.assertEqual(self.answers, [b"", b""])

    def test_withdrawn(self) -> None:
        """Lines typed after a question wait for the next one."""
        self.ask()
        self.terminal.withdraw_question()
        self.assertFalse(self.reading)
        self.terminal.dataReceived(b"150\n")
        self.assertEqual(self.answers, [])
        self.ask()
        self.assertEqual(self.answers, [b"150"])

    def test_withdrawn_while_delivering(self) -> None:
        self.ask()
        self.terminal.dataReceived(b"one\ntwo\n")
        self.terminal.withdraw_question()
        self.assertEqual(self.answers, [b"one"])

    def test_typed_between_lots(self) -> None:
        """A line typed too late for the last lot is no bid on the next."""
        self.terminal = Terminal(is_interactive=True)
        self.transport = StringTransport()
        self.terminal.makeConnection(self.transport)
        self.ask()
        self.terminal.dataReceived(b"150\n155\n")
        self.terminal.withdraw_question()
        self.assertFalse(self.reading)
        self.terminal.message_received(messages.LotUp(2, 5))
        self.assertTrue(self.reading)
        self.terminal.dataReceived(b"160\n")
        self.ask()
        self.assertEqual(self.answers, [b"150"])
        self.assertEqual(self.transport.value(), b"Not sent: wait for the question.\n")
        self.terminal.dataReceived(b"20\n")
        self.assertEqual(self.answers, [b"150", b"20"])

    def test_piped_between_lots(self) -> None:
        """A pipe has its lines ready from the start."""
        self.ask()
        self.terminal.dataReceived(b"150\n20\n")
        self.terminal.withdraw_question()
        self.terminal.message_received(messages.LotUp(2, 5))
        self.ask()
        self.assertEqual(self.answers, [b"150", b"20"])

    def test_input_ends_while_asked(self) -> None:
        self.ask()
        self.terminal.readConnectionLost()
        self.assertEqual(self.answers, [None])

    def test_asked_again_by_the_answer(self) -> None:
        """A long run of lines, each leading to the next question, in one piece."""

        def again(line: bytes | None) -> None:
            self.answers.append(line)
            if line is not None:
                self.terminal.ask(messages.AskBid(), again)

        self.terminal.dataReceived(b"x\n" * 5000)
        self.terminal.readConnectionLost()
        self.terminal.ask(messages.AskBid(), again)
        self.assertEqual(self.answers, [b"x"] * 5000 + [None])

    def test_too_long(self) -> None:
        """Enough of the line is given to be refused, the rest is dropped, memory stays small."""
        self.ask()
        for _ in range(100):
            self.terminal.dataReceived(b"9" * 1000)
        self.assertEqual(self.answers, [])
        self.terminal.dataReceived(b"123\n150\n")
        self.ask()
        self.assertEqual(self.answers, [b"9" * 513 + b"123", b"150"])

    @given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)), st.data())
    def test_any_chunks(self, lines: list[bytes], data: st.DataObject) -> None:
        self.setUp()
        typed = b"".join(line + b"\n" for line in lines)
        cuts = sorted(data.draw(st.sets(st.integers(0, len(typed)), max_size=8)))
        self.ask()
        for start, end in zip([0, *cuts], [*cuts, len(typed)], strict=True):
            self.terminal.dataReceived(typed[start:end])
            while len(self.answers) < typed[:end].count(b"\n"):
                self.ask()
        self.assertEqual(self.answers[: len(lines)], [line.removesuffix(b"\r") for line in lines])

    def test_echo_is_off_for_a_code(self) -> None:
        """And on again after the answer, after a withdrawal, and for other questions."""
        calls: list[str] = []

        class Recorder(Echo):
            def hide(self) -> None:
                calls.append("hide")

            def restore(self) -> None:
                calls.append("restore")

        self.terminal = Terminal(True, Recorder())
        self.terminal.makeConnection(StringTransport())
        self.ask()
        self.assertEqual(calls, [])
        self.terminal.ask(messages.AskPass(), self.answers.append)
        self.assertEqual(calls, ["hide"])
        self.terminal.dataReceived(b"4K7M\n")
        self.assertEqual(calls, ["hide", "restore"])
        self.terminal.ask(messages.AskPass(), self.answers.append)
        self.terminal.withdraw_question()
        self.assertEqual(calls, ["hide", "restore"] * 2)
        self.assertEqual(self.answers, [b"4K7M"])

    def test_show(self) -> None:
        self.terminal.show("Schild № 5")
        self.assertEqual(self.transport.value(), "Schild № 5\n".encode())

    def test_output_closes(self) -> None:
        self.terminal.writeConnectionLost()
        self.ask()
        self.terminal.dataReceived(b"150\n")
        self.assertEqual(self.answers, [b"150"])

    def test_stuck_output(self) -> None:
        """While standard output is full, nothing is read from the connection."""
        client, network = AuctionClient(self.terminal), StringTransport()
        client.makeConnection(network)
        self.assertIs(self.transport.producer, client)
        self.assertTrue(self.transport.streaming)
        client.pauseProducing()
        self.assertEqual(network.producerState, "paused")
        self.transport.clear()
        client.dataReceived(b"one\ntwo\n")  # had been read already
        self.assertEqual(self.transport.value(), b"")
        client.resumeProducing()
        self.assertEqual(network.producerState, "producing")
        self.assertEqual(self.transport.value(), b"one\ntwo\n")
        client.connectionLost(Failure(ConnectionDone()))
        self.assertIsNone(self.transport.producer)

    def test_stuck_output_behind_others(self) -> None:
        """Robots let the terminal pause the connection."""
        for person in (
            BidRobot(self.terminal, 10, Clock()),
            RequestRobot(self.terminal, "1 1 1 Sword"),
        ):
            client = AuctionClient(person)
            client.makeConnection(StringTransport())
            self.assertIs(self.transport.producer, client)
            client.connectionLost(Failure(ConnectionDone()))

    def test_close_after_output_closed(self) -> None:
        """Nothing is left to write, and no event would tell when it is written."""
        self.terminal.writeConnectionLost()
        self.successResultOf(self.terminal.lost)
        self.terminal.close()
        self.assertFalse(self.successResultOf(self.terminal.closed))

    def test_close(self) -> None:
        self.terminal.close()
        self.assertTrue(self.transport.disconnecting)
        self.assertNoResult(self.terminal.closed)
        self.terminal.connectionLost()
        self.assertTrue(self.successResultOf(self.terminal.closed))
        self.assertNoResult(self.terminal.lost)

    def test_output_is_lost_at_the_end(self) -> None:
        """The last lines did not fit on the disk."""
        self.terminal.close()
        self.terminal.connectionLost(Failure(ConnectionLost()))
        self.assertFalse(self.successResultOf(self.terminal.closed))
