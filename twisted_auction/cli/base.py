"""The base of all commands: usage, error lines, exit statuses, the reactor."""

import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from twisted.copyright import version as twisted_version
from twisted.internet.defer import ensureDeferred
from twisted.python import usage
from twisted.python.failure import Failure

from twisted_auction import __version__
from twisted_auction.cli.output import OUTPUT, print_line, redirect_to_null
from twisted_auction.extensions import ExtensionError, load_formats
from twisted_auction.text import printable
from twisted_auction.twisted_internals import count_monotonically, ignore_reserved_descriptor

WRONG_USAGE = 2
"""Exit status after an error in the command line."""

STATUSES = "Exit status: 0 done, 1 not done, 2 wrong usage."


class Options(usage.Options):
    """Options with this package's version, and with the program's name in error lines."""

    @property
    def program(self) -> str:
        """The words that start this command, without options and arguments."""
        path = Path(sys.argv[0])
        return path.parent.name if path.stem == "__main__" else path.stem

    def complain(self, text: str) -> None:
        """Write one line to standard error."""
        try:
            print(f"{self.program}: {printable(text)}", file=sys.stderr, flush=True)
        except OSError:  # then the exit status alone tells the user
            redirect_to_null(sys.stderr)

    def opt_version(self) -> None:
        """Display the version and exit."""
        print_line(f"twisted-auction {__version__} on Twisted {twisted_version}")
        sys.exit(self.exit_status(0))

    def opt_help(self) -> None:
        """Display this help and exit."""
        print_line(str(self))
        sys.exit(self.exit_status(0))

    def exit_status(self, status: int) -> int:
        """Change the exit status if the command succeeded but its output could not be written.

        :param status: the exit status so far.
        :return: the exit status of the process. If the reader of a pipe has closed it: 141, as in
            a shell.
        """
        if OUTPUT.error is None or status:
            return status
        # A reader such as head has read enough, so there is nothing to report.
        if isinstance(OUTPUT.error, BrokenPipeError) and not self.is_output_required:
            return 128 + signal.SIGPIPE
        self.complain(f"standard output cannot be written: {OUTPUT.error.strerror}.")
        return 1

    is_output_required = False
    """True if a closed pipe is a failure, because the output is the only record."""


class Command(Options, ABC):
    """One command: its options and its work."""

    example: ClassVar[str]
    """Arguments of a sensible invocation, for the last line of ``--help``."""

    synopsis = "[options]"
    parent: "Command | None" = None

    @property
    def program(self) -> str:
        """The words that start this command, without options and arguments."""
        if self.parent is None:
            return super().program
        return f"{self.parent.program} {self.parent.subCommand}"

    def getSynopsis(self) -> str:
        """The first line of ``--help``."""
        return f"Usage: {self.program} {self.synopsis}".rstrip()

    def getUsage(self, width: int | None = None) -> str:
        """The text of ``--help`` below the first line: the options, and at the end the example."""
        text: str = super().getUsage(width)
        if hasattr(self, "subOptions"):  # then the text is that of a subcommand
            return text
        return f"{text}\nExample: {self.program} {self.example}".rstrip()

    async def suggest(self, reactor: Any, option: str | None, words: Sequence[str]) -> list[str]:
        """The words with which a person at a shell may go on, for its completion.

        :param option: the long name of the option whose value is wanted, or None for an argument.
        :param words: the arguments before it. The options before it have been parsed.
        """
        return []

    @abstractmethod
    def run(self, reactor: Any) -> int:
        """Do the work.

        :return: the exit status.
        :raises UsageError: if the options turn out to be impossible.
        """


class Complaint(Exception):
    """The command failed; the text is one line with the reason."""


class Report(Command):
    """A command with a report as its output, perhaps a long one."""

    @abstractmethod
    def report(self, reactor: Any) -> int:
        """Print the report.

        :return: the exit status.
        :raises Complaint: if there is no report.
        :raises UsageError: as :meth:`run`.
        """

    def run(self, reactor: Any) -> int:
        """Print the report, or as much of it as the reader of a pipe takes."""
        complaint = ""
        try:
            try:
                status = self.report(reactor)
            except Complaint as error:
                complaint, status = str(error), 1
            # Not at exit, where Python would print the error and end with status 120.
            sys.stdout.flush()
        except KeyboardInterrupt:
            # Ctrl-C, where no reactor runs.
            return 128 + signal.SIGINT
        except OSError as error:
            OUTPUT.record_failure(error)
            # exit_status() replaces this 0 by the status of the failed output.
            if not complaint:
                return 0
        if complaint:
            self.complain(complaint)
        return status


class Commands(Command):
    """A command with subcommands."""

    def run(self, reactor: Any) -> int:
        """Run the subcommand named by the user."""
        if self.subCommand is None:
            raise usage.UsageError("name a command")
        command: Command = self.subOptions
        return command.run(reactor)


def lazy_command(name: str) -> Callable[[], Command]:
    """Make a subcommand of :class:`Commands`. Its module is imported only when it is used.

    Most commands take longer to import than to run.

    :param name: the place of the command's class in this package: ``.module.Class``.
    """
    module, _, class_name = name.rpartition(".")

    def make() -> Command:
        command: Command = getattr(import_module(module, __package__), class_name)()
        return command

    return make


def refuse_options(words: Sequence[str], sign: str = "--") -> None:
    """Refuse options that come after the arguments, because they would count as arguments.

    :param sign: the beginning of an option. ``--`` lets an argument of any text begin with ``-``.
    :raises UsageError: if a word begins with the sign.
    """
    for word in words:
        if word.startswith(sign):
            raise usage.UsageError(f"options come before everything else, also {word}")


def execute(command: Command, reactor: Any) -> NoReturn:
    """Run a command with this process's arguments, and exit."""
    # First of all, while the reactor has no timers of ours.
    count_monotonically(reactor)
    ignore_reserved_descriptor()
    try:
        load_formats()
        command.parseOptions()
        status = command.run(reactor)
    except ExtensionError as error:
        command.complain(f"{error}.")
        sys.exit(1)
    except usage.UsageError as error:
        # The error line names the subcommand, whose --help has the options.
        used = _innermost(command)
        used.complain(f"{str(error).removesuffix('.')}. Try '{used.program} --help'.")
        sys.exit(WRONG_USAGE)
    sys.exit(_innermost(command).exit_status(status))


def _innermost(command: Any) -> Command:
    """The innermost subcommand named by the user; the command itself if there is none."""
    while hasattr(command, "subOptions"):
        command = command.subOptions
    used: Command = command
    return used


def ending_signals() -> list[signal.Signals]:
    """The signals that end a program in good order: SIGINT (Ctrl-C), SIGTERM, and SIGHUP (the
    terminal was closed), unless the system has no SIGHUP or ``nohup`` ignores it."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


def run_reactor(reactor: Any, task: Callable[[], Awaitable[int]]) -> int:
    """Run the reactor until a task has ended.

    :param task: returns the exit status.
    :return: that status, or as in a shell 130 after Ctrl-C, 143 after SIGTERM, and 129 after the
        terminal was closed.
    """
    statuses: list[int] = []

    def finish(status: int) -> None:
        # The first end counts. A signal may arrive after the task has ended, or the task may end
        # after a signal.
        if not statuses:
            statuses.append(status)
            reactor.stop()

    def fail(failure: Failure) -> None:
        failure.printTraceback(sys.stderr)  # a bug: each expected failure has a line of its own
        finish(1)

    async def work() -> None:
        finish(await task())

    def start() -> None:
        OUTPUT.stop = lambda: finish(0)  # Options.exit_status replaces it
        # Here, and not before run(): the reactor would replace these handlers by its own.
        for number in ending_signals():
            signal.signal(number, lambda number, _: reactor.callFromThread(finish, 128 + number))
        ensureDeferred(work()).addErrback(fail)

    reactor.callWhenRunning(start)
    reactor.run()
    return statuses[0]
