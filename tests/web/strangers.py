"""Strangers at the port of the page who mean it no good, over real connections."""

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0

MASK = b"\0\0\0\0"
"""A valid masking key, which changes nothing."""

PATIENCE = 30
"""Seconds after which the server counts as hanging."""

ATTACK_TIMEOUT = 3
"""Seconds for which an attack goes on if the server does not end it."""


def frame(opcode: int, payload: bytes, is_last: bool = True, length: int | None = None) -> bytes:
    """A masked frame.

    :param length: the length to announce, if it is not that of the payload.
    """
    count = len(payload) if length is None else length
    first = bytes([is_last << 7 | opcode])
    if count < 126:
        return first + bytes([0x80 | count]) + MASK + payload
    if count < 1 << 16:
        return first + b"\xfe" + struct.pack("!H", count) + MASK + payload
    return first + b"\xff" + struct.pack("!Q", count) + MASK + payload


def said(text: str, room: str = "") -> bytes:
    """The frame of a word."""
    fields = {"room": room, "say": text} if room else {"say": text}
    return frame(TEXT, json.dumps(fields).encode())


class Stranger:
    """One connection to the page.

    :ivar sent: bytes that it has sent.
    :ivar received: bytes of the server that were not taken as frames.
    """

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.host = f"127.0.0.1:{port}"
        self.sent = 0
        self.received = b""

    def ask(self, *fields: str, line: str = "GET /live HTTP/1.1") -> str:
        """Send a request, and read the line of the answer."""
        self.send_request(line, *fields)
        return self.read_answer()

    def send_request(self, line: str, *fields: str) -> None:
        """Send a request."""
        self.socket.sendall("\r\n".join([line, *fields, "", ""]).encode("latin-1"))

    def read_answer(self) -> str:
        """The line of the answer."""
        while b"\r\n\r\n" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                break
            self.received += data
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.partition(b"\r\n")[0].decode("latin-1")

    def fields(self, origin: str | None = "", host: str | None = "") -> list[str]:
        """The header fields of a handshake.

        :param origin: None for none, empty for the right one; the same for the host.
        """
        fields = [
            "Upgrade: websocket",
            "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]
        if host is not None:
            fields.append(f"Host: {host or self.host}")
        if origin is not None:
            fields.append(f"Origin: {origin or 'http://' + self.host}")
        return fields

    def open(self) -> "Stranger":
        """Open a web socket."""
        answer = self.ask(*self.fields())
        assert answer.startswith("HTTP/1.1 101 "), answer
        return self

    def say(self, text: str, room: str = "") -> None:
        """Say a word."""
        self.socket.sendall(said(text, room))

    def read(self) -> dict[str, Any]:
        """The next letter."""
        opcode, payload = self.read_frame()
        assert opcode == TEXT, (opcode, payload)
        letter: dict[str, Any] = json.loads(payload)
        return letter

    def read_frame(self) -> tuple[int, bytes]:
        """The next frame of any kind."""
        while True:
            data = self.received
            if len(data) >= 2:
                count, start = data[1], 2
                if count == 126:
                    count, start = int.from_bytes(data[2:4], "big"), 4
                elif count == 127:
                    count, start = int.from_bytes(data[2:10], "big"), 10
                if len(data) >= max(start, 2) + count:
                    self.received = data[start + count :]
                    return data[0] & 15, data[start : start + count]
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.received += more

    def read_end(self) -> int | None:
        """Read until the server closes the socket.

        :return: the code of its close frame; None if the connection was cut without one.
        """
        with suppress(ConnectionError, EOFError):
            while True:
                opcode, payload = self.read_frame()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        return None

    def flood(self, data: bytes, is_reading: bool = True, limit: int = 1 << 40) -> None:
        """Send bytes again and again, as fast as the server takes them, until it ends the
        connection, for :data:`ATTACK_TIMEOUT` at most."""
        self.socket.setblocking(False)
        deadline = time.monotonic() + ATTACK_TIMEOUT
        rest = b""
        try:
            while time.monotonic() < deadline and self.sent < limit:
                readers = [self.socket] if is_reading else []
                ready, writable, _ = select.select(readers, [self.socket], [], 0.5)
                if ready:
                    received = self.socket.recv(65536)
                    if not received:
                        break
                    self.received += received
                if writable:
                    rest = rest or data
                    count = self.socket.send(rest)
                    rest = rest[count:]
                    self.sent += count
        except (ConnectionError, BlockingIOError):
            pass
        self.socket.settimeout(PATIENCE)

    def close(self) -> None:
        """Cut the connection."""
        self.socket.close()


@contextmanager
def stranger(port: int, receive_buffer: int = 0) -> Iterator[Stranger]:
    """A stranger who leaves at the end of the block."""
    client = Stranger(port, receive_buffer)
    try:
        yield client
    finally:
        client.close()


def huge_length(port: int) -> int | None:
    """A frame that announces 2^62 bytes, and goes on for as long as it is read."""
    with stranger(port) as client:
        client.open().socket.sendall(frame(TEXT, b"", length=1 << 62))
        client.flood(b"x" * 65536)
        return client.read_end()


def huge_message(port: int) -> int | None:
    """One message of 40 MB."""
    with stranger(port) as client:
        client.open().socket.sendall(frame(TEXT, b"", length=40 << 20))
        client.flood(b"x" * 65536, limit=40 << 20)
        return client.read_end()


def endless_fragments(port: int) -> int | None:
    """A message in pieces of one byte, without an end."""
    with stranger(port) as client:
        client.open().socket.sendall(frame(TEXT, b"x", is_last=False))
        client.flood(frame(CONTINUATION, b"x", is_last=False) * 1000)
        return client.read_end()


def empty_fragments(port: int) -> int | None:
    """The same with pieces of no bytes, and pings between them."""
    with stranger(port) as client:
        client.open().socket.sendall(frame(TEXT, b"", is_last=False))
        client.flood((frame(CONTINUATION, b"", is_last=False) * 3 + frame(PING, b"")) * 1000)
        return client.read_end()


def pings(port: int) -> int | None:
    """Pings as fast as they are read, whose answers are read."""
    with stranger(port) as client:
        client.open().flood(frame(PING, b"x" * 100) * 500)
        return None


def deaf_pings(port: int) -> int | None:
    """Pings whose answers are not read."""
    with stranger(port, receive_buffer=4096) as client:
        client.open().flood(frame(PING, b"x" * 125) * 500, is_reading=False)
        return None


def deaf_words(port: int) -> int | None:
    """Words whose answers are not read."""
    with stranger(port, receive_buffer=4096) as client:
        client.open().flood(said("HELP") * 500, is_reading=False)
        return None


def words(port: int) -> int | None:
    """Words as fast as they are read."""
    with stranger(port) as client:
        client.open().flood(said("LIST") * 500)
        return None


def nesting(port: int) -> int | None:
    """Words that are deeply nested JSON."""
    with stranger(port) as client:
        client.open().flood(frame(TEXT, b"[" * 2000) * 20)
        return None


def binary(port: int) -> int | None:
    """Messages that are no text."""
    with stranger(port) as client:
        client.open().flood(frame(BINARY, b"x" * 1000) * 50)
        return None


def after_the_end(port: int) -> int | None:
    """A client that goes on sending after its QUIT, and answers no closing."""
    with stranger(port) as client:
        client.open().say("QUIT")
        client.flood(frame(TEXT, b"x" * 1000) * 50)
        return client.read_end()


def handshakes(port: int) -> int | None:
    """One handshake after another, each with an end at once."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        with stranger(port) as client, suppress(ConnectionError):
            client.ask(*client.fields())
    return None


ATTACKS: dict[str, Callable[[int], int | None]] = {
    attack.__name__: attack
    for attack in (
        huge_length,
        huge_message,
        endless_fragments,
        empty_fragments,
        pings,
        deaf_pings,
        deaf_words,
        words,
        nesting,
        binary,
        after_the_end,
        handshakes,
    )
}
"""Attacks by name. Each returns the code with which the server has closed the socket, if any."""
