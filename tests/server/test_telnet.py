"""The bytes that terminals send around lines."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.control import ControlFactory
from twisted_auction.server.protocol import STRAY_BYTES_PER_LINE
from twisted_auction.server.telnet import MAX_SUBNEGOTIATION, Telnet
from twisted_auction.server.throttle import MAX_THROTTLED_SECONDS
from twisted_auction.testing import MemoryHouse

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
RECEIVED = ["Auction request received: 2 100 3 Sword"]

PLINK = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03")
"""PuTTY's first bytes: WILL window size, speed, terminal type, environment, …"""

NAWS = bytes.fromhex("fffa1f 0050 0018 fff0")
"""A window size with a NUL."""

CTRL_C = bytes.fromhex("fff4 fffd06")
"""IAC IP, IAC DO TIMING-MARK."""

NOP = b"\xff\xf1"


def filtered(*pieces: bytes) -> tuple[bytes, bytes]:
    """The output for a stream in these pieces, and the answers."""
    telnet = Telnet()
    text = replies = b""
    for piece in pieces:
        text += telnet.feed(piece)
        replies += telnet.take_replies()
    return text, replies


COMMAND = re.compile(
    rb"\xff(?:\xff|[\xfb-\xfe].|\xfa(?:[^\xff]|\xff[^\xf0])*\xff\xf0|[\xec-\xfa])", re.DOTALL
)
STRAY_NUL = re.compile(rb"(?<!\r)\x00")
LINE_END = re.compile(rb"\r\n|\r\x00|\n\r(?![\n\x00])|\r|\n")


def reference(stream: bytes) -> bytes:
    """The same output by regular expressions, for a stream of complete commands."""
    text = COMMAND.sub(lambda match: b"\xff" if match[0] == b"\xff\xff" else b"", stream)
    return LINE_END.sub(b"\n", STRAY_NUL.sub(b"", text))


class TelnetTests(SynchronousTestCase):
    def test_table(self) -> None:
        for stream, text in [
            (b"150\n", b"150\n"),
            (b"150\r\n", b"150\n"),
            (b"150\r\x00", b"150\n"),
            (b"150\r", b"150\n"),
            (b"150\n\r", b"150\n"),
            (b"150\n\r160\n\r", b"150\n160\n"),
            (b"150\r\n\r\n", b"150\n\n"),
            (b"150\n\n", b"150\n\n"),
            (b"150\r\r", b"150\n\n"),
            (b"150\n\r\n", b"150\n\n"),
            (b"150\n\r\x00", b"150\n\n"),
            (b"150\n\r\r", b"150\n\n"),
            (b"150\r\x00\n", b"150\n\n"),
            (b"\x001\x0050\x00\n\x00", b"150\n"),
            (NOP + b"1" + NOP + b"50\r" + NOP + b"\n" + NOP, b"150\n"),
            (PLINK + b"150\r\n", b"150\n"),
            (NAWS + b"150\r\n" + NAWS, b"150\n"),
            (CTRL_C + b"150\r\n", b"150\n"),
            (b"\xff\xfa\x18\x00\xff\xff\xf0\n\xff\xf0150\n", b"150\n"),
            (b"\xff\xfb\n150\n", b"150\n"),  # the number of an option, though it is 10
            (b"\xff\xff150\n", b"\xff150\n"),
            (b"S\xffw\n", b"S\xffw\n"),  # no command, and no UTF-8 either
            (b"S\xff\nw\xff\x00\r", b"S\xff\nw\xff\n"),
            (b"\xff\xf5\xff\xf0\xff\xec\xff\xf9150\n", b"150\n"),
            (b"Gebot \xc3\xbf\n", b"Gebot \xc3\xbf\n"),
        ]:
            self.assertEqual(filtered(stream)[0], text, stream)
            singly = [stream[place : place + 1] for place in range(len(stream))]
            self.assertEqual(filtered(*singly)[0], text, stream)

    def test_replies(self) -> None:
        """Only a DO is answered, so two servers cannot answer each other for ever."""
        for stream, replies in [
            (PLINK, "fffc01 fffc03"),
            (CTRL_C, "fffc06"),
            (bytes.fromhex("fffb01 fffc01 fffe01 fff6"), ""),
            (b"\xff\xfd\xff", "fffcff"),
        ]:
            self.assertEqual(filtered(stream)[1], bytes.fromhex(replies))

    def test_longest_subnegotiation(self) -> None:
        for end, is_broken in [(b"\xff\xf0", False), (b"x\xff\xf0", True)]:
            telnet = Telnet()
            content = b"x" * (MAX_SUBNEGOTIATION - 2) + end
            text = telnet.feed(b"one\n\xff\xfa" + content + b"two\n")
            self.assertEqual(telnet.is_broken, is_broken)
            self.assertEqual(text, b"one\n" if is_broken else b"one\ntwo\n")
            self.assertEqual(telnet.feed(b"three\n"), b"" if is_broken else b"three\n")

    @given(
        st.lists(
            st.sampled_from(
                [
                    *(b"\r", b"\n", b"\x00", b"1", b"50", b"\xc3\xbf", NOP, NAWS, b"\xff\xfd\x06"),
                    *(b"\xff\xff", b"\xff\xfb\r", b"\xff\xfa\n\xff\xff\xff\xf0", b"\xff\xfe\xff"),
                ]
            ),
            max_size=12,
        ),
        st.data(),
    )
    @example([b"\n", b"\r", b"\n", b"\r"], None)
    def test_any_chunks(self, parts: list[bytes], data: st.DataObject | None) -> None:
        """The output is the same for all pieces of the stream, and follows from the rules."""
        stream = b"".join(parts)
        whole = range(1, len(stream))
        cuts = sorted(
            whole if data is None else data.draw(st.sets(st.integers(1, len(stream) + 1)))
        )
        pieces = [
            stream[start:end]
            for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
            if stream[start:end]
        ]
        text, _ = filtered(*pieces)
        self.assertEqual(text, reference(stream))
        self.assertEqual(filtered(stream)[0] if stream else b"", text)

    @given(st.lists(st.binary(min_size=1), max_size=6))
    def test_any_bytes(self, pieces: list[bytes]) -> None:
        """The output of a broken stream does not depend on its pieces, either."""
        stream = b"".join(pieces)
        singly = [stream[place : place + 1] for place in range(len(stream))]
        self.assertEqual(filtered(*pieces), filtered(*singly))


class TalkTests(SynchronousTestCase):
    """In a room, in the lobby and at the control port."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_whole_talk(self) -> None:
        """With PuTTY, and a person who corrects a line."""
        seller = self.house.connect()
        seller.send(PLINK)
        self.assertEqual(seller.transport.value()[-6:], bytes.fromhex("fffc01 fffc03"))
        seller.transport.clear()
        seller.send(NAWS + b"2 100 3 Kni" + CTRL_C)
        self.assertEqual(seller.transport.value(), bytes.fromhex("fffc06"))
        seller.transport.clear()
        seller.send(b"fe\r\x00" + b"2 100 3 Sword\r\x00")
        reason = "item_name must be printable"
        self.assertNotIn(reason, "".join(lines := seller.read_lines()))
        self.assertEqual(lines[0], "Auction request received: 2 100 3 Knife")

    def test_no_clock(self) -> None:
        """Bytes between lines begin no line, so a keepalive causes no timeout."""
        for stray in (NOP, b"\x00", b"\xff", b"\xff\xfb", b"\xff\xfa\x1f", CTRL_C):
            house = MemoryHouse()
            seller = house.connect()
            for line_end in (b"no\r\n", b"no\n\r", b"no\r\x00", b"no\r", b"no\r\x00\x00"):
                seller.send(line_end)
            seller.send(stray)
            house.advance(100)
            self.assertFalse(seller.is_closed, stray)
            self.assertFalse(seller.protocol.is_within_line)
            seller.disconnect()
            self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_late_end(self) -> None:
        """The LF after a CR is no empty line, even if it comes late."""
        seller = self.house.connect()
        seller.send(b"2 100 3 Sword\r")
        self.assertEqual(seller.read_lines(), [*SELLER, *RECEIVED])
        seller.send(b"\n")
        seller.send(NOP)
        self.assertEqual(seller.read_lines(), [])
        self.assertFalse(seller.protocol.is_within_line)

    def test_within_a_line(self) -> None:
        """Commands within a line do not extend its timeout."""
        seller = self.house.connect()
        seller.send(b"2 100")
        for _ in range(6):
            self.house.advance(5)
            seller.send(NOP)
        self.assertEqual(
            seller.read_lines()[-1], "Time is up! Your line did not end within 30 seconds."
        )

    def test_longest_line(self) -> None:
        """Neither the line end nor commands count towards the length."""
        for end in (b"\n", b"\r\n", b"\r\x00", b"\r"):
            for cut in (0, 100, 512, 513):
                seller = MemoryHouse().connect()
                line = b"2 100 3" + b" " * 500 + NOP + b"Sword" + end
                for piece in (line[:cut], line[cut:]):
                    if piece:
                        seller.send(piece)
                received = f"Auction request received: 2 100 3{' ' * 500}Sword"
                self.assertEqual(seller.read_lines(), [*SELLER, received])

    def test_subnegotiation_too_long(self) -> None:
        seller, (buyer,) = self.house.open_auction("2 100 3 Sword", 1)
        seller.send(b"\xff\xfa\x18" + b"x" * 600)
        self.assertEqual(seller.read_lines(), ["Line too long."])
        self.assertTrue(seller.is_closed)
        self.assertEqual(buyer.read_lines(), ["Auction cancelled! The Seller has left."])

    def test_flood(self) -> None:
        """Bytes outside lines cost as much as lines: the connection is paused, and closed in the
        end."""
        rate = self.house.connections.limits.line_rate
        for stray in (NOP, b"\x00", b"\xff\xfd\x06", b"\xff\xfa\x18\xff\xf0", b"\n\r\x00"):
            self.house = MemoryHouse()
            flooder = self.house.connect()
            heard = 0
            for _ in range(int(MAX_THROTTLED_SECONDS) * 100 + 500):
                if flooder.transport.producerState == "producing" and not flooder.is_closed:
                    flooder.send(stray * 30)
                    heard += 30 * len(stray)
                self.house.advance(0.01)
            self.assertTrue(flooder.is_closed, stray)
            most = (MAX_THROTTLED_SECONDS + 15) * rate * STRAY_BYTES_PER_LINE
            self.assertLess(heard, most, stray)
            self.assertTrue(flooder.transport.value().endswith(b"Too many lines.\r\n"))

    def test_terminal_is_free(self) -> None:
        """The first bytes of a terminal, and a NOP each second, cause no pause."""
        seller = self.house.connect()
        seller.send(PLINK + NAWS)
        for _ in range(20):
            self.house.advance(1)
            seller.send(NOP)
        self.assertEqual(seller.transport.producerState, "producing")

    def test_lobby(self) -> None:
        visitor = self.house.connect_to_lobby()
        visitor.send(PLINK + b"PING x\r\x00" + NOP + b"PING y\n\r" + CTRL_C)
        heard = visitor.transport.value()
        self.assertEqual(heard, b"Pong: x\r\nPong: y\r\n" + bytes.fromhex("fffc01fffc03fffc06"))
        self.house.advance(40)
        visitor.send(NOP)
        self.house.advance(20)
        self.assertIn(b"Time is up! You said nothing for 60 seconds.", visitor.transport.value())

    def test_control(self) -> None:
        operator, transport = (
            ControlFactory(self.house.rooms, self.house.connections).buildProtocol(None),
            StringTransport(),
        )
        operator.makeConnection(transport)
        operator.dataReceived(PLINK + b"status\r\x00" + NOP + b"sta")
        operator.dataReceived(b"tus\n\r")
        status = b"Done: main: waiting for the Seller\r\n"
        self.assertEqual(transport.value(), status + bytes.fromhex("fffc01fffc03") + status)
        transport.clear()
        operator.dataReceived(b"\xff\xfa" + b"x" * 600)
        operator.dataReceived(b"x" * 600)
        self.assertEqual(transport.value(), b"Line too long.\r\n")
        self.assertTrue(transport.disconnecting)
