from shlex import split
from textwrap import wrap

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.support import CommandTestCase
from twisted_auction.cli.control import Control
from twisted_auction.wire.orders import ORDERS


class UsageTests(SynchronousTestCase):
    def parsed(self, *argv: str) -> Control:
        command = Control()
        command.parseOptions(list(argv))
        return command

    def test_orders(self) -> None:
        """The line for each command line. A room is named by the option alone, or after close."""
        for argv, order in [
            (["status"], "status"),
            (["Status"], "status"),
            (["close"], "close"),
            (["close", "hall"], "close room=hall"),
            (["--room", "hall", "close"], "close room=hall"),
            (["cancel", "hall", "is", "on fire."], "cancel hall is on fire."),
            (["cancel There is a fire."], "cancel There is a fire."),
            (["-r", "hall", "cancel", "Fire."], "cancel room=hall Fire."),
        ]:
            self.assertEqual(self.parsed(*argv)["order"], order)

    def test_wrong(self) -> None:
        """No server is needed to say so."""
        choice = "say one of these orders: " + ", ".join(order.name for order in ORDERS)
        all_rooms = "status is about all rooms and takes no words"
        why = "say why, in printable characters: cancel REASON"
        names = "a room's name is 1 to 32 letters, digits, hyphens and underscores, not "
        for argv, complaint in [
            ([], choice),
            ([""], choice),
            (["halt"], choice),
            (["halt", "cancel", "Fire."], choice),
            (["status", "hall"], all_rooms),
            (["--room", "hall", "status"], "status is about all rooms"),
            (["--room", "hall", "close", "now"], "close takes no reason"),
            (["close", "hall", "now"], "close takes no reason"),
            (["close", "the:hall"], names + "'the:hall'"),
            (["--room", "the hall", "close"], names + "'the hall'"),
            (["cancel"], why),
            (["--room", "hall", "cancel"], why),
            (["cancel", "\x1b"], why),
            (["cancel", "x" * 506], "an order is printable text of at most 512 bytes"),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                self.parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)


class WrongUseTests(CommandTestCase):
    def test_one_line(self) -> None:
        names = ", ".join(order.name for order in ORDERS)
        ask_for_help = ". Try 'auction control --help'."
        for arguments, complaint in [
            ([], f"say one of these orders: {names}{ask_for_help}"),
            (
                ["--at", "nowhere", "status"],
                "cannot connect to 'nowhere': give an endpoint string such as "
                f"unix:auction.control{ask_for_help}",
            ),
            (
                ["cancel", "Fire.", "--at", "unix:control"],
                f"options come before everything else, also --at{ask_for_help}",
            ),
            (
                ["cancel \x1b"],
                f"say why, in printable characters: cancel REASON{ask_for_help}",
            ),
        ]:
            self.assertEqual(
                self.auction("control", *arguments), (2, [], f"auction control: {complaint}\n")
            )

    def test_help(self) -> None:
        """Each order has its words, its effect and an example, which is a valid command line."""
        status, lines, _ = self.auction("control", "--help")
        self.assertEqual(status, 0)
        text = "\n".join(lines)
        for order in ORDERS:
            effect = wrap(order.help, 72, initial_indent=" " * 8, subsequent_indent=" " * 8)
            words = f"    {order.name} {order.argument}".rstrip()
            example = f"        auction control {order.example}"
            self.assertIn("\n".join([words, *effect, example, ""]), text)
            command = Control()
            command.parseOptions(split(order.example))
            self.assertTrue(command["order"].startswith(order.name))
