"""The server as an operator runs it: under twistd and twist, as another user, in a root of its own,
killed and started again."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from pathlib import Path
from unittest import skipUnless

from twisted.scripts._twistd_unix import ServerOptions

from tests.processes import (
    AUCTION,
    PATIENCE,
    READY,
    SERVER,
    TWISTD,
    WRONG_COMMAND_LINE,
    Piped,
    ProcessTestCase,
    free_port,
)
from twisted_auction.web.settings import missing_extra

TWIST = [
    *("-c", "from twisted.application.twist._twist import Twist; Twist.main()"),
    *("auction", "--ledger", "none"),
]
RUN = "from twisted.scripts.twistd import run; run()"
IN_FOLDER = f"import os, sys; os.chdir(sys.argv.pop(1)); {RUN}"
FOREGROUND = ["-c", RUN, "--nodaemon", "--pidfile="]

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"

as_root = skipUnless(os.geteuid() == 0, "only root can become somebody else")


class DeploymentTestCase(ProcessTestCase):
    def setUp(self) -> None:
        self.port = str(free_port())
        self.local = f"tcp:{self.port}:interface=127.0.0.1"

    def serve(self, *options: str) -> Piped:
        return self.ready(*TWISTD, "--port", self.local, *options)


class StartTests(DeploymentTestCase):
    def test_port_taken(self) -> None:
        """Every way of starting says so in one line."""
        line = f"Couldn't listen on 127.0.0.1:{self.port}: [Errno 98] Address already in use.\n"
        with socket.create_server(("127.0.0.1", int(self.port))):
            for command in (TWIST, TWISTD):
                status, log, errors = self.piped(*command, "--port", self.local).wait()
                self.assertEqual(status, 1)
                self.assertTrue((log + errors).endswith(line), log + errors)
                self.assertNotIn("Traceback", log + errors)

    def test_killed(self) -> None:
        """What a server that was killed leaves in the file system holds up no other, although some
        process has the number of the dead one again, as in a container."""
        sockets = [str(self.folder / name) for name in ("port", "lobby", "control")]
        public, lobby, control = (f"unix:{socket}" for socket in sockets)
        options = ["--port", public, "--lobby", lobby, "--control", control]
        for _ in range(2):
            server = self.serve(*options)
            server.send_signal(signal.SIGKILL)
            for path in sockets:
                self.assertTrue(Path(path).is_socket())
                lock = Path(f"{path}.lock")
                lock.unlink(missing_ok=True)
                lock.symlink_to(str(os.getpid()))
        server = self.serve(*options)
        rival = self.piped(*TWISTD, "--port", str(free_port()), "--control", control)
        status, log, errors = rival.wait()
        self.assertEqual((status, errors), (1, ""))
        self.assertTrue(
            log.endswith(f"[stderr#error] another server listens on {sockets[2]}.\n"), log
        )
        with closing(socket.socket(socket.AF_UNIX)) as operator:
            operator.settimeout(PATIENCE)
            operator.connect(sockets[2])
            operator.sendall(b"status\n")
            self.assertIn(b"main: ", operator.recv(4096))
        self.assertNotIn("Traceback", server.send_signal(signal.SIGTERM)[1])
        self.assertEqual([path for path in sockets if os.path.exists(path)], [])

    def test_warnings(self) -> None:
        """No warning with all warnings of Python on, also at exit."""
        warn = ["-X", "dev", "-W", "error"]
        ledger = str(self.folder / "ledger")
        for command in (
            [*SERVER],
            [*TWISTD[:-1], ledger, "--port"],
            [*TWIST[:-1], ledger, "--port"],
        ):
            server = self.piped(*warn, *command, self.local)
            server.read_until("Auctioneer is ready for hosting auctions!")
            status, log, errors = server.send_signal(signal.SIGHUP)
            self.assertEqual((status, errors), (0, ""))
            self.assertNotIn("Warning", log)
        for order in ("list", "verify"):
            reader = self.piped(*warn, *AUCTION, "ledger", order, "--ledger", ledger)
            self.assertEqual(reader.wait()[::2], (0, ""))

    def test_no_ledger(self) -> None:
        """A path that is no regular file gets no files beside it, and the command does not wait."""
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for name in ("/dev/null", "/dev/full", str(pipe), str(self.folder)):
            server = self.piped(*TWISTD[:-2], "--port", self.local, "--ledger", name)
            status, log, errors = server.wait()
            self.assertEqual((status, errors), (1, ""))
            complaint = f"{name} is no ledger and no archive."
            if Path(name).is_dir():
                complaint = f"the file {name} cannot be opened: Is a directory."
            self.assertTrue(log.endswith(f"[stderr#error] {complaint}\n"), log)
            self.assertNotIn("Traceback", log)
            self.assertEqual(list(Path(name).parent.glob(f"{Path(name).name}?*")), [])
            reader = self.piped(*AUCTION, "ledger", "list", "--ledger", name)
            self.assertEqual(reader.wait(), (1, "", f"cli ledger list: {complaint}\n"))


class HangupTests(DeploymentTestCase):
    """SIGHUP, which a terminal sends when it is closed."""

    def seller(self) -> socket.socket:
        seller = socket.create_connection(("127.0.0.1", int(self.port)), PATIENCE)
        self.addCleanup(seller.close)
        self.assertNotEqual(seller.recv(1), b"")
        return seller

    def hears_the_end(self, seller: socket.socket) -> None:
        text = b""
        while data := seller.recv(4096):
            text += data
        self.assertIn(b"The Auctioneer is closing. This auction has no result.", text)

    def test_closed_terminal(self) -> None:
        """All clients are told, and the server ends in good order."""
        for command in (SERVER, [*TWISTD, "-p"], [*TWIST, "-p"]):
            server = self.at_terminal(*command, self.local)
            server.read_until("Auctioneer is ready for hosting auctions!")
            seller = self.seller()
            if command is SERVER:  # which ends with status 1 where it has no console to write to
                server.read_until(">> New Seller Thread spawned")
            status = server.close()
            self.assertEqual(status, 0)
            self.hears_the_end(seller)

    def test_nohup(self) -> None:
        """A server started to survive its terminal does."""
        ignore = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        server = self.ready("-c", ignore + RUN, *TWISTD[2:], "-p", self.local)
        server.process.send_signal(signal.SIGHUP)
        self.seller()
        self.assertIsNone(server.process.poll())

    def test_daemon(self) -> None:
        """It has no terminal, and goes on."""
        pidfile = self.folder / "twistd.pid"
        start = [*FOREGROUND[:2], "--pidfile", str(pidfile), f"--logfile={self.folder / 'log'}"]
        started = self.piped(*start, "auction", "--ledger", "none", "-p", self.local)
        self.assertEqual(started.wait()[0], 0)
        daemon = int(pidfile.read_text())
        self.addCleanup(os.kill, daemon, signal.SIGKILL)
        self.seller().close()  # now its reactor runs
        os.kill(daemon, signal.SIGHUP)
        self.seller()


class UnitTests(DeploymentTestCase):
    """The systemd unit of the documents."""

    def setUp(self) -> None:
        super().setUp()
        self.unit = (EXAMPLES / "auction.service").read_text()
        ((self.program, self.arguments),) = re.findall("^ExecStart=(\\S+) (.*)$", self.unit, re.M)

    def test_options(self) -> None:
        """The programs take them, and the folders are those that the unit makes."""
        options = ServerOptions()
        options.parseOptions(self.arguments.split())
        self.assertEqual((options["nodaemon"], options["pidfile"]), (1, ""))
        self.assertEqual(options.subOptions["control"], "unix:/run/auction/control:mode=600")
        for line in (
            "RuntimeDirectory=auction",
            "StateDirectory=auction",
            "WorkingDirectory=/var/lib/auction",
        ):
            self.assertIn(f"\n{line}\n", self.unit)

    def test_served(self) -> None:
        """Its command serves, and the order to stop ends it in time."""
        moved = {"4000": self.local, "12346": str(free_port())}
        moved["unix:/run/auction/control"] = f"unix:{self.folder}/control"
        arguments = [moved.get(word, word) for word in self.arguments.split()]
        server = self.ready("-c", IN_FOLDER, str(self.folder), *arguments)
        with socket.create_connection(("127.0.0.1", int(self.port)), PATIENCE) as seller:
            self.assertTrue(seller.recv(4096).startswith(b"Your role is: [Seller]\r\n"))
        status, _, errors = server.send_signal(signal.SIGTERM)
        self.assertEqual((status, errors), (-signal.SIGTERM, ""))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["auction.sqlite3"])

    @skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_verified(self) -> None:
        """systemd finds nothing to say about it."""
        unit = self.folder / "auction.service"
        unit.write_text(self.unit.replace(self.program, sys.executable))
        verified = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
        )
        said = [line for line in verified.stderr.splitlines() if unit.name in line]
        self.assertEqual((verified.returncode, said), (0, []), verified.stderr)


class ContainerTests(DeploymentTestCase):
    """The container file of the documents, as far as it goes without an engine."""

    def setUp(self) -> None:
        super().setUp()
        text = (EXAMPLES / "Containerfile").read_text()
        self.steps = [line.split(" ", 1) for line in text.splitlines() if line[:1].isupper()]

    def values(self, name: str) -> list[str]:
        return [value for step, value in self.steps if step == name]

    def test_copied(self) -> None:
        """All that the build of a wheel reads is there."""
        copied = []
        for value in self.values("COPY"):
            if not value.startswith("--from="):
                copied += value.split()[:-1]
        for name in copied:
            self.assertTrue((EXAMPLES.parent.parent / name).exists(), name)
        project = tomllib.loads((EXAMPLES.parent.parent / "pyproject.toml").read_text())
        needed = {project["project"]["readme"], *project["project"]["license-files"]}
        needed |= {
            "pyproject.toml",
            *project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
        }
        self.assertEqual({*copied}, needed)

    def test_served(self) -> None:
        """Its command serves, as the process that the engine starts and stops."""
        (entry,), (command,) = self.values("ENTRYPOINT"), self.values("CMD")
        self.assertEqual(self.values("WORKDIR"), self.values("VOLUME"))
        self.assertEqual(self.values("EXPOSE"), ["4000 8080 12346"])
        moved = {"4000": self.local, "12346": str(free_port()), "8080": str(free_port())}
        words = [moved.get(word, word) for word in [*json.loads(entry)[1:], *json.loads(command)]]
        if missing_extra():
            at = words.index("--web")
            del words[at : at + 2]
        server = self.ready("-c", IN_FOLDER, str(self.folder), *words)
        with socket.create_connection(("127.0.0.1", int(self.port)), PATIENCE) as seller:
            self.assertTrue(seller.recv(4096).startswith(b"Your role is: [Seller]\r\n"))
        (signal_name,) = self.values("STOPSIGNAL")
        status, log, errors = server.send_signal(signal.Signals[signal_name])
        self.assertEqual((status, errors), (-signal.SIGTERM, ""))
        self.assertIn(READY, log)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["auction.sqlite3"])


@as_root
class AnotherUserTests(DeploymentTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = pwd.getpwnam("nobody")
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)

    def owned(self, path: Path) -> bool:
        return path.stat().st_uid == self.user.pw_uid

    def test_sockets(self) -> None:
        """They belong to the user that the server has become, who can remove them again."""
        control = self.folder / "control"
        server = self.piped(
            *(*FOREGROUND, "--uid", "nobody", "--rundir", str(self.folder)),
            *("auction", "--port", self.local, "--control", "unix:control", "--port", "unix:port"),
        )
        server.read_until(READY)
        self.assertTrue(self.owned(control))
        self.assertEqual(stat.S_IMODE(control.stat().st_mode), 0o600)
        self.assertTrue(self.owned(self.folder / "port"))
        self.assertEqual(stat.S_IMODE((self.folder / "port").stat().st_mode), 0o666)
        ledger = self.folder / "auction.sqlite3"
        self.assertTrue(self.owned(ledger))
        _, log, errors = server.send_signal(signal.SIGTERM)
        self.assertNotIn("Traceback", log + errors)
        self.assertFalse(control.exists())

    def test_log(self) -> None:
        """It belongs to the user that the server has become, who rotates it, and it can be cut."""
        log = self.folder / "log"
        server = self.piped(
            *(*FOREGROUND, "--uid", "nobody", "--umask", "0", "--logfile", str(log)),
            *("auction", "--log-events", "--port", self.local, "--ledger", "none"),
        )

        def await_line(line: str, path: Path = log) -> None:
            deadline = time.monotonic() + PATIENCE
            while not (path.exists() and line in path.read_text()):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)

        def visit() -> None:
            socket.create_connection(("127.0.0.1", int(self.port)), PATIENCE).close()

        await_line(READY)
        os.truncate(log, 0)
        visit()
        await_line("Auction cancelled!")
        self.assertNotIn(b"\0", log.read_bytes())
        server.process.send_signal(signal.SIGUSR1)
        await_line("Auction cancelled!", self.folder / "log.1")
        visit()
        await_line("Auction cancelled!")
        for path in (log, self.folder / "log.1"):
            self.assertTrue(self.owned(path))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertNotIn("not rotated", log.read_text())
        server.send_signal(signal.SIGTERM)

    def test_log_that_cannot_be_rotated(self) -> None:
        """The log says so."""
        closed = self.folder / "closed"
        closed.mkdir(0o755)
        server = self.piped(
            *(*FOREGROUND, "--uid", "nobody", "--logfile", str(closed / "log")),
            *("auction", "--port", self.local, "--ledger", "none"),
        )
        deadline = time.monotonic() + PATIENCE
        line = f"This log is not rotated, because the server may not write to {closed}.\n"
        while line not in (closed / "log").read_text() if (closed / "log").exists() else True:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        start = [*FOREGROUND, "--logfile", "/dev/null/log", "auction", "--ledger", "none"]
        self.assertEqual(
            self.piped(*start, "--port", self.local).wait(),
            (1, "", "the log /dev/null/log cannot be opened: Not a directory.\n"),
        )

    def test_chroot(self) -> None:
        """A relative --ledger is seen from the folder where it is typed, which must be inside."""
        root, data = self.folder, self.folder / "data"
        for folder in ("etc", "dev", "data"):
            (root / folder).mkdir()
        user = f"nobody:x:{self.user.pw_uid}:{self.user.pw_gid}::/:\n"
        (root / "etc" / "passwd").write_text(user)
        os.mknod(root / "dev" / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.chmod(root / "dev" / "null", 0o666)
        os.chown(data, self.user.pw_uid, self.user.pw_gid)
        arguments = [*FOREGROUND[2:], "--uid", "nobody", "--chroot", str(root), "auction"]
        arguments += ["--port", self.local, "--ledger"]
        for typed, made in [("mine.sqlite3", "data"), ("/absolute.sqlite3", ".")]:
            server = self.piped(
                "-c", f"import os; os.chdir({str(data)!r}); {RUN}", *arguments, typed
            )
            server.read_until(READY)
            self.assertTrue(self.owned(root / made / typed.removeprefix("/")))
            self.assertNotIn("Traceback", server.send_signal(signal.SIGTERM)[1])
        status, output, errors = self.piped("-c", RUN, *arguments, "outside.sqlite3").wait()
        self.assertEqual((status, errors), (WRONG_COMMAND_LINE, ""))
        complaint = (
            f"--ledger: {Path.cwd() / 'outside.sqlite3'} is outside --chroot {root}: name the file "
            "as it is seen from there, such as /auction.sqlite3\n"
        )
        self.assertTrue(output.endswith(complaint), output)
