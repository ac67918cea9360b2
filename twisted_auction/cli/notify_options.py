"""The options of ``twistd auction`` for notifications."""

import os
import stat
from pathlib import Path

from twisted.python import usage

from twisted_auction.server.notify_settings import (
    MAX_SECRET_FILE,
    NotifySettings,
    parse_secret,
)

NOTIFY_OPTIONS = [
    [
        "notify",
        None,
        None,
        "With --people: the URL of a receiver to tell what persons miss while they are away: that "
        "they were outbid, won, lost or owe. It can send mail. [default: none]",
    ],
    [
        "notify-secret",
        None,
        None,
        "With --notify: the file with the secret that signs notifications, as from: openssl rand "
        "-base64 32",
    ],
]
"""The options with their defaults and their help, as :class:`twisted.python.usage.Options` has
them."""


def read_notify(
    url: str | None, secret: str | None, has_people: bool, has_ledger: bool
) -> NotifySettings | None:
    """Read ``--notify`` and ``--notify-secret``.

    :param secret: the name of the file.
    :return: None without notifications.
    :raises UsageError: if one of them is wrong; the text shows no secret.
    """
    if url is None:
        if secret is not None:
            raise usage.UsageError("--notify-secret needs --notify, the URL of the receiver")
        return None
    if not has_people:
        raise usage.UsageError("--notify needs --people, the list of the people")
    if not has_ledger:
        raise usage.UsageError("--notify needs a --ledger, which keeps what is not sent yet")
    if secret is None:
        raise usage.UsageError("--notify needs --notify-secret, the file with the secret to sign")
    key = _read_secret(Path(secret))
    try:
        return NotifySettings(url, key)
    except ValueError as error:
        raise usage.UsageError(f"--notify: {error}") from None


def _read_secret(path: Path) -> bytes:
    """Read the file with the secret.

    :raises UsageError: if there is none, or other users can read it.
    """
    try:
        with path.open("rb") as file:
            # On other systems, the mode does not tell who can read a file.
            others = os.fstat(file.fileno()).st_mode & (stat.S_IRGRP | stat.S_IROTH)
            if os.name == "posix" and others:
                raise usage.UsageError(
                    f"--notify-secret: other users can read {path}; to prevent it: chmod 600 {path}"
                )
            return parse_secret(file.read(MAX_SECRET_FILE))
    except OSError as error:
        problem = error.strerror
    except ValueError as error:
        problem = str(error)
    raise usage.UsageError(f"--notify-secret: {path}: {problem}")
