"""The operator's settings of the page, and its address for people."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

EXTRA = "the page needs: pip install 'twisted-auction[web]'"
"""The reason of a server without a page."""

METRICS_EXTRA = "the metrics need: pip install 'twisted-auction[web,metrics]'"
"""The reason of a server without metrics."""

CLEAR_CODES = (
    "Pass codes travel in the clear to {address}. On a network that others can read, use --web "
    "ssl:…, or a proxy with TLS and --web-address https://…"
)
"""Announced if people have codes, and no TLS protects them."""

NO_FOLDER = "The catalogue names pictures, and nobody sees them without --pictures FOLDER."
"""Announced if a catalogue has pictures, and the site has no folder of them."""

NO_PICTURES = "Pictures of the catalogue that are not in {folder}: {names}."
"""Announced if files are missing in the folder of pictures."""

MAX_NAMED = 5
"""Number of missing pictures to name."""

_ENDPOINT = re.compile(r"(?:haproxy:)?(tcp6?|ssl):(?:port=)?([0-9]+)(?::(.*))?")
_INTERFACE = re.compile(r"(?:^|:)interface=((?:\\.|[^:\\])*)")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The settings of a site.

    :param address: the site's address for people, such as ``https://example.org``, if a proxy has
        another one than the site itself; empty if not. With ``https``, all browsers come by TLS.
    :param proxy: the IP address of a proxy that names its clients in ``X-Forwarded-For``; empty for
        none. Any client could write this header, so it is believed from there only.
    :param pictures: the folder with the pictures of lots; None for none.
    :param log_requests: True to log a line for each request, without addresses and codes.
    :raises ValueError: if one is impossible; the text names it.
    """

    address: str = ""
    proxy: str = ""
    pictures: Path | None = None
    log_requests: bool = False

    def __post_init__(self) -> None:
        if self.address and not _is_origin(self.address):
            raise ValueError(
                f"address must be such as https://example.org, without a path, not {self.address!r}"
            )
        if self.proxy:
            try:
                ip_address(self.proxy)
            except ValueError:
                raise ValueError(
                    f"proxy must be an IP address, such as 127.0.0.1, not {self.proxy!r}"
                ) from None

    @property
    def is_secure(self) -> bool:
        """True if all browsers come by TLS as far as a proxy."""
        return self.address.startswith("https://")


def missing_extra() -> str:
    """The advice to install what the page needs; empty if nothing is missing."""
    release = tuple(map(int, version("twisted").split(".")[:2]))
    return "" if find_spec("wsproto") is not None and release >= (26, 10) else EXTRA


def missing_metrics() -> str:
    """The advice to install what the metrics need; empty if nothing is missing."""
    has_all = find_spec("prometheus_client") is not None and not missing_extra()
    return "" if has_all else METRICS_EXTRA


def address_of(description: str) -> str:
    """The address for browsers of an endpoint string, such as ``http://127.0.0.1:8080``.

    :return: the empty string if the endpoint is no port of this machine, such as a Unix socket.
    """
    endpoint = _ENDPOINT.fullmatch(description)
    if endpoint is None:
        return ""
    kind, port, rest = endpoint.groups()
    interface = _INTERFACE.search(rest or "")
    host = interface[1].replace("\\", "") if interface is not None else ""
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1" if kind != "tcp6" else "::1"
    if ":" in host:
        host = f"[{host}]"
    scheme, usual = ("https", "443") if kind == "ssl" else ("http", "80")
    return f"{scheme}://{host}" if port == usual else f"{scheme}://{host}:{port}"


def greetings(
    description: str, settings: SiteSettings, has_codes: bool, pictures: Iterable[str] = ()
) -> list[str]:
    """The lines for the operator about the page: its address, and what it lacks.

    :param description: the endpoint string.
    :param has_codes: True if people have pass codes.
    :param pictures: the pictures that the catalogue names.
    """
    address = settings.address or address_of(description)
    lines = [f"The page is at {address}/" if address else f"The page is at {description}"]
    if has_codes and not (address or description).startswith(("https:", "unix:")):
        lines.append(CLEAR_CODES.format(address=address or description))
    folder = settings.pictures
    missing = [name for name in pictures if folder is None or not (folder / name).is_file()]
    if missing and folder is None:
        lines.append(NO_FOLDER)
    elif missing:
        rest = len(missing) - MAX_NAMED
        more = [f"and {rest} more"] if rest > 0 else []
        names = ", ".join([*missing[:MAX_NAMED], *more])
        lines.append(NO_PICTURES.format(folder=folder, names=names))
    return lines


def _is_origin(address: str) -> bool:
    """True for a scheme and a host, perhaps with a port."""
    try:
        url = urlsplit(address)
        return (
            url.scheme in ("http", "https")
            and url.port != 0
            and url.hostname is not None
            and _HOST.fullmatch(url.hostname) is not None
            and "@" not in url.netloc
            and address == f"{url.scheme}://{url.netloc}"
        )
    except ValueError:
        return False
