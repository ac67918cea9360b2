"""The assignment's client: ``auc_client HOST PORT``.

Authors: the twisted-auction developers. Date: November 2026.

The first client of a waiting server becomes the Seller and is asked for an auction request; the
later ones become Buyers. The client sends a typed line when the server asks for one.
"""

import sys
from pathlib import Path

if __name__ == "__main__" and not __package__:
    # Started as a file (python auc_client.py): make the package importable.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from twisted_auction.cli.base import execute
from twisted_auction.cli.join import Join
from twisted_auction.cli.output import open_standard_streams


def main() -> None:
    """Run ``auc_client``."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Join(), reactor)


if __name__ == "__main__":
    main()
