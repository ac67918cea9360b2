"""The bytes of a web socket are bounded, and each end of it is told."""

import gc
import weakref

from twisted.trial.unittest import SynchronousTestCase

from tests.support import logged_lines
from tests.web.live_support import MemoryPage, PageHouse
from tests.web.strangers import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, said
from tests.web.support import needs_web
from twisted_auction.server.limits import CLOSE_TIMEOUT, Limits
from twisted_auction.testing import pass_code
from twisted_auction.web.settings import missing_extra

if not missing_extra():
    from twisted_auction.web.guard import MAX_AFTER_END, MAX_MESSAGE
    from twisted_auction.web.live import LiveSession


@needs_web
class GuardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = PageHouse(limits=Limits(line_rate=0))

    def test_message_in_pieces(self) -> None:
        """A message may come in fragments, with pings between them, and in segments of any size."""
        page = self.house.open_page()
        data = (
            frame(TEXT, b'{"say": "PI', is_last=False)
            + frame(PING, b"a")
            + frame(CONTINUATION, b"NG x", is_last=False)
            + frame(PONG, b"b")
            + frame(CONTINUATION, b'"}')
            + said("PING y")
        )
        for byte in data:
            page.send(bytes([byte]))
        self.assertEqual([each["letter"][0]["text"] for each in page.read()], ["x", "y"])
        self.assertEqual(page.pongs, [b"a"])

    def test_many_pings(self) -> None:
        """The bytes of pings and pongs belong to no message."""
        page = self.house.open_page()
        for _ in range(MAX_MESSAGE // 50):
            page.send(frame(PING, b"x" * 100) + frame(PONG, b"x" * 100))
        page.say("PING x")
        self.assertEqual(page.read_types(), ["pong"])
        self.assertEqual(len(page.pongs), MAX_MESSAGE // 50)

    def test_long_messages(self) -> None:
        """A message is refused as soon as it is too long, however it is cut up."""
        attacks = {
            "one frame": frame(TEXT, b"x" * MAX_MESSAGE),
            "an announced length": frame(TEXT, b"x" * MAX_MESSAGE, length=1 << 62),
            "fragments": frame(TEXT, b"", is_last=False)
            + frame(CONTINUATION, b"x", is_last=False) * (MAX_MESSAGE // 7 + 1),
            "empty fragments": frame(TEXT, b"", is_last=False)
            + (frame(CONTINUATION, b"", is_last=False) + frame(PING, b"")) * (MAX_MESSAGE // 6 + 1),
            "many characters": frame(TEXT, b" " * 2049),
            "no text": frame(BINARY, b"x" * MAX_MESSAGE),
        }
        for name, data in attacks.items():
            for size in (1, 1000, len(data)):
                page = self.house.open_page()
                for start in range(0, len(data), size):
                    page.send(data[start : start + size])
                self.assertEqual(page.read_types(), ["line_too_long"], name)
                self.assertEqual(page.code, 4002)
                self.house.advance(CLOSE_TIMEOUT)
                self.assertTrue(page.transport.disconnected or page.transport.disconnecting)
                page.disconnect()

    def test_unfinished_message(self) -> None:
        page = self.house.open_page()
        page.send(frame(TEXT, b'{"say"', is_last=False))
        self.house.advance(29)
        page.send(frame(CONTINUATION, b": ", is_last=False))
        self.house.advance(1)
        self.assertEqual(page.read_types()[-1], "line_time_up")
        self.assertEqual(page.code, 4002)
        slow = self.house.open_page()
        slow.send(frame(TEXT, b'{"say": ', is_last=False))
        self.house.advance(29)
        slow.send(frame(CONTINUATION, b'"PING x"}'))
        self.house.advance(60)
        self.assertIn("pong", slow.read_types())
        self.assertIsNone(slow.code)

    def test_bytes_that_make_no_sense(self) -> None:
        """The codes of the protocol: an unmasked frame, bits that are not agreed, bad UTF-8, a
        continuation of nothing, a long ping."""
        for data, code in (
            (b"\x81\x02{}", 1002),
            (b"\xc1\x82\0\0\0\0{}", 1002),
            (frame(TEXT, b"\xff"), 1007),
            (frame(CONTINUATION, b"x"), 1002),
            (frame(PING, b"x" * 126), 1002),
        ):
            page = self.house.open_page()
            page.send(data + frame(TEXT, b"x"))
            page.read()
            self.assertEqual(page.code, code)
            self.assertTrue(page.transport.disconnecting)
            page.send(b"more")
            page.disconnect()
        self.assertEqual(self.house.connections.count, 0)

    def test_binary_message(self) -> None:
        page = self.house.open_page()
        page.send(frame(BINARY, b"\xff{"))
        self.assertEqual(page.read_types(), ["not_done"])

    def test_closing_by_the_client(self) -> None:
        page = self.house.open_page("JOIN main")
        page.send(frame(CLOSE, b"\x0f\xa7bye"))
        page.read()
        self.assertEqual(page.code, 0xFA7)
        self.assertTrue(page.transport.disconnecting)
        page.disconnect()
        self.assertEqual(self.house.auctioneer.occupancy.away.keys(), {0})
        self.house.advance(CLOSE_TIMEOUT)

    def test_after_the_end(self) -> None:
        """The server goes on reading after its last word, so that the client's answer arrives, but
        does nothing, and not for long."""
        page = self.house.open_page("JOIN main", "QUIT")
        page.send(said("PING x") + frame(PING, b"") * 2)
        self.assertEqual(page.read_types("main"), ["ticket_is", "role_seller", "ask_request"])
        self.assertEqual(page.read_types(), ["goodbye"])
        self.assertEqual(page.pongs, [])
        self.assertTrue(page.transport.disconnecting)
        silent = self.house.open_page("QUIT")
        for _ in range(MAX_AFTER_END // 1000):
            silent.send(frame(TEXT, b"x" * 990))
        self.assertFalse(silent.transport.disconnected)
        silent.send(frame(TEXT, b"x" * 990))
        self.assertTrue(silent.transport.disconnected)

    def test_client_that_does_not_answer_the_closing(self) -> None:
        page = self.house.open_page("QUIT")
        self.house.advance(CLOSE_TIMEOUT)
        self.assertTrue(page.transport.disconnected)

    def test_pause(self) -> None:
        """Words over the rate wait; their order stays."""
        house = PageHouse(limits=Limits(line_rate=1))
        page = house.open_page()
        page.send(b"".join(said(f"PING {number}") for number in range(4)))
        told = []
        for _ in range(10):
            told.append([each["letter"][0]["text"] for each in page.read()])
            house.advance(1)
        self.assertEqual([text for texts in told for text in texts if text], ["0", "1", "2", "3"])
        self.assertGreater(len([texts for texts in told if texts]), 3)

    def test_flood(self) -> None:
        house = PageHouse(limits=Limits(line_rate=1))
        page = house.open_page()
        page.send(frame(PING, b"") * 200)
        self.assertEqual(page.transport.producerState, "paused")
        for _ in range(65):
            page.send(frame(PING, b"") * 200)
            house.advance(1)
        page.read()
        self.assertEqual(page.code, 4002)

    def test_reader_who_does_not_read(self) -> None:
        """It is cut off once more would have to wait than the limit."""
        page = self.house.open_page("JOIN main")
        page.pause_reading()
        for _ in range(3):
            page.say("PING " + "x" * 500)
        self.assertFalse(page.transport.disconnected)
        logged = logged_lines(self)
        for _ in range(65536 // 500):
            page.say("PING " + "x" * 500)
        self.assertTrue(page.transport.disconnected)
        self.assertEqual(len(logged), 1)
        self.assertIn("does not read", logged[0])
        self.assertLess(len(page.transport.value()), 70000)

    def test_failure(self) -> None:
        """A bug ends one connection, and is logged."""
        neighbour = self.house.open_page()
        page = self.house.open_page()
        works = LiveSession._read

        def fail(session: LiveSession, text: str) -> None:
            if "bug" in text:
                raise KeyError("bug")
            works(session, text)

        self.patch(LiveSession, "_read", fail)
        page.say("PING bug")
        self.assertTrue(page.transport.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        neighbour.say("PING x")
        self.assertEqual(neighbour.read_types(), ["pong"])

    def test_failure_of_the_beginning(self) -> None:
        self.patch(LiveSession, "begin", lambda session: 1 / 0)
        page = self.house.open_page()
        self.assertTrue(page.transport.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        page.disconnect()
        self.assertEqual(self.house.connections.count, 0)

    def test_nothing_is_left(self) -> None:
        """A socket that has ended is freed, with its timers and its counts."""
        gc.disable()
        self.addCleanup(gc.enable)
        page: MemoryPage | None = self.house.open_page("JOIN main", "WATCH art")
        assert page is not None
        (session,) = self.house.sockets.sessions
        freed = weakref.ref(session)
        page.disconnect()
        del session
        page = None
        self.assertIsNone(freed(), "only the garbage collector can free it")
        self.assertEqual(self.house.connections.count, 0)
        self.assertEqual(self.house.sockets.sessions, {})
        self.house.auctioneer.close()
        self.house.rooms["art"].close()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_first_segment(self) -> None:
        """No pass code is in the log when a failure of the socket is logged."""
        code = pass_code(17)
        logged = logged_lines(self)
        self.patch(LiveSession, "_read", lambda session, text: 1 / 0)
        page = self.house.open_page()
        page.say(f"PASS {code}")
        self.flushLoggedErrors(ZeroDivisionError)
        self.assertNotIn(code, "".join(logged))
