import subprocess
import sys
import time
from io import StringIO
from typing import Any, NoReturn
from unittest import skipUnless

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError, NoRouteError
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.processes import AUCTION, ProcessTestCase
from twisted_auction.cli import demo


class DemoTests(SynchronousTestCase):
    """Failures of the play. The whole play is in ``test_processes``."""

    def run_demo(self, clock: Clock | MemoryReactorClock) -> tuple[list[int], list[str]]:
        statuses: list[int] = []
        complaints: list[str] = []

        def run_reactor(reactor: object, task: Any) -> int:
            Deferred.fromCoroutine(task()).addCallback(statuses.append)
            return 0

        self.patch(demo, "run_reactor", run_reactor)
        command = demo.Demo()
        self.patch(demo.Demo, "complain", lambda self, text: complaints.append(text))
        command.run(clock)
        return statuses, complaints

    def test_wrong_price(self) -> None:
        async def play(reactor: object) -> bool:
            return False

        self.patch(demo, "play", play)
        statuses, complaints = self.run_demo(Clock())
        self.assertEqual(statuses, [1])
        self.assertEqual(complaints, ["the item was not sold for $150"])

    def test_stuck(self) -> None:
        async def play(reactor: object) -> bool:
            await Deferred()
            return True

        self.patch(demo, "play", play)
        clock = Clock()
        statuses, complaints = self.run_demo(clock)
        clock.advance(demo.PLAY_TIMEOUT)
        self.assertEqual(statuses, [1])
        self.assertEqual(complaints, ["the auction did not end within 30 seconds"])

    def test_no_network(self) -> None:
        """If a participant cannot connect, the play does not wait for its words."""
        for part in range(1, 5):
            reactor = MemoryReactorClock()
            output = StringIO()
            self.patch(sys, "stdout", output)
            statuses, complaints = self.run_demo(reactor)
            transports: list[tuple[Any, StringTransport]] = []
            server: Any = reactor.tcpServers[0][1]
            for number in range(1, part + 1):
                factory: Any = reactor.tcpClients[number - 1][2]
                if number == part:
                    factory.clientConnectionFailed(None, Failure(NoRouteError()))
                    break
                address = IPv4Address("TCP", "127.0.0.1", 50000 + number)
                ends = factory.buildProtocol(address), server.buildProtocol(address)
                for end in ends:
                    transport = StringTransport(peerAddress=address)
                    end.makeConnection(transport)
                    transports.append((end, transport))
                self.exchange(transports)
            reactor.advance(0)
            self.assertEqual(statuses, [1])
            self.assertEqual(complaints, ["cannot play over 127.0.0.1: No route to host."])

    def exchange(self, ends: list[tuple[Any, StringTransport]]) -> None:
        """Carry the words of both ends of each connection to the other, until all are silent."""
        is_silent = False
        while not is_silent:
            is_silent = True
            for place, (_, transport) in enumerate(ends):
                if words := transport.value():
                    transport.clear()
                    is_silent = False
                    ends[place ^ 1][0].dataReceived(words)

    def test_no_port(self) -> None:
        class FullReactor(MemoryReactorClock):
            def listenTCP(self, *arguments: object, **options: object) -> NoReturn:
                raise CannotListenError("127.0.0.1", 0, OSError(98, "Address already in use"))

        statuses, complaints = self.run_demo(FullReactor())
        self.assertEqual(statuses, [1])
        self.assertEqual(
            complaints,
            [
                "cannot play over 127.0.0.1: Couldn't listen on 127.0.0.1:0: [Errno 98] Address "
                "already in use."
            ],
        )


def can_unshare() -> bool:
    """True if a process without a network can be started here."""
    try:
        return subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


@skipUnless(can_unshare(), "a process without a network takes root, and unshare")
class NoNetworkTests(ProcessTestCase):
    def test_commands(self) -> None:
        """Every command that plays over the loopback interface reports its absence at once."""
        for command, complaint in [
            (["demo"], "cli demo: cannot play over 127.0.0.1: No route to host"),
            (
                ["lab", "truth", "--live"],
                "cli lab truth: the real server failed: No route to host",
            ),
        ]:
            run = (
                "import os, sys; "
                "os.execvp('unshare', ['unshare', '-n', sys.executable, *sys.argv[1:]])"
            )
            began = time.monotonic()
            status, _, errors = self.piped("-c", run, *AUCTION, *command).wait()
            self.assertLess(time.monotonic() - began, demo.PLAY_TIMEOUT / 2)
            self.assertEqual((status, errors), (1, f"{complaint}: 101: Network is unreachable.\n"))
