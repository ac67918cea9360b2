"""``auction check client``: plays the assignment with a client."""

from typing import Any

from twisted.python import usage

from twisted_auction.check import rubric
from twisted_auction.check.client import ClientCheck
from twisted_auction.check.scorecard import Scorecard
from twisted_auction.cli.check_options import CHECK_OPTIONS, CHECK_STATUSES, Check, split_command


class CheckClient(Check):
    """Starts a client, serves it, and types to it."""

    synopsis = "[options] COMMAND"
    example = "'python auc_client.py'"
    longdesc = (
        "Plays the assignment with a client: starts it at a terminal of its own, serves it with "
        "the assignment's words, and types what a Seller and Buyers type. COMMAND is one argument, "
        "such as 'python auc_client.py'; {host} and {port} in it are replaced, or else both are "
        "added at its end. Prints one line for each row of the rubric, passed or failed; below a "
        f"failed row is everything sent, typed and shown. {CHECK_STATUSES}"
    )
    rows = rubric.CLIENT_ROWS
    optParameters = CHECK_OPTIONS

    def parseArgs(self, *words: str) -> None:
        """Read the command."""
        if len(words) != 1:
            raise usage.UsageError(
                "give one command, in quotes if it has blanks, after the options"
            )
        self["command"] = split_command(words[0])
        self["text"] = words[0]

    @property
    def title(self) -> str:
        """The client in the heading of the report."""
        return f"Client {self['text']}"

    def check(self, reactor: Any, card: Scorecard) -> ClientCheck:
        """Make the check that fills the scorecard."""
        return ClientCheck(reactor, card, self["command"], self["seconds"])
