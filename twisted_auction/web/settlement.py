"""The bills of a sale, as a page for auctioneers.

Another process writes it, by the command of ``auction ledger settle``: reading a whole ledger takes
the time of many bids, and must not hold up a bid.
"""

import os
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.server.desk import as_auctioneer
from twisted_auction.server.limits import ConnectionLimits, peer_of
from twisted_auction.server.passes import CannotCheck, Passes
from twisted_auction.web.answers import NEVER_KEPT, body, send_problem
from twisted_auction.web.cookies import code_of
from twisted_auction.web.requests import SmallRequest

TIMEOUT = 60.0
"""Seconds for the other process, which verifies some 20,000 rows a second."""

MAX_OUTPUT = 20_000_000
"""Largest length of the page, in bytes."""

OPTIONS = ("premium", "commission", "tax", "since", "title")
"""The options of the command that the query of the address may have."""

MAX_VALUE = 100
"""Largest length of the value of an option, in characters."""

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_TERMINAL_WORDS = re.compile(r"^[a-z ]+: (?=--)| Try '[a-z ]+ --help'\.$")


Command = Callable[[Sequence[str]], "Deferred[tuple[bytes, str]]"]
"""Runs ``auction`` with arguments. Its result is the output, and the complaint, empty for none."""


class Settlement:
    """Answers auctioneers with the bills of the sale so far.

    :param rooms: the rooms of the house.
    :param connections: count wrong pass codes.
    :param passes: the pass codes of the house; None without a list of people.
    :param people: the file of the list; None if there is no file.
    :param command: runs ``auction``; None for a process of the reactor's.
    """

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        passes: Passes | None,
        people: Path | None = None,
        command: Command | None = None,
    ) -> None:
        self._rooms = rooms
        self._connections = connections
        self._passes = passes
        self._people = people
        self._command = command or self._run
        self._is_busy = False

    def send(self, request: SmallRequest) -> int:
        """Answer a request, once the person and the page are known."""
        answering = Deferred.fromCoroutine(self._answer(request))
        request.notifyFinish().addErrback(lambda _: answering.cancel())
        answering.addCallback(lambda data: _finish(request, data))
        answering.addErrback(lambda failure: _fail(request, failure))
        return NOT_DONE_YET

    async def _answer(self, request: SmallRequest) -> bytes:
        """The body of the answer."""
        passes = self._passes
        if passes is None:
            return _refuse(
                request,
                "The desk is closed.",
                "A house without a list of people has no auctioneers. On the server: "
                "auction ledger settle",
            )
        code = code_of(request)
        if code is None or not await self._is_auctioneer(request, passes, code):
            return _refuse(
                request,
                "This page is for auctioneers of every room.",
                "Open the link of your card first, or ask the operator.",
            )
        journal = self._rooms.journal
        if not isinstance(journal, Ledger):
            return _refuse(
                request, "There are no bills.", "This house keeps no ledger (--ledger none)."
            )
        if self._is_busy:
            request.setHeader(b"Retry-After", b"2")
            return _refuse(request, "Another settlement is being written.", "Load this page again.")
        arguments = ["ledger", "settle", "--format=html", *_options(request)]
        if self._people is not None:
            arguments.append(f"--people={self._people}")
        self._is_busy = True
        try:
            page, complaint = await self._command([*arguments, "--", journal.store.location])
        finally:
            self._is_busy = False
        if complaint:
            advice = _TERMINAL_WORDS.sub("", complaint)
            return _refuse(request, "The bills cannot be written.", advice)
        return _send(request, page)

    async def _is_auctioneer(self, request: SmallRequest, passes: Passes, code: str) -> bool:
        """Check a pass code. The answer to a wrong one is delayed, as everywhere."""
        try:
            person = await passes.find(code)
        except CannotCheck:
            return False
        if person is None:
            peer = peer_of(request.getClientAddress())
            seconds = passes.count_wrong(self._connections, peer)
            await deferLater(self._rooms.clock, seconds)
        auctioneer = as_auctioneer(person, passes)
        return auctioneer is not None and not auctioneer.room  # the bills are those of all rooms

    def _run(self, arguments: Sequence[str]) -> "Deferred[tuple[bytes, str]]":
        reactor: Any = self._rooms.clock
        process = _Process()
        done = process.done.addTimeout(
            TIMEOUT, reactor, lambda _, __: (b"", "It takes too long. Try it on the server.")
        )
        if not IReactorProcess.providedBy(reactor):
            process.done.callback((b"", "This server cannot start the command for it."))
            return done
        # Not from the folder of the server: -P leaves it out of the paths of modules.
        words = [sys.executable, "-P", "-m", "twisted_auction.cli", *arguments]
        try:
            reactor.spawnProcess(process, sys.executable, words, env=dict(os.environ))
        except OSError as error:
            process.done.callback((b"", f"The command cannot be started: {error.strerror}."))
        return done


class _Process(ProcessProtocol):
    """A process whose output is collected.

    :ivar done: fires with the output and the complaint. Cancelling it kills the process.
    """

    transport: Any

    def __init__(self) -> None:
        self.done: Deferred[tuple[bytes, str]] = Deferred(lambda _: self._kill())
        self._output: list[bytes] = []
        self._errors: list[bytes] = []
        self._length = 0

    def outReceived(self, data: bytes) -> None:
        """Keep the output, up to a limit."""
        self._output.append(data)
        self._count(data)

    def errReceived(self, data: bytes) -> None:
        """Keep a complaint, up to the same limit."""
        self._errors.append(data)
        self._count(data)

    def processEnded(self, reason: Failure) -> None:
        """Give the result."""
        if self.done.called:
            return
        if reason.check(ProcessDone):
            self.done.callback((b"".join(self._output), ""))
        else:
            lines = b"".join(self._errors).decode("utf-8", "replace").strip().splitlines()
            self.done.callback((b"", lines[-1] if lines else "The command for it has failed."))

    def _count(self, data: bytes) -> None:
        self._length += len(data)
        if self._length > MAX_OUTPUT:
            self._kill()

    def _kill(self) -> None:
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("KILL")


def _options(request: SmallRequest) -> list[str]:
    """The options in the query of a request, each as one argument. The command checks them."""
    given: dict[bytes, list[bytes]] = request.args or {}
    return [
        f"--{name}={given[name.encode()][-1].decode('utf-8', 'replace')[:MAX_VALUE]}"
        for name in OPTIONS
        if given.get(name.encode(), [b""])[-1]
    ]


def _refuse(request: SmallRequest, title: str, advice: str) -> bytes:
    return send_problem(request, HTTPStatus.FORBIDDEN, title, escape(advice))


def _send(request: SmallRequest, page: bytes) -> bytes:
    """Send the page, which may have its own style, and nothing else."""
    style = _STYLE.search(page)
    digest = b64encode(sha256(style[1] if style is not None else b"").digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
    policy += "form-action 'none'; frame-ancestors 'none'"
    request.setHeader(b"Content-Security-Policy", policy.encode("ascii"))
    request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
    request.setHeader(b"Cache-Control", NEVER_KEPT.encode("ascii"))
    return body(request, page)


def _finish(request: SmallRequest, data: bytes) -> None:
    request.write(data)
    request.finish()


def _fail(request: SmallRequest, failure: Failure) -> None:
    """End the request after a bug or a failing checker; not if its client has gone."""
    if not failure.check(CancelledError):
        request.processingFailed(failure)
