import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import JSON_ALONE, LINES, messages_of
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE, parse, render
from twisted_auction.wire.verbs import ROOM_NAME


class WireTests(SynchronousTestCase):
    def test_every_line(self) -> None:
        for message, line in LINES:
            self.assertEqual(str(message), line)
            self.assertEqual(render(message), f"{line}\r\n".encode())
            self.assertEqual(parse(line.encode()), message)

    def test_no_line_is_forgotten(self) -> None:
        examples = [*JSON_ALONE, *(message for message, _ in LINES)]
        self.assertEqual({type(message) for message in examples}, set(messages.MESSAGES))

    def test_in_json_alone(self) -> None:
        """Lines leave such a message out, and an empty line is none."""
        for message in JSON_ALONE:
            self.assertEqual(render(message), b"")
            self.assertEqual(
                render(messages.BiddingStart(), message, messages.AskBid()),
                b"Bidding start!\r\nPlease submit your bid:\r\n",
            )
        self.assertRaises(ValueError, parse, b"")
        self.assertRaises(ValueError, parse, b"\r")

    def test_messages_stay_as_they_are(self) -> None:
        message = messages.YouAre(3)
        self.assertRaises(AttributeError, setattr, message, "buyer", 4)
        self.assertFalse(hasattr(message, "__dict__"))

    def test_values(self) -> None:
        """A message is a value: equal to another of its class with the same fields, and with no
        other."""
        message = messages.Asking(5, 30)
        self.assertEqual(message, messages.Asking(seconds=30, asking_price=5))
        self.assertEqual(message, messages.Asking(5, seconds=30))
        self.assertEqual(hash(message), hash(messages.Asking(5, 30)))
        self.assertEqual(repr(message), "Asking(asking_price=5, seconds=30)")
        for other in (messages.Asking(5, 31), messages.Asking(6, 30), messages.AskBid(), (5, 30)):
            self.assertNotEqual(message, other)
        self.assertNotEqual(messages.AskBid(), messages.AskRequest())
        self.assertRaises(AttributeError, delattr, message, "seconds")
        match message:
            case messages.Asking(price, seconds):
                self.assertEqual((price, seconds), (5, 30))

    def test_wrong_fields(self) -> None:
        asking: Callable[..., messages.Message] = messages.Asking
        for values, named in [
            ((5,), {}),
            ((5, 30, 1), {}),
            ((5, 30), {"seconds": 30}),
            ((5,), {"asking_price": 5}),
            ((5,), {"minutes": 30}),
            ((), {"seconds": 30}),
        ]:
            self.assertRaises(TypeError, asking, *values, **named)

    def test_pass_codes_are_not_shown(self) -> None:
        shown = repr(messages.PassCodeIs(17, "Ada", "1234-5678-9ABC"))
        self.assertEqual(shown, "PassCodeIs(paddle=17, name='Ada')")

    def test_limits(self) -> None:
        self.assertEqual((DELIMITER, MAX_LINE), (b"\n", 512))

    def test_room_names(self) -> None:
        for name in ["a", "Z", "0", "Room_2-b", "x" * 32]:
            self.assertIsNotNone(ROOM_NAME.fullmatch(name), name)
        for name in ["", "a b", "a.b", "a\n", "é", "٥", "x" * 33]:
            self.assertIsNone(ROOM_NAME.fullmatch(name), name)

    def test_every_line_is_documented(self) -> None:
        page = Path(__file__).parents[2] / "docs" / "protocol.rst"
        text = re.sub(r"\s+", " ", page.read_text().replace("`", ""))
        for cls in {type(message) for message, _ in LINES}:
            words = re.escape(cls.line).replace("<", "(?:").replace(">", ")?")
            words = re.sub(r"\\ \\\{\w+\\\}$", "", words)  # a text at the end may be empty
            words = re.sub(r"\\\{\w+\\\}", ".{1,60}?", words).replace("seconds", "seconds?")
            self.assertRegex(text, words, cls)

    @given(st.sampled_from([type(message) for message, _ in LINES]).flatmap(messages_of))
    def test_round_trip(self, message: messages.Message) -> None:
        rendered = render(message)
        self.assertTrue(rendered.endswith(b"\r\n"))
        self.assertEqual(parse(rendered.removesuffix(b"\n")), message)

    def test_cannot_be_coded(self) -> None:
        """Such a message cannot be made, so the coding of a letter never fails."""
        for make in (
            lambda: messages.OnSale("half a pair: \ud800"),
            lambda: messages.Asking("\ud800", 5),  # type: ignore[arg-type]
            lambda: messages.Asking(1.5, 5),  # type: ignore[arg-type]
            lambda: messages.OnSale(None),  # type: ignore[arg-type]
        ):
            self.assertRaises((TypeError, ValueError), make)

    def test_deceptive_item(self) -> None:
        """An item name with the words of a message is not taken for that message."""
        for message in [
            messages.SoldFor("Sword has been sold for $5", 150),
            messages.YouWon("Sword! Your payment due is $5", 150),
            messages.NotSold("x was not sold in the auction."),
            messages.SoldFor("{item_name} {0} %s", 1),
        ]:
            self.assertEqual(parse(render(message).strip()), message)

    def test_one_second(self) -> None:
        """One second is singular in every message with seconds; other texts are unchanged."""
        counting = [cls for cls in messages.MESSAGES if "{seconds} seconds" in cls.line]
        self.assertEqual(len(counting), 6)
        for cls in counting:
            build: Callable[..., messages.Message] = cls
            for seconds, words in [(0, "0 seconds"), (1, "1 second"), (21, "21 seconds")]:
                line = cls.line.replace("{seconds} seconds", words)
                self.assertEqual(str(build(seconds)), line)
                self.assertEqual(parse(line.encode()), build(seconds))
        self.assertEqual(str(messages.Asking(5, 1)), "Asking price: $5. Seconds left: 1.")
        self.assertEqual(str(messages.OnSale("1 seconds")), "On sale: 1 seconds")

    def test_several(self) -> None:
        self.assertEqual(
            render(messages.AuctionFinished(), messages.SoldFor("Schwert №5", 7)),
            "Auction finished!\r\nSuccess! Your item Schwert №5 has been sold for $7\r\n".encode(),
        )

    def test_foreign_lines(self) -> None:
        for line in [b"", b"Hello", b"Server busy! ", b"server busy!", b"Time is up!", b"\xff\xfe"]:
            self.assertRaises(ValueError, parse, line)
        with self.assertRaises(ValueError) as caught:
            parse("Grüß dich\x1b\r".encode())
        self.assertEqual(str(caught.exception), "not a line of the Auctioneer's: 'Grüß dich\\x1b'")

    def test_new_line(self) -> None:
        """A new message is parsed by its wording."""

        @messages.message("[{number}] {first}+{second} (more): {last}")
        class Novelty(messages.Message):
            number: int
            first: str
            second: str
            last: str

        self.addCleanup(messages.MESSAGES.remove, Novelty)
        for line, message in [
            (b"[7] a+b (more): c", Novelty(7, "a", "b", "c")),
            (b"[7] + (more): c: d", Novelty(7, "", "", "c: d")),
            (b"[7] a+b (more):", Novelty(7, "a", "b", "")),
            (b"[" + b"9" * 19 + b"] a+b+c (more): d", Novelty(10**19 - 1, "a", "b+c", "d")),
        ]:
            self.assertEqual(parse(line), message)
            self.assertEqual(str(message).encode(), line)
        for line in [
            b"[1" + b"0" * 19 + b"] a+b (more): c",
            b"[] a+b (more): c",
            b"[-7] a+b (more): c",
            b"[seven] a+b (more): c",
            b"[7] ab (more): c",
            b"[7] a+b more: c",
            b"[7] a+b (more):c",
        ]:
            self.assertRaises(ValueError, parse, line)

    @given(st.binary(max_size=80))
    def test_any_bytes(self, line: bytes) -> None:
        """A parsed line renders to the same line."""
        try:
            message = parse(line)
        except ValueError:
            return
        self.assertEqual(str(message).encode(), line.removesuffix(b"\r").rstrip())
