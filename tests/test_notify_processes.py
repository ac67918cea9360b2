"""News for persons who are away, as mail: a real server, and the receiver of the documents."""

import base64
import contextlib
import signal
import socket
import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue
from time import time
from typing import Any

from tests.processes import PATIENCE, READY, TWISTD, Piped, StrangerTestCase, free_port
from twisted_auction.house.people import People, Person, Role
from twisted_auction.server.webhook import sign
from twisted_auction.testing import pass_code, with_codes

RECEIVER = Path(__file__).parent.parent / "docs" / "examples" / "mail_receiver.py"

PEOPLE = with_codes(People([Person(5, role=Role.SELLER), Person(17, "Ada"), Person(40, "Bob")]))


class Mailbox(socketserver.StreamRequestHandler):
    """One conversation of SMTP: the mail goes to the queue of the server."""

    server: Any

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.talk()

    def talk(self) -> None:
        self.say("220 mail")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go on")
                data = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    data += part
                self.server.mails.put(message_from_bytes(data, policy=default))
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mailbox)
        self.mails: Queue[Message] = Queue()


class MailTests(StrangerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mail = MailServer()
        thread = threading.Thread(target=self.mail.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.mail.server_close)
        self.addCleanup(self.mail.shutdown)
        self.receiver_port = free_port()
        rows = [f"{each.paddle},{each.role.value},{each.code}" for each in PEOPLE.persons.values()]
        self.people = self.folder / "people.csv"
        self.people.write_text(
            "\n".join(["paddle,name,role,pass", *(row.replace(",", ",x,", 1) for row in rows), ""])
        )
        self.secret = self.folder / "notify.secret"
        self.secret.touch(0o600)
        self.secret.write_bytes(base64.b64encode(bytes(range(32))))
        (self.folder / "addresses.csv").write_text(
            "paddle,mail\n17,ada@example.org\n40,bob@example.org\n"
        )

    def auction_server(self) -> Piped:
        """A server whose requests are repeated soon."""
        server = self.piped(
            "-c",
            "from twisted.scripts.twistd import run; from twisted_auction.server import notifier\n"
            "notifier.FIRST_DELAY = 0.2; notifier.MAX_DELAY = 0.5\n"
            "run()",
            *TWISTD[2:-2],
            *("--port", f"tcp:{free_port()}:interface=127.0.0.1"),
            *("--lobby", f"tcp:{self.port}:interface=127.0.0.1"),
            *("--ledger", str(self.folder / "ledger.sqlite3"), "--people", str(self.people)),
            *("--notify", f"http://127.0.0.1:{self.receiver_port}/"),
            *("--notify-secret", str(self.secret)),
        )
        server.read_until(READY.strip())
        server.read_until(f"Notifications go to http://127.0.0.1:{self.receiver_port}.")
        return server

    def receiver(self) -> Piped:
        return self.piped(
            str(RECEIVER),
            *(str(self.receiver_port), str(self.mail.server_address[1])),
            *(str(self.folder / "addresses.csv"), str(self.secret)),
            str(self.folder / "known.sqlite3"),
        )

    def sell(self, item: str) -> None:
        """An auction with one Buyer, who wins at once."""
        seller = self.joined(5, b"submit auction request")
        seller.sendall(f"1 100 1 {item}\n".encode())
        buyer = self.joined(17, b"submit your bid")
        buyer.sendall(b"918273\n")
        self.assertIn(f"You won this item {item}!".encode(), self.read(buyer))

    def joined(self, paddle: int, until: bytes) -> socket.socket:
        """A person in the room, who has read a question. After a restart it may read an earlier
        result before, and has to come again."""
        for _ in range(100):
            guest = self.connect()
            guest.sendall(f"PASS {pass_code(paddle)}\nJOIN art\n".encode())
            heard = b""
            while until not in heard and (data := guest.recv(4096)):
                heard += data
            if until in heard:
                return guest
        raise AssertionError(f"paddle {paddle} has no seat")

    def next_mail(self) -> tuple[str, str, str]:
        """The address, the subject and the text of the next mail."""
        mail: Any = self.mail.mails.get(timeout=PATIENCE)
        return mail["To"], mail["Subject"], mail.get_content().replace("\r\n", "\n")

    def test_killed_and_restarted(self) -> None:
        """The server is killed before its receiver is there; then the receiver is killed, perhaps
        between a mail and its answer. No news is lost."""
        server = self.auction_server()
        self.sell("Sword")
        server.send_signal(signal.SIGKILL)
        server = self.auction_server()
        receiver = self.receiver()
        to, subject, text = self.next_mail()
        self.assertEqual((to, subject), ("ada@example.org", "Auction: won"))
        self.assertIn("You won this item Sword! Your payment due is $918273\n", text)
        self.assertIn("\nRoom art, 20", text)
        receiver.kill()
        self.sell("Vase")
        server.read_until("does not take notifications")
        self.receiver()
        while "You won this item Vase!" not in text:
            text = self.next_mail()[2]
        server.read_until("takes notifications again")
        _, output, _ = server.send_signal(signal.SIGTERM)
        for secret in (pass_code(17), "ada@", "918273", "Ada"):
            self.assertNotIn(secret, output)

    def test_forged_and_repeated(self) -> None:
        """A wrong signature and an old timestamp are refused, and an id that is known is
        forgotten."""
        self.receiver()
        body = b'{"kind": "won", "room": "art", "paddle": 40, "at": "now", "lines": ["Yes"]}'
        now = int(time())
        key = bytes(range(32))
        statuses = []
        for id, at, signed_at in [
            ("aa", now, now),
            ("aa", now, now),
            ("bb", now, now - 1),
            ("cc", now - 400, now - 400),
        ]:
            headers = {
                "webhook-id": id,
                "webhook-timestamp": str(at),
                "webhook-signature": sign(key, id, signed_at, body),
            }
            for _ in range(300):
                connection = HTTPConnection("127.0.0.1", self.receiver_port, timeout=PATIENCE)
                try:
                    connection.request("POST", "/", body, headers)
                except ConnectionRefusedError:  # it is starting
                    threading.Event().wait(0.1)
                    continue
                statuses.append(connection.getresponse().status)
                connection.close()
                break
        self.assertEqual(statuses, [204, 204, 401, 401])
        self.assertEqual(self.next_mail()[:2], ("bob@example.org", "Auction: won"))
        self.assertTrue(self.mail.mails.empty())
