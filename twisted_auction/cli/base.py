"""What the project's commands have in common: usage, complaints, exit statuses and tables."""

import os
import signal
import sys
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TextIO

from twisted.copyright import version as twisted_version
from twisted.internet.defer import ensureDeferred
from twisted.internet.error import ReactorNotRunning
from twisted.python import usage
from twisted.python.failure import Failure

from twisted_auction import __version__
from twisted_auction.extensions import ExtensionError, load_formats
from twisted_auction.text import printable

WRONG_USAGE = 2

STATUSES = "Exit status: 0 done, 1 not done, 2 wrong usage."


class Options(usage.Options):
    """Options that know whose version to tell."""

    @property
    def program(self) -> str:
        """What a person types to start it, without options and arguments."""
        path = Path(sys.argv[0])
        return path.parent.name if path.stem == "__main__" else path.stem

    def complain(self, text: str) -> None:
        """Write the one line that tells what went wrong."""
        try:
            print(f"{self.program}: {printable(text)}", file=sys.stderr, flush=True)
        except OSError:  # then the exit status alone tells it
            discard(sys.stderr)

    def opt_version(self) -> None:
        """Display the version and exit."""
        print_line(f"twisted-auction {__version__} on Twisted {twisted_version}")
        sys.exit(self.verdict(0))

    def opt_help(self) -> None:
        """Display this help and exit."""
        print_line(str(self))
        sys.exit(self.verdict(0))

    def verdict(self, status: int) -> int:
        """Complain where all has gone well but standard output could not be written.

        :param status: the exit status so far.
        :return: the exit status: as in a shell 141 where the reader of a pipe has read enough.
        """
        if OUTPUT.error is None or status:
            return status
        if isinstance(OUTPUT.error, BrokenPipeError) and not self.must_be_read:
            return 128 + signal.SIGPIPE
        self.complain(f"standard output cannot be written: {OUTPUT.error.strerror}.")
        return 1

    must_be_read = False
    """Whether a closed pipe is a failure, because what is printed is the only record."""


class Command(Options, ABC):
    """A command line, and what it does."""

    example: ClassVar[str]
    """Arguments of an invocation that makes sense, for the last line of ``--help``."""

    synopsis = "[options]"
    parent: "Command | None" = None

    @property
    def program(self) -> str:
        """What a person types to start it, without options and arguments."""
        if self.parent is None:
            return super().program
        return f"{self.parent.program} {self.parent.subCommand}"

    def getSynopsis(self) -> str:
        """The first line of ``--help``."""
        return f"Usage: {self.program} {self.synopsis}"

    def getUsage(self, width: int | None = None) -> str:
        """What ``--help`` says below the first line: the options, and at the end the example."""
        text: str = super().getUsage(width)
        if hasattr(self, "subOptions"):  # whose usage that is
            return text
        return f"{text}\nExample: {self.program} {self.example}".rstrip()

    @abstractmethod
    def run(self, reactor: Any) -> int:
        """Do it, and give the exit status.

        :raises UsageError: where the options turn out to be impossible.
        """


class Complaint(Exception):
    """What a person asked for did not work; the text is the one line that tells why."""


class Report(Command):
    """A command that prints what it finds out, which may be much."""

    @abstractmethod
    def report(self, reactor: Any) -> int:
        """Print it.

        :return: the exit status.
        :raises Complaint: where that is not possible.
        :raises UsageError: as :meth:`run`.
        """

    def run(self, reactor: Any) -> int:
        """Print it to its end, or for as long as anybody reads it."""
        complaint = ""
        try:
            try:
                status = self.report(reactor)
            except Complaint as error:
                complaint, status = str(error), 1
            sys.stdout.flush()
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except OSError as error:
            OUTPUT.lose(error)
            if not complaint:
                return 0
        if complaint:
            self.complain(complaint)
        return status


class Commands(Command):
    """Several commands under one name."""

    def run(self, reactor: Any) -> int:
        """Do what the one that was named does."""
        if self.subCommand is None:
            raise usage.UsageError("name a command")
        command: Command = self.subOptions
        return command.run(reactor)


def imported(name: str) -> Callable[[], Command]:
    """A command of :class:`Commands` whose module is imported once a person names it, since each
    takes longer to import than most of them take to run.

    :param name: where the command's class is in this package: ``.module.Class``.
    """
    module, _, class_name = name.rpartition(".")

    def make() -> Command:
        command: Command = getattr(import_module(module, __package__), class_name)()
        return command

    return make


def refuse_options(words: Sequence[str], sign: str = "--") -> None:
    """See to it that no option comes after the arguments, where it would count as one of them.

    :param sign: what an option begins with. An argument may begin with a single ``-`` where it is
        text of any kind.
    :raises UsageError: where one does.
    """
    for word in words:
        if word.startswith(sign):
            raise usage.UsageError(f"options come before everything else, also {word}")


def count_monotonically(reactor: Any) -> None:
    """Let a reactor count seconds that do not jump when the time of day is set.

    ``reactor.seconds`` is ``time.time`` in Twisted 26.10, and every timer is counted in it. Timers
    that a host program has started already move to the new count, and go off when they should.
    A timer must not call this: until its reactor has looked at all that are due, it compares them
    with an instant of the old count.
    """
    if reactor.seconds is time.monotonic:
        return
    now = reactor.seconds()
    reactor.seconds = time.monotonic
    for call in sorted(reactor.getDelayedCalls(), key=lambda call: call.getTime()):
        remaining = max(0, call.getTime() - now)
        call.seconds = time.monotonic
        # Not by its attribute: the reactor keeps cancelled timers, too, which do not move, in the
        # same heap, and would never look behind one that is due in fifty years.
        call.reset(remaining)


def excuse_reserve() -> None:
    """Let Python say nothing, where it is asked to warn of everything, of the one file that Twisted
    never closes: a descriptor in reserve, for the moment when there is no other left."""
    pattern = f"unclosed file .*{os.devnull!r}"
    warnings.filterwarnings("ignore", pattern, ResourceWarning)


def stop(reactor: Any) -> None:
    """Stop a reactor, unless it is stopping already."""
    with suppress(ReactorNotRunning):
        reactor.stop()


def stop_on(reactor: Any, *signals: str) -> None:
    """Let these signals stop the reactor in good order once it runs, however often they come.

    :param signals: such as ``SIGHUP``, which a terminal sends when it is closed. A signal that the
        system does not have is left out, and so is one that is ignored, as ``nohup`` wants it.
    """

    def start() -> None:
        for name in signals:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: reactor.callFromThread(stop, reactor))

    reactor.callWhenRunning(start)


def open_standard_streams() -> None:
    """Give a process that was started without a standard stream (``<&-``) an empty one, and let
    characters that the terminal's encoding does not have be written as escapes.

    To be called before the reactor is imported, which would take the number of the missing one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # open until the end
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Output:
    """This process's standard output, which may prove not to be writable: the disk is full, the
    reader of a pipe is gone.

    :ivar error: why not, once that is known; from then on, everything is thrown away.
    :ivar stop: is called when that happens, and ends what the program does.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.stop: Callable[[], object] = lambda: None

    def lose(self, error: OSError) -> None:
        """It cannot be written."""
        if self.error is None:
            self.error = error
            discard(sys.stdout)
            self.stop()


OUTPUT = Output()


def print_line(line: str) -> None:
    """Write one line on standard output, in one piece, so that whoever reads a pipe has it at once.

    This never raises, for it is called amid other work. Where the line cannot be written,
    :data:`OUTPUT` knows.
    """
    if OUTPUT.error is None:
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            OUTPUT.lose(error)


def discard(stream: TextIO) -> None:
    """Let a stream that cannot be written take everything and keep nothing."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def execute(command: Command, reactor: Any) -> NoReturn:
    """Run a command with this process's arguments, and exit."""
    count_monotonically(reactor)
    excuse_reserve()
    try:
        load_formats()
        command.parseOptions()
        status = command.run(reactor)
    except ExtensionError as error:
        command.complain(f"{error}.")
        sys.exit(1)
    except usage.UsageError as error:
        used = _used(command)
        used.complain(f"{str(error).removesuffix('.')}. Try '{used.program} --help'.")
        sys.exit(WRONG_USAGE)
    sys.exit(_used(command).verdict(status))


def _used(command: Any) -> Command:
    """The subcommand that was named, however deep; or the command itself."""
    while hasattr(command, "subOptions"):
        command = command.subOptions
    used: Command = command
    return used


def ending_signals() -> list[signal.Signals]:
    """The signals that end a program in good order: Ctrl-C, SIGTERM, and where the system has it,
    SIGHUP, which tells that the terminal was closed. Under ``nohup`` that one is ignored."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


def run_reactor(reactor: Any, task: Callable[[], Awaitable[int]]) -> int:
    """Run the reactor for as long as a task takes.

    :param task: gives the exit status.
    :return: that status, or as in a shell 130 after Ctrl-C, 143 after SIGTERM, and 129 after the
        terminal was closed.
    """
    statuses: list[int] = []

    def finish(status: int) -> None:
        if not statuses:
            statuses.append(status)
            reactor.stop()

    def fail(failure: Failure) -> None:
        failure.printTraceback(
            sys.stderr
        )  # a bug: everything that can be expected has its own line
        finish(1)

    async def work() -> None:
        finish(await task())

    def start() -> None:
        OUTPUT.stop = lambda: finish(0)  # of which Options.verdict makes another
        for number in ending_signals():
            signal.signal(number, lambda number, _: reactor.callFromThread(finish, 128 + number))
        ensureDeferred(work()).addErrback(fail)

    reactor.callWhenRunning(start)
    reactor.run()
    return statuses[0]
