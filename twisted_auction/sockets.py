"""Options of the sockets beneath connections."""

import socket
from contextlib import suppress
from typing import Any

UNSENT_LOWAT = 4096
"""Bytes that the kernel may hold unsent beyond the peer's window."""

MAX_USER_TIMEOUT = 65534
"""Largest timeout set, in seconds: half of it must fit Linux's limit for TCP_KEEPIDLE."""


def lowest_transport(transport: Any) -> Any:
    """The transport next to the socket, below those of TLS and of proxies' headers."""
    while hasattr(transport, "transport"):
        transport = transport.transport
    return transport


def socket_of(transport: Any) -> socket.socket | None:
    """The socket of a connection, if it has one."""
    handle = getattr(lowest_transport(transport), "socket", None)
    return handle if isinstance(handle, socket.socket) else None


def set_unsent_lowat(handle: socket.socket | None) -> None:
    """Let the kernel hold at most :data:`UNSENT_LOWAT` bytes that the peer has no room for.

    The default is megabytes for each connection: half an hour of old prices for a client that
    stalls, and memory without a limit. Connections inherit the option from a listening socket.
    """
    if handle is not None:
        with suppress(AttributeError, OSError):  # not every system and socket has it
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LOWAT)


def inline_urgent_data(handle: socket.socket) -> None:
    """Keep urgent bytes at their place in the stream.

    ``telnet`` sends its SYNCH as 0xFF and an urgent byte. If the kernel took the urgent byte out of
    the stream, the 0xFF would become part of the next line. Connections inherit the option from a
    listening socket.
    """
    with suppress(OSError):
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)


def send_at_once(handle: socket.socket) -> None:
    """Let each letter leave at once, also while the peer has not acknowledged the one before.

    By default, the kernel keeps a second small letter back until that acknowledgement, and the peer
    may delay it by 40 ms. Each letter is a single write, so there is nothing to gather.
    Connections inherit the option from a listening socket.
    """
    with suppress(OSError):  # a Unix socket does not have it
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def enable_keepalive(handle: socket.socket | None, seconds: int) -> None:
    """Let a connection end when its peer falls silent on the network, as after a pulled cable.

    Connections inherit the options from a listening socket.

    :param seconds: the most seconds of silence before the connection ends; 0 for never.
    """
    if handle is None or not seconds or handle.family == socket.AF_UNIX:
        return
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    seconds = min(seconds, MAX_USER_TIMEOUT)
    # Half of the time to the first probe, and three probes in the other half. Probes are sent only
    # while nothing else is; the last option covers data that the peer does not acknowledge.
    for name, value in [
        ("TCP_KEEPIDLE", max(1, seconds // 2)),  # seconds of silence before the first probe
        ("TCP_KEEPINTVL", max(1, seconds // 6)),  # seconds between probes
        ("TCP_KEEPCNT", 3),  # unanswered probes until the connection ends
        ("TCP_USER_TIMEOUT", seconds * 1000),  # milliseconds for an acknowledgement
    ]:
        with suppress(AttributeError, OSError):  # some systems have only some of them
            handle.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
