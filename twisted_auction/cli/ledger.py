"""``auction ledger``: what a ledger tells the operator, and anyone who doubts a result.

Every command follows the rows of the ledger, room after room, through
:class:`~twisted_auction.ledger.history.History`, and stops at the first one that does not hold.
"""

from twisted_auction.cli.base import Commands, imported
from twisted_auction.cli.reader import LEDGER


class Ledger(Commands):
    """The commands that read a ledger."""

    synopsis = "[options] COMMAND [options]"
    example = "verify auction.sqlite3"
    longdesc = (
        "Reads the ledger of a server, which may be running meanwhile, and changes nothing in it; "
        "only archive does."
    )
    optParameters = [LEDGER]
    subCommands = [
        ("list", None, imported(".ledger_list.List"), "Show every item, and what became of it."),
        ("show", None, imported(".ledger_show.Show"), "Tell the story of one auction."),
        (
            "export",
            None,
            imported(".ledger_export.Export"),
            "Write every bid and result as CSV or JSON, sealed ones too.",
        ),
        (
            "verify",
            None,
            imported(".ledger_verify.Verify"),
            "Check every row, and work every result out again.",
        ),
        (
            "archive",
            None,
            imported(".ledger_archive.Archive"),
            "Move auctions that are over to another file.",
        ),
    ]
