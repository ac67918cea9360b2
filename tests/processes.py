"""The project's commands as processes, behind pipes or pseudo-terminals."""

import os
import pty
import random
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import termios
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.copyright import version as twisted_version
from twisted.trial.unittest import SynchronousTestCase

READY = "Auctioneer is ready for hosting auctions!\n"

PATIENCE = 30
"""Seconds without output after which a process counts as hanging."""

SERVER = ["-m", "twisted_auction.auc_server"]
CLIENT = ["-m", "twisted_auction.auc_client"]
AUCTION = ["-m", "twisted_auction.cli"]
IMPATIENT = [
    "-c",
    "from twisted_auction.cli.main import main\n"
    "from twisted_auction.check import client, program\n"
    "client.QUIET_SECONDS = program.QUIET_SECONDS = 0.1\n"
    "main()",
]
"""The command ``auction`` with a shorter silence as the end of a message in ``auction check``,
because the programs here send whole messages."""
TWISTD = [
    *("-c", "from twisted.scripts.twistd import run; run()"),
    *("--nodaemon", "--pidfile=", "auction"),
    *("--ledger", "none"),
]

WRONG_COMMAND_LINE = int(int(twisted_version.split(".")[0]) >= 25)
"""The exit status of ``twistd`` for a wrong command line: 0 until Twisted 25."""

TAKE_TERMINAL = """
import os, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Opens the terminal, so that it controls this process, then runs a command."""

# The buffering of pipes is part of the test.
ENVIRONMENT = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}


def free_port(host: str = "127.0.0.1") -> int:
    """An unused port, outside the range for outgoing connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    chance = random.SystemRandom()  # other test processes may have the same seed
    while True:
        port = chance.randint(12000, 30000)
        with socket.socket(family) as attempt:
            try:
                attempt.bind((host, port))
            except OSError:
                continue
        return port


def certify(folder: Path) -> None:
    """Write a key and a self-signed certificate for localhost: ``key.pem``, ``cert.pem``, and the
    certificate again in ``roots``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "roots").mkdir()
    (folder / "roots" / "cert.pem").write_bytes(certificate)


class Piped:
    """A Python command behind three pipes."""

    def __init__(self, *arguments: str, typed: str | None = None) -> None:
        """Start the command. If ``typed`` is given, it is the whole standard input."""
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        self.text = ""
        self._seen = 0
        if typed is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(typed.encode())
            self.process.stdin.close()
            self.process.stdin = None

    @property
    def output(self) -> int:
        """The descriptor of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def read_until(self, awaited: str) -> None:
        """Wait until this text is written, after the text of the last call."""
        descriptor = self.output
        deadline = time.monotonic() + PATIENCE
        while awaited not in self.text[self._seen :]:
            ready, _, _ = select.select([descriptor], [], [], deadline - time.monotonic())
            data = os.read(descriptor, 65536) if ready else b""
            if not data:
                raise AssertionError(f"{awaited!r} is not in {self.text[self._seen :]!r}")
            self.text += data.decode()
        self._seen = self.text.index(awaited, self._seen) + len(awaited)

    def wait(self) -> tuple[int, str, str]:
        """Wait for the end: exit status, standard output, standard error."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.text + (output or b"").decode(), errors.decode()

    def send_signal(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        """End the process, if it is still running."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class AtTerminal:
    """A Python command at a pseudo-terminal with echo.

    :ivar shown: everything on the screen so far.
    """

    def __init__(self, *arguments: str) -> None:
        # pty.fork would be shorter, but newer Pythons warn about it in a process with threads.
        self._screen, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (50, 200))
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        os.close(terminal)
        self.shown = ""
        self._decoder = getincrementaldecoder("utf-8")()
        self._seen = 0
        self._is_there = True

    def read_until(self, awaited: str) -> None:
        """Wait until this text is shown, after the text of the last call."""
        while awaited not in self.shown[self._seen :]:
            if not self._read():
                raise AssertionError(f"{awaited!r} is not in {self.shown[self._seen :]!r}")
        self._seen = self.shown.index(awaited, self._seen) + len(awaited)

    def type_line(self, line: str) -> None:
        """Type a line."""
        self.press(f"{line}\n")

    def press(self, keys: str) -> None:
        """Press keys, not faster than a person. Keys are lost while a program changes the
        terminal's mode, as ``telnet`` does at each prompt."""
        time.sleep(0.05)
        os.write(self._screen, keys.encode())

    def modes(self) -> list[Any]:
        """The terminal's modes, as of :func:`termios.tcgetattr`."""
        return termios.tcgetattr(self._screen)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.press("\x03")

    def wait(self) -> tuple[int, str]:
        """Wait for the end: exit status, and everything on the screen."""
        while self._read():
            pass
        return self.process.wait(PATIENCE), self.shown.replace("\r\n", "\n")

    def close(self) -> int:
        """Close the terminal, and wait for the end: exit status."""
        self._leave()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End the process, if it is still running."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._leave()

    def _leave(self) -> None:
        if self._is_there:
            self._is_there = False
            os.close(self._screen)

    def _read(self) -> bool:
        """Read more of the screen. Return False at its end."""
        ready, _, _ = select.select([self._screen], [], [], PATIENCE)
        if not ready:
            raise AssertionError(f"nothing more after {self.shown!r}")
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # no process has the terminal any more
            return False
        self.shown += self._decoder.decode(data)
        return True


class ProcessTestCase(SynchronousTestCase):
    """A test that leaves no process and no file behind."""

    @cached_property
    def folder(self) -> Path:
        """A folder of this test's own."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def piped(self, *arguments: str, typed: str | None = None) -> Piped:
        process = Piped(*arguments, typed=typed)
        self.addCleanup(process.kill)
        return process

    def at_terminal(self, *arguments: str) -> AtTerminal:
        process = AtTerminal(*arguments)
        self.addCleanup(process.kill)
        return process

    def ready(self, *arguments: str) -> Piped:
        """A server that listens."""
        server = self.piped(*arguments)
        server.read_until(READY)
        return server

    def server(self) -> tuple[Piped, str]:
        port = str(free_port())
        return self.ready(*SERVER, port), port

    def client(self, port: str, typed: str | None = None) -> Piped:
        return self.piped(*CLIENT, "127.0.0.1", port, typed=typed)


class StrangerTestCase(ProcessTestCase):
    """A test whose connections are bare sockets."""

    def setUp(self) -> None:
        self.port = free_port()

    def connect(self, port: int | None = None) -> socket.socket:
        stranger = socket.create_connection(("127.0.0.1", port or self.port), timeout=PATIENCE)
        self.addCleanup(stranger.close)
        return stranger

    def read(self, stranger: socket.socket, count: int | None = None) -> bytes:
        """Read this many bytes, or everything until the connection is closed."""
        heard = b""
        with suppress(ConnectionResetError, ssl.SSLEOFError):
            while count is None or len(heard) < count:
                data = stranger.recv(65536)
                if not data:
                    break
                heard += data
        return heard
