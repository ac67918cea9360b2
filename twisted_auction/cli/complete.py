"""``auction complete``: the completion of a shell."""

import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Command, run_reactor
from twisted_auction.cli.output import print_line

SETUP = "complete -o default -C 'auction complete' auction"
"""The line that makes bash, or zsh after ``bashcompinit``, complete the words of ``auction``."""


class Complete(Command):
    """Prints the words with which a command line may go on.

    The programmable completion of bash gives the line and the place of the cursor in its
    environment, and zsh does the same after ``bashcompinit``. Twisted's own completion is for zsh
    alone, knows one level of subcommands, and cannot ask a server for the names of its rooms.
    """

    synopsis = "[NAME WORD LAST]"
    example = ""
    longdesc = (
        f"A shell calls this after: {SETUP} (in zsh, first: autoload -U bashcompinit; "
        "bashcompinit). It then completes commands, options, orders, and the names of rooms, for "
        f"which it asks the server. {STATUSES}"
    )

    def parseArgs(self, *words: str) -> None:
        """Ignore the words that the shell adds: the whole line is in the environment."""

    def run(self, reactor: Any) -> int:
        """Print the words."""
        line, point = os.environ.get("COMP_LINE"), os.environ.get("COMP_POINT", "")
        if line is None or not point.isdecimal():
            raise usage.UsageError(f"a shell calls this, after: {SETUP}")
        line = os.fsencode(line)[: int(point)].decode("utf-8", "replace")
        words = _split(line)
        root = self.parent
        assert root is not None

        async def complete() -> int:
            with suppress(usage.UsageError):  # a line that is wrong already goes on with nothing
                for word in await _suggestions(type(root)(), reactor, words[1:] or [""]):
                    print_line(word)
            return 0

        return run_reactor(reactor, complete)


def _split(line: str) -> list[str]:
    """The words of a line up to the cursor. The last one is empty after a blank."""
    try:
        words = shlex.split(line)
    except ValueError:  # within quotes
        words = line.split()
    return words if words and not line[-1].isspace() else [*words, ""]


async def _suggestions(command: Command, reactor: Any, words: Sequence[str]) -> list[str]:
    """The words that may stand in place of the last one, which they continue."""
    *before, last = words
    option: str | None = None
    arguments: list[str] = []
    for word in before:
        if option is not None:
            command[option] = word
            option = None
        elif word.startswith("-") and not arguments:
            option = _option_with_value(command, word)
        else:
            inner = _subcommand(command, word)
            if inner is None:
                arguments.append(word)
            else:
                command = inner
    if last.startswith("--") and "=" in last and option is None:
        name, _, last = last.partition("=")
        option = _option_with_value(command, name)
    if option is None and not arguments and last.startswith("-"):
        suggested = [f"--{name.removesuffix('=')}" for name in command.longOpt]
    elif option is None and hasattr(command, "subCommands"):
        suggested = [name for name, *_ in command.subCommands]
    else:
        suggested = await command.suggest(reactor, option, arguments)
    return sorted(word for word in suggested if word.startswith(last))


def _option_with_value(command: Command, word: str) -> str | None:
    """The long name of an option whose value is the next word; None if there is no such value."""
    name = command.synonyms.get(word.lstrip("-"))
    return name if name is not None and f"{name}=" in command.longOpt else None


def _subcommand(command: Command, word: str) -> Command | None:
    for name, _, make, _ in getattr(command, "subCommands", ()):
        if name == word:
            inner: Command = make()
            inner.parent = command
            return inner
    return None
