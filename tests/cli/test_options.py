"""The common properties of all subcommands: an example in the help, and options of one name."""

import contextlib
import shlex
import shutil
import sys
from collections.abc import Iterator
from io import StringIO

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.support import CommandTestCase
from twisted_auction import tap
from twisted_auction.auc_server import Server
from twisted_auction.cli.base import Command
from twisted_auction.cli.join import Join
from twisted_auction.cli.main import Auction


def commands(command: Command, *words: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    """A command and all commands below it, with their words."""
    yield words, command
    for name, _, make, _ in getattr(command, "subCommands", ()):
        below = make()
        below.parent = command
        yield from commands(below, *words, name)


def letters(options: usage.Options) -> dict[str, str | None]:
    """The letter, or None, of each option with a value."""
    found: dict[str, str | None] = {
        name.removesuffix("="): None for name in options.longOpt if name.endswith("=")
    }
    for letter, name in options.synonyms.items():
        if len(letter) == 1 and name in found:
            found[name] = letter
    return found


def wordings(options: usage.Options) -> dict[str, str]:
    """The words about each option in the help."""
    return {name.removesuffix("="): text for name, text in options.docs.items()}


DIFFERENT = {
    "at": "a server's address, or that of its control endpoint",
    "buyers": "the number that bidding waits for, or that of each auction of an experiment",
    "format": "the type of auction, or the form of a report",
    "ledger": "the file that a server writes, or that a command reads",
    "lots": "the lots of an experiment, those of a class, or those that a person may win",
    "max": "the limit of a robot's bids, or of all amounts in a proof",
    "paddles": "the new people, or those whom an order is about",
    "people": "whom a server lets in, or whose names a report has",
    "plot": "a picture of an experiment, or of a class",
    "room": "where to take part, the room of an order, of an auction or of a port",
    "seed": "what repeats an experiment, or valuations drawn for a class",
    "title": "a heading of cards, or of bills",
    "valuations": "the law of an experiment, or the source of a class's valuations",
    "web": "where a server has its page, or the page for a first look",
}
"""Options with several meanings, and so several wordings."""


class ExampleTests(CommandTestCase):
    def setUp(self) -> None:
        self.patch(shutil, "which", lambda program: program)  # whatever a machine has
        self.all = dict(commands(Auction()))

    def test_every_command(self) -> None:
        self.assertGreaterEqual(len(self.all), 20)
        for words in self.all:
            status, lines, errors = self.auction(*words, "--help")
            self.assertEqual((status, errors), (0, ""))
            examples = [line for line in lines if line.startswith("Example: ")]
            self.assertEqual(len(examples), 1, words)
            self.assertEqual(lines[-1:], examples)
            start = " ".join(["Example: auction", *words])
            self.assertTrue(f"{examples[0]} ".startswith(f"{start} "), examples)

    def test_examples_can_be_used(self) -> None:
        for words, command in self.all.items():
            Auction().parseOptions([*words, *shlex.split(command.example)])

    def test_programs_of_the_assignment(self) -> None:
        for command, program in ((Join(), "auc_client"), (Server(), "auc_server")):
            self.patch(sys, "argv", [program])
            told = StringIO()
            with contextlib.redirect_stdout(told):
                self.assertRaises(SystemExit, command.parseOptions, ["--help"])
            last = told.getvalue().splitlines()[-1]
            self.assertEqual(last, f"Example: {program} {command.example}")
            command.parseOptions(shlex.split(command.example))


class OneNameTests(SynchronousTestCase):
    def test_one_letter_for_each_name(self) -> None:
        """An option has the same letter, or none, in all commands."""
        found: dict[str, set[str | None]] = {}
        programs = [command for _, command in commands(Auction())]
        for options in (*programs, Join(), Server(), tap.Options()):
            for name, letter in letters(options).items():
                found.setdefault(name, set()).add(letter)
        self.assertEqual({name for name, used in found.items() if len(used) > 1}, set())
        for name in ("at", "room", "lowest-price", "buyers", "format", "ledger"):
            self.assertIn(name, found)

    def test_one_wording_for_each_meaning(self) -> None:
        """An option has the same words in the help of all commands."""
        found: dict[str, set[str]] = {}
        programs = [command for _, command in commands(Auction())]
        for options in (*programs, Join(), Server(), tap.Options()):
            for name, text in wordings(options).items():
                found.setdefault(name, set()).add(text)
        self.assertEqual({name for name, texts in found.items() if len(texts) > 1}, {*DIFFERENT})
        for name in ("no-newline", "lowest-price", "yes", "plot", "reveal", "seconds"):
            self.assertIn(name, found)

    def test_help_has_no_gaps(self) -> None:
        """The help shows no indentation of the source."""
        programs = [command for _, command in commands(Auction())]
        for options in (*programs, Join(), Server(), tap.Options()):
            for name, text in wordings(options).items():
                self.assertEqual(text, " ".join(text.split()), name)

    def test_commands_that_connect(self) -> None:
        """Each takes the server's address with --at."""
        connecting = {
            " ".join(words) for words, command in commands(Auction()) if "at" in letters(command)
        }
        self.assertEqual(connecting, {"join", "sell", "bid", "watch", "control", "check server"})

    def test_commands_that_read_a_ledger(self) -> None:
        """Each takes the file as an argument and with --ledger."""
        reading = {
            " ".join(words)
            for words, command in commands(Auction())
            if "ledger" in letters(command)
        }
        below = {
            f"ledger {name}"
            for name in ("list", "show", "export", "settle", "verify", "copy", "archive")
        }
        self.assertEqual(reading, {"ledger", "lab replay"} | below)
