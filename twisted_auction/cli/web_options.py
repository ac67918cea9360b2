"""The options of ``twistd auction`` for the page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.server.endpoints import endpoint_description, metrics_description
from twisted_auction.web.settings import SiteSettings, missing_extra, missing_metrics

WEB_OPTIONS = [
    [
        "web",
        None,
        None,
        "Where to serve the page for browsers: a port or an endpoint string, as --port, such as "
        "8080, or ssl:443:privateKey=key.pem:certKey=cert.pem. [default: nowhere]",
    ],
    [
        "metrics",
        None,
        None,
        "Where to serve figures for Prometheus, at /metrics: an endpoint string, or a number for "
        "this machine alone. [default: nowhere]",
    ],
    [
        "web-address",
        None,
        None,
        "With --web: the address of the page for people, such as https://example.org, if a proxy "
        "serves it.",
    ],
    [
        "web-proxy",
        None,
        None,
        "With --web: the IP address of a proxy that names its clients in X-Forwarded-For. One that "
        "sends the PROXY header needs haproxy: in --web instead.",
    ],
    [
        "pictures",
        None,
        None,
        "With --web: the folder with the pictures that a catalogue names.",
    ],
]
"""The options with their defaults and their help, as :class:`twisted.python.usage.Options` has
them."""

WEB_FLAGS = [
    [
        "log-requests",
        None,
        "With --web: log one line for each request of a browser, at level debug; never an address "
        "or a pass code.",
    ],
]
"""The same for the options without a value."""

SETTINGS = ("web-address", "web-proxy", "pictures", "log-requests")
"""The options that need ``--web``."""


def read_metrics(
    port: str | None, describe: Callable[[str, Callable[[str, Any], str], str], str]
) -> str | None:
    """Read ``--metrics``.

    :param port: its text; None without the option.
    :param describe: makes an endpoint string of the text of an option.
    :raises UsageError: if it is wrong.
    """
    if port is None:
        return None
    if missing_metrics():
        raise usage.UsageError(f"--metrics: {missing_metrics()}")
    return describe("metrics", metrics_description, port)


def read_web(
    options: Mapping[str, Any],
    describe: Callable[[str, Callable[[str, Any], str], str], str],
    resolve: Callable[[str, Path, str], Path],
) -> tuple[str | None, SiteSettings]:
    """Read the options for the page.

    :param describe: makes an endpoint string of the text of an option.
    :param resolve: makes a path that is good under ``twistd``.
    :return: the endpoint string, None for no page; and the settings.
    :raises UsageError: if an option is wrong; the text names it.
    """
    if options["web"] is None:
        for option in SETTINGS:
            if options[option]:
                raise usage.UsageError(f"--{option} needs --web, the port of the page")
        return None, SiteSettings()
    if missing_extra():
        raise usage.UsageError(f"--web: {missing_extra()}")
    endpoint = describe("web", endpoint_description, options["web"])
    pictures = options["pictures"]
    if pictures is not None and not Path(pictures).is_dir():
        raise usage.UsageError(f"--pictures: {pictures} is no folder")
    try:
        settings = SiteSettings(
            address=(options["web-address"] or "").rstrip("/"),
            proxy=options["web-proxy"] or "",
            pictures=None if pictures is None else resolve("pictures", Path(pictures), "pictures"),
            log_requests=bool(options["log-requests"]),
        )
    except ValueError as error:  # it begins with the name of the setting
        raise usage.UsageError(f"--web-{error}") from None
    return endpoint, settings
