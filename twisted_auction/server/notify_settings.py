"""The receiver of notifications: its address, and the secret that signs them."""

from base64 import b64decode
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

MIN_SECRET = 24
"""Minimum bytes of the secret."""

MAX_SECRET = 64
"""Maximum bytes of the secret."""

MAX_SECRET_FILE = 1024
"""Maximum bytes to read from a file with a secret."""

NO_TLS = "TLS needs: pip install 'twisted-auction[tls]'"


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Where notifications go.

    :param url: the address of the receiver. Its path may have a secret of its own, so it is shown
        nowhere.
    :param secret: 24 to 64 random bytes, which the receiver knows.
    :raises ValueError: if one is impossible; the text says why, and shows no secret.
    """

    url: str = field(repr=False)
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url:
            raise ValueError("the address must be a URL of printable ASCII characters")
        try:
            parts = urlsplit(self.url)
            has_port = parts.port != 0
        except ValueError:
            has_port, parts = False, urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
            raise ValueError("the address must be a URL such as https://example.org/auction")
        if "@" in parts.netloc:
            raise ValueError("the address must have no user and no password: the secret signs")
        if parts.fragment:
            raise ValueError("the address must have no part after #, which no server is sent")
        if parts.scheme == "https" and find_spec("OpenSSL") is None:
            raise ValueError(NO_TLS)
        if not MIN_SECRET <= len(self.secret) <= MAX_SECRET:
            raise ValueError(f"the secret must be {MIN_SECRET} to {MAX_SECRET} bytes")

    @property
    def place(self) -> str:
        """The scheme, the host and the port, for the operator to read."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def greetings(self) -> list[str]:
        """What the operator reads at the start."""
        sentences = [f"Notifications go to {self.place}."]
        if self._is_in_the_clear:
            sentences.append(
                "They travel in the clear. On a network that others can read, use https://"
            )
        return sentences

    @property
    def _is_in_the_clear(self) -> bool:
        """True if notifications cross a network without TLS."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        try:
            is_loopback = ip_address(host).is_loopback
        except ValueError:
            is_loopback = host == "localhost"
        return parts.scheme == "http" and not is_loopback


def parse_secret(data: bytes) -> bytes:
    """Read a secret as a file has it: base64, perhaps after ``whsec_``.

    :raises ValueError: if it is none; the text does not show it.
    """
    try:
        secret = b64decode(data.strip().removeprefix(b"whsec_"), validate=True)
    except ValueError:
        secret = b""
    if not MIN_SECRET <= len(secret) <= MAX_SECRET:
        raise ValueError(
            f"it must have {MIN_SECRET} to {MAX_SECRET} random bytes in base64, as from: "
            "openssl rand -base64 32"
        ) from None
    return secret
