"""``auction sell``: a Seller, with the auction request from options."""

from twisted.internet.interfaces import IReactorTime
from twisted.python import usage

from twisted_auction.cli.addresses import ADDRESS_HELP, DEFAULT_ADDRESS
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.join import VISIT_STATUSES, JoinRoom
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client.person import Person
from twisted_auction.client.robots import RequestRobot
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.rule import AnyRule
from twisted_auction.wire import messages
from twisted_auction.wire.lines import MAX_LINE

OPTION_NAMES = {
    "type_of_auction": "--format",
    "lowest_price": "--lowest-price",
    "number_of_bids": "--buyers",
    "item_name": "ITEM",
}
"""The command line's name of each field of a request, for error messages."""


RESERVED_NAMES = {
    *("at", "format", "lowest-price", "lowest", "buyers", "bidders", "room", "pass-file", "help"),
    "version",
}
"""Names of options that are no rules. A rule with such a name needs the form FORMAT:RULE=VALUE."""


def _rules() -> dict[str, tuple[AnyRule, list[str]]]:
    """Each rule by name, with the names of its formats."""
    rules: dict[str, tuple[AnyRule, list[str]]] = {}
    for kind in FORMATS.values():
        for name, rule in kind.rules.items():
            if name not in RESERVED_NAMES:
                rules.setdefault(name, (rule, []))[1].append(kind.name)
    return rules


def _parameters() -> list[list[str | None]]:
    """The options, as ``optParameters`` of :class:`~twisted.python.usage.Options`."""
    parameters: list[list[str | None]] = [
        [
            "format",
            "f",
            "english",
            f"The format: {', '.join(kind.name for kind in FORMATS.values())}.",
        ],
        ["lowest-price", "l", "1", "The Seller's lowest price, in whole dollars."],
        ["buyers", "b", "1", "Number of Buyers that must be there before bidding opens."],
    ]
    return parameters + [
        [name, None, None, f"{', '.join(kinds)}: {rule.meaning}."]
        for name, (rule, kinds) in _rules().items()
    ]


class Sell(JoinRoom):
    """Takes part as a Seller."""

    synopsis = "[options] [HOST PORT | ENDPOINT] ITEM"
    example = "--format dutch --lowest-price 100 --buyers 2 127.0.0.1 4000 Compass"
    longdesc = (
        "Sells one item. If the auction there has a Seller already, this command leaves again. "
        "During open bidding, type close to end the auction at once. "
        f"{ADDRESS_HELP} Default: {' '.join(DEFAULT_ADDRESS)}. {VISIT_STATUSES}"
    )
    role = messages.RoleSeller
    optParameters: list[list[str | None]] = []

    def __init__(self) -> None:
        # At run time: other packages register formats after the import of this module.
        type(self).optParameters = _parameters()
        super().__init__()

    def opt_lowest(self, dollars: str) -> None:
        """The same as --lowest-price."""
        self["lowest-price"] = dollars

    def opt_bidders(self, number: str) -> None:
        """The same as --buyers."""
        self["buyers"] = number

    def parseArgs(self, *arguments: str) -> None:
        """Read the address of the server, and the item."""
        refuse_options(arguments)
        if not 1 <= len(arguments) <= 3:
            raise usage.UsageError("name one item, in quotes if it has blanks")
        *where, item = arguments
        self["item"] = item.strip()
        self["where"] = self.address_or_default(tuple(where))

    def postOptions(self) -> None:
        """Make the request from the options.

        :raises UsageError: if every server would refuse it.
        """
        super().postOptions()
        rules = [f"{name}={self[name]}" for name in _rules() if self[name] is not None]
        kind = ":".join([self["format"], *rules])
        self["request"] = f"{kind} {self['lowest-price']} {self['buyers']} {self['item']}"
        try:
            line = self["request"].encode()
            if len(line) > MAX_LINE:
                raise InvalidRequest(f"the request is longer than {MAX_LINE} bytes.")
            # The limits of the server are unknown here, so only the grammar is checked.
            if parse_request(line, MAX_AMOUNT).item_name != self["item"]:
                raise InvalidRequest("an option has a blank in it.")
        except UnicodeEncodeError:
            raise usage.UsageError("the item must be UTF-8 text") from None
        except InvalidRequest as refusal:
            reason = refusal.reason or "an option or the item is empty"
            for field, option in OPTION_NAMES.items():
                reason = reason.replace(field, option)
            raise usage.UsageError(reason) from None

    def participant(self, terminal: Terminal, clock: IReactorTime) -> Person:
        """A robot that submits the request."""
        return RequestRobot(terminal, self["request"])
