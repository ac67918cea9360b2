"""What is beneath a connection."""

import socket
from contextlib import suppress
from typing import Any

UNSENT_LOWAT = 4096
"""Bytes that may wait in any one buffer, the kernel's included, without a chance to go on."""

MAX_USER_TIMEOUT = 65534
"""So many seconds, about eighteen hours, are the most for which Linux waits with a probe, twice."""


def lowest_transport(transport: Any) -> Any:
    """The transport that writes to the socket: TLS and proxies' headers put others above it."""
    while hasattr(transport, "transport"):
        transport = transport.transport
    return transport


def socket_of(transport: Any) -> socket.socket | None:
    """The socket of a connection, if it has one."""
    handle = getattr(lowest_transport(transport), "socket", None)
    return handle if isinstance(handle, socket.socket) else None


def set_unsent_lowat(handle: socket.socket | None) -> None:
    """Let the kernel hold at most :data:`UNSENT_LOWAT` bytes that the peer has no room for.

    Its own limit is megabytes for each connection: half an hour of old prices to a client that
    stalls, and memory that nobody has counted. A listening socket hands this on.
    """
    if handle is not None:
        with suppress(AttributeError, OSError):  # not every system and socket has it
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LOWAT)


def inline_urgent_data(handle: socket.socket) -> None:
    """Let bytes that were sent as urgent stay where they are in the stream.

    A ``telnet`` sends the last byte of its SYNCH so. Out of the stream, it would leave the byte
    before it to the line that follows. A listening socket hands this on.
    """
    with suppress(OSError):
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)


def enable_keepalive(handle: socket.socket | None, seconds: int) -> None:
    """Let a connection end where the network has gone without a word, as when a cable is pulled.

    A listening socket hands these options on to the connections that it accepts.

    :param seconds: after so many at most, silence is a cut; 0: never.
    """
    if handle is None or not seconds or handle.family == socket.AF_UNIX:
        return
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    seconds = min(seconds, MAX_USER_TIMEOUT)
    for name, value in [
        ("TCP_KEEPIDLE", max(1, seconds // 2)),  # seconds of silence before the first probe
        ("TCP_KEEPINTVL", max(1, seconds // 6)),  # seconds between probes
        ("TCP_KEEPCNT", 3),  # so many without an answer are a cut
        ("TCP_USER_TIMEOUT", seconds * 1000),  # for which what is sent may go unacknowledged
    ]:
        with suppress(AttributeError, OSError):  # some systems have only some of them
            handle.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
