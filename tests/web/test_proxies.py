"""The page behind real proxies, with the configurations of the documents."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import skipUnless

from tests.processes import PATIENCE, TWISTD, Piped, StrangerTestCase, certify, free_port
from tests.web.support import Answer, needs_web
from twisted_auction.house.pass_codes import HashedCode, new_code, new_salt, read_code
from twisted_auction.web.settings import missing_extra

if not missing_extra():
    from tests.web.live_support import SocketBytes

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"

CLIENT = "127.0.0.2"
"""The address from which a client comes, to tell it from the proxy."""


class ProxyTestCase(StrangerTestCase):
    """A server with the options of an example, and a proxy with its configuration.

    :ivar front: the port of the proxy.
    """

    def setUp(self) -> None:
        super().setUp()
        certify(self.folder)
        keys = "".join((self.folder / name).read_text() for name in ("cert.pem", "key.pem"))
        (self.folder / "both.pem").write_text(keys)
        self.trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        self.front = free_port()
        self.host = f"localhost:{self.front}"
        self.code, salt = new_code(), new_salt()
        code = HashedCode.of(str(read_code(self.code)), salt)
        people = self.folder / "people.csv"
        people.write_text(f"paddle,name,pass\n17,Ada,{code}\n")

    def example(self, name: str, **texts: str) -> str:
        """The text of an example, with texts of it replaced, each once."""
        text = (EXAMPLES / name).read_text()
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
        body = "".join(lines)
        for old, new in texts.items():
            self.assertIn(old, body)
            body = body.replace(old, new)
        return body

    def serve(self, name: str) -> Piped:
        """Run the server with the options in an example, on a free port."""
        (line,) = (
            line
            for line in (EXAMPLES / name).read_text().splitlines()
            if "twistd auction --web" in line
        )
        options = line.partition("twistd auction ")[2]
        options = options.replace("8080", str(self.port))
        options = options.replace("https://example.org", f"https://{self.host}")
        people = ("--people", str(self.folder / "people.csv"))
        control = ("--control", f"unix:{self.folder}/control")
        server = self.piped(
            *(
                *TWISTD,
                "--port",
                str(free_port()),
                "--log-requests",
                *people,
                *control,
                *options.split(),
            )
        )
        server.read_until(f"The page is at https://{self.host}/\n")
        return server

    def run_proxy(self, *command: str, **environment: str) -> None:
        """Run a proxy until the test is over, once it listens."""
        log = self.folder / "proxy.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, env={**os.environ, **environment}
            )

        def end() -> None:
            process.terminate()
            process.wait(PATIENCE)

        self.addCleanup(end)
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), self.secured():
                break
            self.assertIsNone(process.poll(), log.read_text())
            self.assertLess(time.monotonic(), deadline, log.read_text())
            time.sleep(0.05)

    def secured(self) -> ssl.SSLSocket:
        """A connection of the client to the proxy."""
        connection = socket.create_connection(
            ("127.0.0.1", self.front), timeout=PATIENCE, source_address=(CLIENT, 0)
        )
        self.addCleanup(connection.close)
        secured = self.trust.wrap_socket(
            connection, server_hostname="localhost", do_handshake_on_connect=False
        )
        self.addCleanup(secured.close)
        secured.do_handshake()
        return secured

    def ask(self, line: str) -> Answer:
        connection = self.secured()
        connection.sendall(
            f"{line} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n".encode()
        )
        return Answer(self.read(connection))

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def check_page(self, server: Piped) -> None:
        """See that everything of the page works through the proxy, and that it names the client."""
        self.until(lambda: self.ask("GET /health").status == 200)
        answer = self.ask("GET /robots.txt")
        self.assertIn("max-age=", answer.fields["strict-transport-security"])
        cookie = self.ask(f"GET /join/{self.code}").fields["set-cookie"].partition(";")[0]
        self.assertEqual(cookie, f"__Host-auction={self.code}")
        connection = self.secured()
        page = SocketBytes()
        origin = f"https://{self.host}"
        connection.sendall(page.handshake(f"Cookie: {cookie}", origin=origin, host=self.host))
        (welcome,) = self.letters(connection, page)
        self.assertEqual((welcome["type"], welcome["paddle"]), ("you_are_paddle", 17))
        connection.sendall(page.encode("PING x"))
        (pong,) = self.letters(connection, page)
        self.assertEqual(pong, {"type": "pong", "text": "x"})
        foreign = SocketBytes()
        connection = self.secured()
        connection.sendall(foreign.handshake(origin="https://example.net", host=self.host))
        answer = Answer(connection.recv(65536))
        self.assertEqual(answer.status, 403)
        self.assertNotIn(self.code, (self.folder / "proxy.log").read_text())
        self.assertNotIn(self.code, server.text)
        self.check_client()

    def check_client(self) -> None:
        """See that the server knows the client by its own address, and not by the proxy's."""
        control = socket.socket(socket.AF_UNIX)
        self.addCleanup(control.close)
        control.settimeout(PATIENCE)
        control.connect(str(self.folder / "control"))
        control.sendall(f"ban {CLIENT}\n".encode())
        done = f"{CLIENT} is banned for 60 minutes; 1 connection closed."
        self.assertIn(done, self.read(control, len(done)).decode())
        # HAProxy tells of a connection that was closed, and the others of a refused request.
        self.assertIn(self.ask("GET /health").status, (429, 502))

    def letters(self, connection: ssl.SSLSocket, page: "SocketBytes") -> list[dict[str, Any]]:
        """The messages of the next frame."""
        while not page.frames:
            data = connection.recv(65536)
            self.assertTrue(data, page.answer)
            page.received(data)
        letter: list[dict[str, Any]] = page.frames.pop(0)["letter"]
        return letter


@needs_web
@skipUnless(shutil.which("nginx"), "nginx is not installed")
class NginxTests(ProxyTestCase):
    def test_example(self) -> None:
        text = self.example(
            "nginx.conf",
            **{
                "listen 443 ssl": f"listen 127.0.0.1:{self.front} ssl",
                "/etc/nginx/auction.pem": f"{self.folder}/cert.pem",
                "/etc/nginx/auction.key": f"{self.folder}/key.pem",
                "127.0.0.1:8080": f"127.0.0.1:{self.port}",
            },
        )
        folders = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"{user}daemon off;\npid {self.folder}/pid;\nerror_log stderr;\n"
            f"events {{}}\nhttp {{\naccess_log {self.folder}/proxy.log;\n{folders}{text}}}\n"
        )
        server = self.serve("nginx.conf")
        self.run_proxy("nginx", "-c", str(configuration), "-e", "stderr")
        self.check_page(server)


@needs_web
@skipUnless(shutil.which("haproxy"), "HAProxy is not installed")
class HAProxyTests(ProxyTestCase):
    def test_example(self) -> None:
        text = self.example(
            "haproxy-web.cfg",
            **{
                ":443 ssl": f"127.0.0.1:{self.front} ssl",
                "/etc/haproxy/auction.pem": f"{self.folder}/both.pem",
                "127.0.0.1:8080": f"127.0.0.1:{self.port}",
                "inter 5s": "inter 100ms",
            },
        )
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(f"global\n  log stdout format raw local0\n{text}  log global\n")
        server = self.serve("haproxy-web.cfg")
        self.run_proxy("haproxy", "-db", "-f", str(configuration))
        self.check_page(server)
        # Its own checks are answered.
        server.read_until("GET /health: 200, 3 bytes\n")


@needs_web
@skipUnless(shutil.which("caddy"), "Caddy is not installed")
class CaddyTests(ProxyTestCase):
    def test_example(self) -> None:
        text = self.example(
            "Caddyfile",
            **{
                "example.org {": f"https://localhost:{self.front} {{\n"
                f"\ttls {self.folder}/cert.pem {self.folder}/key.pem",
                "127.0.0.1:8080": f"127.0.0.1:{self.port}",
                "health_interval 5s": "health_interval 100ms",
            },
        )
        configuration = self.folder / "Caddyfile"
        configuration.write_text(
            f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n{text}"
        )
        server = self.serve("Caddyfile")
        home = str(self.folder)
        self.run_proxy(
            *("caddy", "run", "--adapter", "caddyfile", "--config", str(configuration)),
            HOME=home,
            XDG_DATA_HOME=home,
            XDG_CONFIG_HOME=home,
        )
        self.check_page(server)
