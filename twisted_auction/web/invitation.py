"""The address of the page for everyone in the hall, also as a QR code for the wall."""

import json
from http import HTTPStatus
from importlib.util import find_spec
from io import BytesIO
from ipaddress import ip_address
from urllib.parse import urlsplit

from twisted.internet.interfaces import IReactorTime

from twisted_auction.web.answers import NEVER_KEPT, send, send_problem
from twisted_auction.web.files import Content
from twisted_auction.web.requests import SmallRequest

INTERVAL = 1.0
"""Seconds between two new QR codes. Drawing one takes some 10 ms, and a client may ask under any
name of the server."""

MAX_ADDRESS = 100
"""Largest length of an address with a QR code, in characters. A longer one is hard to scan."""

MAX_KEPT = 16
"""Number of QR codes to keep. A server has few names."""

HAS_QR_CODES = find_spec("segno") is not None


class Invitation:
    """Tells the address of the page.

    Without an address of the operator's, it is the address of the request: the wall is open in a
    browser of the hall, and a browser says the name of the server as its user has typed it.

    :param clock: tells the time between two QR codes.
    :param address: the operator's address of the page, such as ``https://example.org``; may be
        empty.
    """

    def __init__(self, clock: IReactorTime, address: str) -> None:
        self._clock = clock
        self._address = address
        self._drawn: dict[str, Content] = {}
        self._draws_at = 0.0

    def send_json(self, request: SmallRequest) -> bytes:
        """Answer with the address, and with the path of its QR code; empty without one."""
        address = self._address_for(request)
        has_code = HAS_QR_CODES and can_be_scanned(address)
        answer = {"address": f"{address}/", "qr_code": "/join.svg" if has_code else ""}
        content = Content.of(json.dumps(answer).encode("utf-8"), "application/json")
        return send(request, content, NEVER_KEPT)

    def send_svg(self, request: SmallRequest) -> bytes:
        """Answer with the QR code of the address."""
        address = self._address_for(request)
        if not HAS_QR_CODES:
            advice = "Install it on the server: pip install 'twisted-auction[people]'"
            return _send_none(request, "QR codes need a library.", advice)
        if not can_be_scanned(address):
            advice = "Open this page under the name or the address of the server in the network."
            return _send_none(request, "Phones cannot open this address.", advice)
        content = self._drawn.get(address) or self._draw(address)
        if content is None:
            request.setHeader(b"Retry-After", b"1")
            return send_problem(
                request,
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Another QR code was drawn just now.",
                "Try again in a second.",
            )
        return send(request, content, NEVER_KEPT)

    def _address_for(self, request: SmallRequest) -> str:
        return self._address or request.origin

    def _draw(self, address: str) -> Content | None:
        """Draw and keep a QR code; None if the last one was drawn just now."""
        import segno  # an extra

        now = self._clock.seconds()
        if now < self._draws_at:
            return None
        self._draws_at = now + INTERVAL
        svg = BytesIO()
        code = segno.make(f"{address}/", error="m", micro=False)
        code.save(svg, kind="svg", omitsize=True, xmldecl=False, light="#fff")
        if len(self._drawn) >= MAX_KEPT:
            del self._drawn[next(iter(self._drawn))]
        content = self._drawn[address] = Content.of(svg.getvalue(), "image/svg+xml; charset=utf-8")
        return content


def can_be_scanned(address: str) -> bool:
    """True if a phone can open an address: it is not that of the machine itself, and not too
    long."""
    host = urlsplit(address).hostname or ""
    try:
        is_own = ip_address(host).is_loopback
    except ValueError:
        is_own = host == "localhost" or host.endswith(".localhost")
    return bool(host) and not is_own and len(address) <= MAX_ADDRESS


def _send_none(request: SmallRequest, title: str, advice: str) -> bytes:
    return send_problem(request, HTTPStatus.NOT_FOUND, title, advice)
