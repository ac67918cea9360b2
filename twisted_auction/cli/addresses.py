"""The address of the server: a host and a port, or an endpoint string."""

from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, clientFromString
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

ADDRESS_HELP = (
    "The server's address is HOST, a name or an IPv4 or IPv6 address, and PORT, or one Twisted "
    "client endpoint string such as tls:example.org:4000. To trust a certificate of your own, add "
    ":trustRoots=FOLDER, a folder with its .pem file. (ssl: verifies no certificate.)"
)


AT_OPTION = ["at", "a", None, "The server's address, as one endpoint string."]
"""The option ``--at`` of each command with a connection to a server."""

NO_NEWLINE_FLAG = [
    "no-newline",
    None,
    "Send lines without an end, for servers that choke on one.",
]
"""The option ``--no-newline`` of each command that also connects to other servers."""

DEFAULT_PORT = "4000"
"""The default port of ``twistd auction``."""

DEFAULT_ADDRESS = ("127.0.0.1", DEFAULT_PORT)
"""The default address of commands that connect to it."""

UNVERIFIED_WARNING = "ssl: verifies no certificate, so anybody may pose as the server; use tls:"


def address_from(option: str | None, where: tuple[str, ...]) -> tuple[str, ...]:
    """The address from the arguments or from the option ``--at``.

    :param where: the arguments, perhaps none.
    :raises UsageError: if the user gave both.
    """
    if option is None:
        return where
    if where:
        raise usage.UsageError("name one server, with --at or after the options")
    return (option,)


def is_unverified(description: str) -> bool:
    """True if an endpoint string asks for TLS without verifying the certificate."""
    return description.startswith("ssl:") and ":caCertsDir=" not in description


def endpoint_of(
    reactor: Any,
    host: str,
    port: str | None = None,
    example: str = "a host and a port, or an endpoint string such as tcp:127.0.0.1:12345",
) -> IStreamClientEndpoint:
    """Make an endpoint from ``HOST PORT``, or from an endpoint string.

    :param host: without a port, an endpoint string.
    :param example: the suggestion in the error message.
    :raises UsageError: if the text is neither.
    """
    if port is not None:
        # isdigit() is also true for digits of other scripts.
        if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
            raise usage.UsageError(f"a port is a number from 1 to 65535, not {port!r}")
        # As in a URL, an IPv6 address may be in brackets.
        return HostnameEndpoint(reactor, host.removeprefix("[").removesuffix("]"), int(port))
    try:
        endpoint: IStreamClientEndpoint = clientFromString(reactor, host)
        return endpoint
    except NameError:  # Twisted's parts for TLS are not installed
        problem = "TLS needs: pip install 'twisted-auction[tls]'"
    except (LookupError, TypeError, ValueError):  # their messages are for programmers
        problem = f"give {example}"
    except Exception as error:  # each kind of endpoint has its own errors
        problem = str(error) or type(error).__name__
    raise usage.UsageError(f"cannot connect to {host!r}: {problem}")
