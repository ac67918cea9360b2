"""Turn the notifications of "twistd auction --notify" into mail.

python mail_receiver.py PORT SMTP_PORT addresses.csv notify.secret known.sqlite3
"""

import base64
import csv
import hmac
import json
import smtplib
import sqlite3
import sys
import time
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

PORT, SMTP_PORT, ADDRESSES, SECRET, KNOWN = sys.argv[1:]
TABLE = csv.DictReader(Path(ADDRESSES).read_text("utf-8").splitlines())
ADDRESS = {row["paddle"]: row["mail"] for row in TABLE}
KEY = base64.b64decode(Path(SECRET).read_bytes())
MEMORY = sqlite3.connect(KNOWN, isolation_level=None)
MEMORY.execute("CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY)")


class Receiver(BaseHTTPRequestHandler):
    """Checks each request, and sends one mail for it."""

    timeout = 10  # seconds for a client that sends nothing

    def do_POST(self) -> None:
        """Answer the request."""
        body = self.rfile.read(min(int(self.headers["Content-Length"]), 10**6))
        try:
            status = self.receive(body)
        except (OSError, smtplib.SMTPException):
            status = 503  # the mail server is away: the auction sends it again
        self.send_response(status)
        self.end_headers()

    def receive(self, body: bytes) -> int:
        """The status of the answer."""
        id, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        code = hmac.digest(KEY, f"{id}.{at}.".encode() + body, "sha256")
        signature = "v1," + base64.b64encode(code).decode()
        if not hmac.compare_digest(signature, self.headers["webhook-signature"]):
            return 401
        if abs(time.time() - int(at)) > 300:
            return 401  # a replay
        if not MEMORY.execute("SELECT 1 FROM known WHERE id = ?", [id]).fetchall():
            self.mail(json.loads(body))
            MEMORY.execute("INSERT INTO known VALUES (?)", [id])
        return 204

    def mail(self, news: dict[str, Any]) -> None:
        """Send a mail to the person, if it has an address."""
        mail = EmailMessage()
        mail["From"], mail["To"] = "auction@localhost", ADDRESS.get(str(news["paddle"]), "")
        mail["Subject"] = f"Auction: {news['kind']}"
        mail.set_content("\n".join([*news["lines"], "", f"Room {news['room']}, {news['at']}"]))
        if mail["To"]:
            with smtplib.SMTP("127.0.0.1", int(SMTP_PORT), timeout=5) as server:
                server.send_message(mail)


HTTPServer(("127.0.0.1", int(PORT)), Receiver).serve_forever()
