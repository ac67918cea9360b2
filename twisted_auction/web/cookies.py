"""The cookie with the pass code of a browser's person.

``GET /join/CODE`` sets it, and the handshake of the web socket reads it. Scripts cannot read it,
and no other site can make a browser send it with a request that changes something. Beneath TLS its
name has the prefix ``__Host-``, so no other host and no unencrypted page can set it.
"""

import re

from twisted.web.server import Request

COOKIE = b"auction"
"""Name of the cookie on a connection without TLS."""

SECURE_COOKIE = b"__Host-auction"
"""Name of the cookie beneath TLS."""

COOKIE_SECONDS = 30 * 24 * 3600
"""Seconds for which a browser keeps the cookie, longer than a timed sale. The person can forget it
earlier, and the operator can renew the code."""

MAX_CODE = 64
"""Characters of a code in a link. A longer text is no code."""

_UNSAFE = re.compile(r"[^0-9A-Za-z-]+")


def code_of(request: Request) -> str | None:
    """The pass code in a request's cookie, not checked; None without a cookie."""
    value = request.getCookie(SECURE_COOKIE if request.isSecure() else COOKIE)
    return None if value is None else value.decode("latin-1")


def remember_code(request: Request, text: str) -> None:
    """Let the browser keep a pass code.

    :param text: the code as it stands in a link. Characters unfit for a cookie are
        replaced, so a text without a code stays one, and the page says so.
    """
    _set_cookie(request, _UNSAFE.sub("-", text[:MAX_CODE]) or "-", COOKIE_SECONDS)


def forget_code(request: Request) -> None:
    """Let the browser forget its pass code."""
    _set_cookie(request, "", 0)


def _set_cookie(request: Request, value: str, seconds: int) -> None:
    is_secure = request.isSecure()
    request.addCookie(
        SECURE_COOKIE if is_secure else COOKIE,
        value,
        path="/",
        max_age=str(seconds),
        secure=is_secure,
        httpOnly=True,
        sameSite="lax",
    )
