"""A running server among strangers who mean it no good, or whose network is gone."""

import contextlib
import http.client
import os
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import time
from contextlib import closing
from pathlib import Path

from tests.processes import (
    AUCTION,
    PATIENCE,
    READY,
    SERVER,
    TWISTD,
    Piped,
    StrangerTestCase,
    certify,
    free_port,
)

SELLER = b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
BUSY = b"Server busy!\r\n"
V1 = b"PROXY TCP4 %s 198.51.100.1 1234 4000\r\n"


class HostileTests(StrangerTestCase):
    def serve(self, *options: str) -> Piped:
        return self.ready(*TWISTD, *options)

    def greet(self) -> socket.socket:
        """A newcomer to whom the server is well."""
        stranger = self.connect()
        self.assertEqual(self.read(stranger, len(SELLER)), SELLER)
        return stranger

    def sell(self, request: bytes) -> socket.socket:
        """A Seller whose request stands."""
        seller = self.greet()
        seller.sendall(request + b"\n")
        received = b"Auction request received: " + request + b"\r\n"
        self.assertEqual(self.read(seller, len(received)), received)
        return seller

    def test_port_scan(self) -> None:
        """It takes a Buyer's seat, and gives it back before bidding opens."""
        server = self.ready(*SERVER, str(self.port))
        seller = self.connect()
        seller.sendall(b"1 100 1 Sword\n")
        server.read_until("Auction request received.")
        for _ in range(3):
            self.connect().close()
        server.read_until("Buyer 1 is connected from ")
        buyer = self.connect()
        while b"[Buyer]" not in buyer.recv(100):  # the server has not noticed the last end yet
            buyer = self.connect()
        server.read_until("Let's start bidding!\n")
        self.assertEqual(server.text.count("Let's start bidding!"), 1)
        buyer.sendall(b"150\n")
        heard = self.read(seller).splitlines()
        self.assertEqual(heard[-1], b"Success! Your item Sword has been sold for $150")

    def test_one_read_for_each_step(self) -> None:
        """A Buyer's program for the assignment that reads once for its role and once for the
        opening takes part."""
        self.serve("--port", str(self.port), "--settle", "1")
        self.sell(b"1 100 1 Sword")
        buyer = self.connect()
        self.assertEqual(buyer.recv(4096), b"Your role is: [Buyer]\r\n")
        self.assertEqual(buyer.recv(4096), b"Bidding start!\r\nPlease submit your bid:\r\n")
        buyer.sendall(b"150\n")
        self.assertIn(b"Your payment due is $150\r\n", self.read(buyer))

    def test_orders_from_a_web_page(self) -> None:
        """A browser's request from a web form to a control port carries out no order."""
        control = free_port()
        address = f"tcp:127.0.0.1:{control}"
        self.serve(
            *("--port", str(self.port), "--control", f"tcp:{control}:interface=127.0.0.1"),
        )
        seller = self.sell(b"1 100 1 Sword")
        orders = "cancel Fire.\nclose\nstatus\n"
        page = http.client.HTTPConnection("127.0.0.1", control, timeout=PATIENCE)
        self.addCleanup(page.close)
        page.request("POST", "/", body=orders, headers={"Content-Type": "text/plain"})
        with self.assertRaises((http.client.BadStatusLine, ConnectionResetError)):
            page.getresponse()
        curl = shutil.which("curl")
        if curl is not None:
            url = f"http://127.0.0.1:{control}/"
            subprocess.run(
                [curl, "--silent", "--http0.9", "--request", "cancel", "--data-binary", "@-", url],
                input=orders.encode(),
                timeout=PATIENCE,
            )
        status = self.piped(*AUCTION, "control", "--at", address, "status", typed="").wait()
        self.assertEqual(status, (0, "main: Sword, first-price, Buyers: 0 of 1\n", ""))
        done = self.piped(*AUCTION, "control", "--at", address, "cancel", "Smoke.", typed="").wait()
        self.assertEqual(done, (0, "room main: it is cancelled.\n", ""))
        self.assertEqual(self.read(seller), b"Auction cancelled! Smoke.\r\n")

    def test_coming_again_at_once(self) -> None:
        """Above the ceiling on new connections, each one is refused a second late."""
        self.serve("--port", str(self.port), "--max-new-per-minute", "4")
        for _ in range(4):
            self.connect().close()
        began = time.monotonic()
        strangers = [self.connect() for _ in range(3)]
        self.assertEqual([self.read(stranger) for stranger in strangers], [BUSY] * 3)
        self.assertGreaterEqual(time.monotonic() - began, 0.9)

    def test_too_many_from_one_address(self) -> None:
        self.serve("--port", str(self.port), "--max-per-peer", "1")
        seller = self.greet()
        self.assertEqual(self.read(self.connect()), BUSY)
        seller.close()
        self.greet()

    def test_flood(self) -> None:
        """While others send nothing but line ends, an auction takes its course; few are heard."""
        self.serve("--port", str(self.port))
        seller = self.greet()
        seller.sendall(b"3:duration=2 100 1 Sword\n")
        self.assertIn(b"received", self.read(seller, 40))
        flooders = [self.connect() for _ in range(8)]
        for flooder in flooders:
            flooder.setblocking(False)
        sent = 0
        began = time.monotonic()
        deadline = began + PATIENCE
        heard = b""
        seller.setblocking(False)
        while b"not sold" not in heard and time.monotonic() < deadline:
            for flooder in flooders:
                try:
                    sent += flooder.send(b"\n" * 65536)
                except (BlockingIOError, ConnectionError):
                    continue
            try:
                heard += seller.recv(65536)
            except BlockingIOError:
                time.sleep(0.01)
        self.assertGreater(sent, 200_000)
        self.assertIn(b"your item Sword was not sold in the auction.", heard)
        most = 10 + 20 * (time.monotonic() - began + 1)
        for flooder in flooders:
            flooder.settimeout(PATIENCE)
            answers = self.read(flooder).count(b"Not understood.")
            self.assertGreater(answers, 0)
            self.assertLess(answers, most)

    def test_deaf(self) -> None:
        """A client that only sends is cut off before the kernel's buffers are full."""
        lobby = ["--lobby", str(self.port), "--line-rate", "0"]
        server = self.serve("--port", str(free_port()), *lobby)
        deaf = self.connect()
        with contextlib.suppress(ConnectionError):
            deaf.sendall(b"HELP\n" * 100_000)
        server.read_until("is cut off: it does not read.\n")
        self.assertLess(len(self.read(deaf)), 2_000_000)  # of 9 MB
        polite = self.connect()
        polite.sendall(b"PING x\n")
        self.assertEqual(self.read(polite, 9), b"Pong: x\r\n")

    def test_no_descriptor_left(self) -> None:
        """A client that connects then is closed at once, and the server does not spin."""
        server = self.serve("--port", str(self.port), "--max-connections", "0")
        process = server.process.pid
        seller = self.sell(b"1 100 9 Sword")  # so those who still come in are Buyers, and stay
        used = len(os.listdir(f"/proc/{process}/fd"))
        _, most = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (used + 3, most))
        strangers = [self.connect() for _ in range(20)]
        self.assertEqual(self.read(strangers[-1]), b"")
        before = self.processor_time(process)
        time.sleep(0.5)
        self.assertLess(self.processor_time(process) - before, 0.1)
        seller.close()
        self.assertIn(b"Auction cancelled!", self.read(strangers[0]))
        self.sell(b"1 100 1 Sword")
        buyer = self.connect()
        buyer.sendall(b"150\n")
        self.assertIn(b"You won this item Sword! Your payment due is $150", self.read(buyer))

    def processor_time(self, process: int) -> float:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_handshake(self) -> None:
        """A client without a finished handshake is no participant, and is soon cut off."""
        certify(self.folder)
        keys = f"privateKey={self.folder / 'key.pem'}:certKey={self.folder / 'cert.pem'}"
        self.serve("--port", f"ssl:{self.port}:{keys}", "--handshake-timeout", "1")
        silent, slow, confused = (self.connect() for _ in range(3))
        slow.sendall(b"\x16\x03\x01\x02\x00")
        confused.sendall(b"1 100 1 Sword\n")
        trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        with trust.wrap_socket(self.connect(), server_hostname="localhost") as seller:
            self.assertEqual(self.read(seller, len(SELLER)), SELLER)
            for stranger in (silent, slow):
                self.assertEqual(self.read(stranger), b"")
            self.assertNotIn(b"Seller", self.read(confused))
            seller.sendall(b"1 100 1 Sword\n")
            self.assertTrue(self.read(seller, 10).startswith(b"Auction re"))

    def test_proxy(self) -> None:
        """It is believed where the operator said so, and nowhere else."""
        server = self.serve(
            "--port", f"haproxy:tcp:{self.port}:interface=127.0.0.1", "--log-events"
        )
        self.connect().sendall(b"1 100 1 Sword\n")
        seller = self.connect()
        seller.sendall(V1 % b"192.0.2.7")
        self.assertEqual(self.read(seller, len(SELLER)), SELLER)
        server.read_until("Seller is connected from 192.0.2.7:1234\n")

    def test_log(self) -> None:
        """No text of a client can move the cursor of an operator's terminal."""
        log, lobby, proxied = self.folder / "log", free_port(), free_port()
        self.piped(
            *(*TWISTD[:-3], f"--logfile={log}", *TWISTD[-3:], "--port", str(self.port)),
            *("--lobby", str(lobby), "--port", f"haproxy:tcp:{proxied}", "--log-events"),
        )
        deadline = time.monotonic() + PATIENCE
        while READY.strip() not in (log.read_text() if log.exists() else ""):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        evil = b"\x1b[2J\x07\r\x00\xff"
        for port, line in [
            (proxied, V1 % b"\x1b[2J"),
            (proxied, V1 % "\u0661".encode()),
            (proxied, evil),
            (lobby, b"JOIN " + evil + b"\nRESUME " + evil + b"\nPING " + evil),
            (self.port, b"1 100 1 " + evil + b"\n" + evil + b"\n\xc2\x9b2J\n"),
            (self.port, b"1 100 1 Schwert \\n\xe2\x80\xa6 \\x1b\n"),
        ]:
            with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as stranger:
                stranger.sendall(line)
                stranger.shutdown(socket.SHUT_WR)
                self.read(stranger)
        while "Auction cancelled!" not in log.read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        strange = {character for character in log.read_text() if not character.isprintable()}
        self.assertEqual(strange, {"\n"})

    def test_pulled_cable(self) -> None:
        """The kernel asks whether those who say nothing are still there."""
        self.serve("--port", str(self.port), "--peer-timeout", "30")
        self.greet()
        ours = struct.pack("=I", *struct.unpack(">I", socket.inet_aton("127.0.0.1"))).hex()
        here = f"{ours.upper()}:{self.port:04X}"
        timers = [
            fields[5]
            for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines())
            if fields[1] == here and fields[3] == "01"
        ]
        self.assertEqual([timer[:2] for timer in timers], ["02"])  # keep-alive
        self.assertLessEqual(int(timers[0][3:], 16) / 100, 15)
