"""The user's pass code: from a file or the environment, never from the command line.

Arguments of a process are visible to all users of the machine.
"""

import os
import stat

from twisted.python import usage

from twisted_auction.cli.base import Options
from twisted_auction.wire import verbs
from twisted_auction.wire.lines import MAX_LINE

PASS_VARIABLE = "AUCTION_PASS"
"""The variable of the environment with a pass code."""

PASS_FILE_OPTION = [
    "pass-file",
    "p",
    None,
    "A file with your pass code, in a house with a list of people. Without it, the code comes "
    f"from {PASS_VARIABLE} in the environment, or is typed when the house asks for it.",
]

MAX_CODE = MAX_LINE - len(verbs.PASS.line()) - 1
"""Maximum bytes of a pass code: it must fit a line with its verb."""


def pass_code(command: Options) -> str | None:
    """The user's pass code; None if it is to be typed.

    :param command: has the option ``--pass-file``. The user is warned by an error line if other
        users can read the file.
    :raises UsageError: if there is no code where one should be. The text does not show it.
    """
    path = command["pass-file"]
    if path is None:
        text = os.environ.get(PASS_VARIABLE)
        return _checked(text.encode("utf-8", "surrogateescape"), PASS_VARIABLE) if text else None
    try:
        with open(path, "rb") as file:
            # On other systems, the mode does not tell who can read a file.
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & (
                stat.S_IRGRP | stat.S_IROTH
            ):
                command.complain(f"other users can read {path}; to prevent it: chmod 600 {path}")
            data = file.read(2 * MAX_LINE)
    except OSError as error:
        raise usage.UsageError(f"--pass-file {path}: {error.strerror}") from None
    return _checked(data, f"--pass-file {path}")


def _checked(data: bytes, source: str) -> str:
    """The code in some bytes.

    :raises UsageError: if they are not one line of text.
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not 0 < len(text.encode()) <= MAX_CODE:
        # From None, and without the text: a traceback must not show it either.
        raise usage.UsageError(f"{source} must have one line, your pass code")
    return text
