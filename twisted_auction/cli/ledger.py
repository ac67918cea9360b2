"""``auction ledger``: reports and checks for the operator, and for a person who doubts a result.

Every command but ``archive`` and ``copy`` follows the rows of the ledger, room after room, through
:class:`~twisted_auction.ledger.history.History`, and stops at the first row that is wrong.
"""

from twisted_auction.cli.base import Commands, lazy_command
from twisted_auction.cli.ledger_options import LEDGER_OPTION


class Ledger(Commands):
    """The commands about a ledger."""

    synopsis = "[options] COMMAND [options]"
    example = "verify auction.sqlite3"
    longdesc = (
        "Reads the ledger of a server, also while the server is running. Only archive changes the "
        "ledger."
    )
    optParameters = [LEDGER_OPTION]
    subCommands = [
        ("list", None, lazy_command(".ledger_list.List"), "List every item, with its result."),
        ("show", None, lazy_command(".ledger_show.Show"), "Show the events of one auction."),
        (
            "export",
            None,
            lazy_command(".ledger_export.Export"),
            "Write every bid and result as CSV or JSON, sealed bids too.",
        ),
        (
            "settle",
            None,
            lazy_command(".ledger_settle.Settle"),
            "Write the bills of Buyers, and the proceeds of Sellers.",
        ),
        (
            "verify",
            None,
            lazy_command(".ledger_verify.Verify"),
            "Check every row, and compute every result again.",
        ),
        (
            "copy",
            None,
            lazy_command(".ledger_copy.Copy"),
            "Copy a ledger to a new place, such as a database.",
        ),
        (
            "archive",
            None,
            lazy_command(".ledger_archive.Archive"),
            "Move auctions that are over to another file.",
        ),
    ]
