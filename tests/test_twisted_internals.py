"""Each of these tests fails if Twisted changes a part used by ``twisted_internals``."""

import ast
import inspect
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO
from unittest import skipIf, skipUnless

from twisted.internet import tcp
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import CannotListenError, ReactorNotRunning
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactor, MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

import twisted_auction
from tests.support import StartingReactor
from twisted_auction.server.service import stop_reactor
from twisted_auction.twisted_internals import (
    LogFileBase,
    call_on_signals,
    close_frame,
    count_monotonically,
    ignore_reserved_descriptor,
    parse_proxy_header,
    service_at,
    take_over_bytes,
)
from twisted_auction.web.settings import missing_extra

V2 = b"\r\n\r\n\x00\r\nQUIT\n"


class CountMonotonicallyTests(SynchronousTestCase):
    def test_timers_of_the_host(self) -> None:
        """The timers of a host program go off when they should, in their order."""
        clock, heard = [1e9], list[str]()
        self.patch(time, "monotonic", lambda: clock[0])
        reactor = MemoryReactorClock()
        reactor.advance(50)
        reactor.callLater(3, heard.append, "late")
        early = reactor.callLater(2, heard.append, "early")
        count_monotonically(reactor)
        count_monotonically(reactor)  # once is enough
        self.assertEqual(
            sorted(call.getTime() for call in reactor.getDelayedCalls()), [1e9 + 2, 1e9 + 3]
        )
        clock[0] += 1
        early.reset(1.5)
        reactor.callLater(1.75, heard.append, "our own")
        for seconds in (1.5, 0.25, 0.25):
            clock[0] += seconds
            reactor.advance(0)
        self.assertEqual(heard, ["early", "our own", "late"])

    def test_cancelled_timer_of_the_host(self) -> None:
        """A running reactor keeps a cancelled timer in its heap for a while. No other timer waits
        for it."""
        clock, heard = [1e6], list[str]()
        self.patch(time, "monotonic", lambda: clock[0])
        self.patch(ReactorBase, "installWaker", lambda reactor: None)
        reactor = ReactorBase()
        cancelled = reactor.callLater(2, heard.append, "cancelled")
        reactor.callLater(3, heard.append, "late")
        reactor.runUntilCurrent()
        cancelled.cancel()
        count_monotonically(reactor)
        for seconds, is_due in ((2, False), (1, True)):
            clock[0] += seconds
            reactor.runUntilCurrent()
            self.assertEqual(heard, ["late"] * is_due)


class StoppingReactor(StartingReactor):
    """A reactor that can be stopped once, as Twisted's."""

    def stop(self) -> None:
        if self.stops:
            raise ReactorNotRunning
        super().stop()


class CallOnSignalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.handlers: dict[int, Any] = {signal.SIGHUP: signal.SIG_DFL}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.patch(signal, "getsignal", lambda number: self.handlers.get(number))

    def test_again_and_again(self) -> None:
        """The first signal stops the reactor; another one causes no error."""
        reactor = StoppingReactor()
        call_on_signals(reactor, partial(stop_reactor, reactor), "SIGHUP", "SIGINT", "SIGNONE")
        self.assertEqual(self.handlers, {signal.SIGHUP: signal.SIG_DFL})
        reactor.run()
        self.assertEqual(set(self.handlers), {signal.SIGHUP, signal.SIGINT})
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGHUP):
            self.handlers[number](number, None)
        self.assertEqual(reactor.stops, 1)

    def test_ignored(self) -> None:
        """A signal ignored by nohup stays ignored."""
        self.handlers[signal.SIGHUP] = signal.SIG_IGN
        reactor = StoppingReactor()
        call_on_signals(reactor, partial(stop_reactor, reactor), "SIGHUP", "SIGTERM")
        reactor.run()
        self.assertIs(self.handlers[signal.SIGHUP], signal.SIG_IGN)
        self.assertIn(signal.SIGTERM, self.handlers)

    def test_real_reactor(self) -> None:
        """Our handlers replace the reactor's own, not the reverse."""
        script = """
import signal
from twisted.internet import reactor
from twisted_auction.server.service import stop_reactor
from twisted_auction.twisted_internals import call_on_signals

def send():
    print(signal.getsignal(signal.SIGTERM).__module__)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
        signal.raise_signal(number)

call_on_signals(reactor, lambda: stop_reactor(reactor), "SIGTERM", "SIGHUP")
reactor.callWhenRunning(send)
reactor.callLater(60, reactor.crash)
reactor.run()
print("pending:", len(reactor.getDelayedCalls()))
"""
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
        )
        self.assertEqual(done.stdout, "twisted_auction.twisted_internals\npending: 1\n")
        self.assertEqual((done.stderr, done.returncode), ("", 0))


class ReservedDescriptorTests(SynchronousTestCase):
    @skipUnless(hasattr(tcp._reservedFD, "_fileFactory"), "nothing is reserved on this system")
    def test_silent(self) -> None:
        """The file is reported without our filter, and not with it."""
        reserved: Any = tcp._reservedFD
        for silence, expected in [(lambda: None, 1), (ignore_reserved_descriptor, 0)]:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                silence()
                reservation: Any = type(reserved)(reserved._fileFactory)
                reservation.reserve()
                self.assertTrue(reservation.available())
                del reservation
            self.assertEqual(len(caught), expected)

    def test_port_reserves(self) -> None:
        """A port that listens has a descriptor reserved."""
        calls: list[str] = []

        class Reservation:
            def reserve(self) -> None:
                calls.append("reserve")

        self.patch(tcp, "_reservedFD", Reservation())
        reactor: Any = MemoryReactor()
        port = tcp.Port(0, Factory(), interface="127.0.0.1", reactor=reactor)
        port.startListening()
        port.connectionLost(None)
        self.assertEqual(calls, ["reserve"])


class ParseProxyHeaderTests(SynchronousTestCase):
    def test_client(self) -> None:
        ipv4 = b"\x21\x11\x00\x0c" + bytes([192, 0, 2, 7, 10, 0, 0, 1]) + b"\xbf\x00\x0f\xa0"
        ipv6 = b"\x21\x21\x00\x24" + bytes([*range(0x10, 0x20)]) * 2 + b"\xbf\x00\x0f\xa0"
        unix = b"\x21\x31\x00\xd8" + b"/run/a".ljust(108, b"\x00") + bytes(108)
        client = IPv4Address("TCP", "192.0.2.7", 48896)
        for header, source in [
            (b"PROXY TCP4 192.0.2.7 10.0.0.1 48896 4000\r\n", client),
            (b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", IPv6Address("TCP", "2001:db8::7", 1)),
            (V2 + ipv4, client),
            (V2 + ipv6, IPv6Address("TCP", "1011:1213:1415:1617:1819:1a1b:1c1d:1e1f", 48896)),
            (V2 + unix, UNIXAddress(b"/run/a")),
        ]:
            self.assertEqual(parse_proxy_header(header), source)

    def test_no_client(self) -> None:
        """The proxy connects for itself, or does not know its client."""
        for header in [
            b"PROXY UNKNOWN\r\n",
            b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
            V2 + b"\x20\x00\x00\x00",
            V2 + b"\x20\x11\x00\x0c" + bytes(12),
            V2 + b"\x21\x00\x00\x00",
        ]:
            self.assertIsNone(parse_proxy_header(header))

    def test_malformed(self) -> None:
        for header in [
            b"PROXY\r\n",
            b"PROXY TCP5 192.0.2.7 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 192.0.2.7\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 one 2\r\n",
            b"PROXY TCP4 \xff 10.0.0.1 1 2\r\n",
            b"GET / HTTP/1.0\r\n",
            V2 + b"\x11\x11\x00\x0c" + bytes(12),
            V2 + b"\x21\x11\x00\x04" + bytes(4),
            V2 + b"\x21\x44\x00\x00",
        ]:
            self.assertRaises(ValueError, parse_proxy_header, header)


@implementer(IStreamServerEndpoint)
class WrappedEndpoint:
    def __init__(self, endpoint: IStreamServerEndpoint, is_taken: bool) -> None:
        self.endpoint = endpoint
        self.is_taken = is_taken

    def listen(self, protocolFactory: IProtocolFactory) -> "Deferred[IListeningPort]":
        if self.is_taken:
            return fail(CannotListenError("127.0.0.1", 4000, OSError("taken")))
        return self.endpoint.listen(protocolFactory)


class ServiceAtTests(SynchronousTestCase):
    def test_listens(self) -> None:
        reactor, factory = MemoryReactor(), Factory()
        wrapped: list[WrappedEndpoint] = []

        def wrap(endpoint: IStreamServerEndpoint) -> IStreamServerEndpoint:
            wrapped.append(WrappedEndpoint(endpoint, is_taken=False))
            return wrapped[-1]

        service = service_at("tcp:4000", factory, reactor, wrap)
        self.assertEqual((len(wrapped), reactor.tcpServers), (1, []))
        service.privilegedStartService()
        self.assertEqual([server[:2] for server in reactor.tcpServers], [(4000, factory)])
        self.successResultOf(service.stopService())

    def test_taken(self) -> None:
        """An error of ``listen`` reaches the caller, instead of the log."""
        service = service_at(
            "tcp:4000",
            Factory(),
            MemoryReactor(),
            lambda endpoint: WrappedEndpoint(endpoint, is_taken=True),
        )
        self.assertRaises(CannotListenError, service.privilegedStartService)
        self.assertEqual(self.flushLoggedErrors(), [])


@skipIf(missing_extra(), missing_extra())
class WebSocketTests(SynchronousTestCase):
    """A web socket of Twisted's, without a guard."""

    def setUp(self) -> None:
        from twisted.web.server import Site
        from twisted.web.websocket import WebSocketResource

        self.texts: list[str] = []
        root = WebSocketResource(self)  # the methods below are enough
        root.isLeaf = True
        self.transport = StringTransport()
        self.protocol: Any = Site(root, reactor=MemoryReactorClock()).buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        self.transport.clear()

    def buildProtocol(self, request: Any) -> Any:
        self.channel = request.channel
        return self

    def negotiationStarted(self, wire: Any) -> None:
        self.wire = wire

    def negotiationFinished(self) -> None:
        pass

    def textMessageReceived(self, text: str) -> None:
        self.texts.append(text)

    def connectionLost(self, reason: object) -> None:
        pass

    def test_bytes(self) -> None:
        """The bytes of the connection go to a function, which decides what the socket gets."""
        self.protocol.dataReceived(b"\x81\x81\0\0\0\0a")
        taken: list[bytes] = []
        take_over_bytes(self.channel, taken.append)
        self.protocol.dataReceived(b"\x81\x81\0\0\0\0b")
        self.assertEqual((self.texts, taken), (["a"], [b"\x81\x81\0\0\0\0b"]))
        self.wire.dataReceived(taken[0])
        self.assertEqual(self.texts, ["a", "b"])

    def test_close_frame(self) -> None:
        """The socket takes the client's frame for the answer, and does not answer in turn."""
        self.assertEqual(close_frame(self.wire, 4001), b"\x88\x02\x0f\xa1")
        self.assertFalse(self.transport.disconnecting)
        self.protocol.dataReceived(b"\x81\x81\0\0\0\0a")
        self.assertEqual(self.texts, ["a"])
        self.protocol.dataReceived(b"\x88\x82\0\0\0\0\x0f\xa1")
        self.assertEqual(self.transport.value(), b"")
        self.assertTrue(self.transport.disconnecting)


class LogFileBaseTests(SynchronousTestCase):
    def test_open_file(self) -> None:
        """The subclass opens each file, and the log is written there."""
        opened: list[BinaryIO] = []

        class Log(LogFileBase):
            def open_file(self) -> BinaryIO:
                opened.append(open(self.path, "ab", 0))  # noqa: SIM115
                return opened[-1]

        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "log").write_text("before\n")
            log = Log("log", folder)
            log.write("first\n")
            log.rotate()
            log.write("second\n")
            log.flush()
            self.assertEqual(len(opened), 2)
            self.assertIs(log.file, opened[-1])
            log.close()
            self.assertEqual([file.closed for file in opened], [True, True])
            texts = {name: Path(folder, name).read_text() for name in os.listdir(folder)}
            self.assertEqual(texts, {"log": "second\n", "log.1": "before\nfirst\n"})


PACKAGE = Path(twisted_auction.__file__).parent


def private_names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The private names that some code defines, and those that it uses as attributes."""
    defined, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
            if isinstance(node.ctx, ast.Store):
                defined.add(node.attr)
    return (
        {name for name in defined if re.match("_[a-z]", name)},
        {name for name in used if re.match("_[a-z]", name)},
    )


class OtherModulesTests(SynchronousTestCase):
    """No other module of the package uses a private name of Twisted."""

    def setUp(self) -> None:
        self.trees = {
            path: ast.parse(path.read_text())
            for path in PACKAGE.rglob("*.py")
            if path.name != "twisted_internals.py"
        }
        self.assertGreater(len(self.trees), 100)

    def test_imports(self) -> None:
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("twisted."):
                    for alias in node.names:
                        self.assertNotIn("._", f"{node.module}.{alias.name}", path)

    def test_attributes(self) -> None:
        """A private attribute is one that the package defines. ``os._exit`` is a public name, and
        so are ``_replace`` and ``_fields`` of named tuples."""
        names = [private_names(tree) for tree in self.trees.values()]
        defined = set().union(*(each for each, _ in names))
        used = set().union(*(each for _, each in names))
        self.assertEqual(used - defined, {"_exit", "_fields", "_replace"})

    def test_subclasses(self) -> None:
        """A subclass of a class of Twisted has no private name in common with it."""
        subclasses = 0
        theirs: dict[type, set[str]] = {}
        for path, tree in self.trees.items():
            name = ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts])
            classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
            if not classes or path.name == "__main__.py":
                continue
            try:
                module = import_module(name)
            except ImportError:  # it needs an extra
                self.assertTrue(missing_extra(), name)
                continue
            for node in classes:
                ours = set().union(*private_names(node))
                # An interface is no class, and has no private names.
                for base in getattr(vars(module)[node.name], "__mro__", ()):
                    if base.__module__.startswith("twisted."):
                        subclasses += 1
                        if base not in theirs:
                            source = textwrap.dedent(inspect.getsource(base))
                            theirs[base] = private_names(ast.parse(source))[0]
                        self.assertEqual(ours & theirs[base], set(), f"{name}.{node.name}")
        self.assertGreater(subclasses, 50)
