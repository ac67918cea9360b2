"""All messages of the server, as one table.

A message is a frozen dataclass with a wording. :mod:`~twisted_auction.wire.lines` codes it as a
line of text and :mod:`~twisted_auction.wire.json` as a JSON object; ``docs/protocol.rst`` lists
both.
"""

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from typing import ClassVar, NoReturn, TypeVar, dataclass_transform

from twisted_auction.rules.amounts import in_seconds, in_words
from twisted_auction.rules.sentences import Sentence
from twisted_auction.wire.verbs import ALL_LOTS_VERBS, DESK_VERBS, LOBBY, listed


class Message:
    """One message of the server; ``str()`` is its line of text, without the line end.

    Letters are coded late, for each connection. Coding must not fail then, so a message that cannot
    be coded is refused when it is made. If a format made it, only that format's auction ends.

    :cvar line: the wording, with the fields in braces. If a text field at the end is empty, the
        space before it is left out. ``{seconds} seconds`` is singular for 1, and ``{duration}`` has
        the field ``seconds`` in larger units. A part in ``<>`` is left out if its number is 0. A
        message without a wording exists in JSON alone: lines leave it out.
    :cvar type_name: the name of the class in snake_case: the message's type in JSON.
    :cvar template: the wording as a template of :meth:`str.format`.
    :cvar field_types: the type of each field: ``int`` or ``str``.
    :cvar optional: the part of the template in ``<>``, and its field; empty if there is none.
    :cvar built_field: the field of type :data:`BuiltText`; None if there is none.
    :raises TypeError: if a field is not of its declared type.
    :raises ValueError: if a text is not Unicode, such as half of a surrogate pair.
    """

    __slots__ = ()
    line: ClassVar[str]
    type_name: ClassVar[str]
    template: ClassVar[str]
    optional: ClassVar[tuple[str, str]]
    field_types: ClassVar[dict[str, type]]
    built_field: ClassVar[str | None]

    # The methods of a frozen dataclass, once for all messages. dataclass() would compile them for
    # each of more than a hundred classes, and every program would start a tenth of a second later.

    def __init__(self, *values: int | str, **named: int | str) -> None:
        kinds = self.field_types
        if named:
            values = self._in_order(values, named)
        if len(values) != len(kinds):
            raise TypeError(f"{self.type_name} has {len(kinds)} fields, not {len(values)}")
        for (name, kind), value in zip(kinds.items(), values, strict=False):
            if not isinstance(value, kind):
                raise TypeError(f"{self.type_name}.{name} is {value!r}")
            if isinstance(value, str):
                # Raises for half of a surrogate pair.
                value.encode("utf-8")
            object.__setattr__(self, name, value)

    def _in_order(
        self, values: tuple[int | str, ...], named: dict[str, int | str]
    ) -> tuple[int | str, ...]:
        """The values of all fields in their order, some of which were given by name."""
        given = {**dict(zip(self.field_types, values, strict=False)), **named}
        if given.keys() != self.field_types.keys() or len(values) + len(named) != len(given):
            raise TypeError(f"{self.type_name} has the fields {', '.join(self.field_types)}")
        return tuple([given[name] for name in self.field_types])

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self.field_types
        )

    def __hash__(self) -> int:
        return hash((type(self), *[getattr(self, name) for name in self.field_types]))

    def __repr__(self) -> str:
        shown = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)  # type: ignore[arg-type]  # each message is a dataclass
            if each.repr
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __str__(self) -> str:
        return self.template.format(self).rstrip()

    @property
    def time(self) -> str:
        """The field ``seconds`` in words, for messages with this field."""
        return in_seconds(getattr(self, "seconds"))  # noqa: B009  # most have none

    @property
    def duration(self) -> str:
        """The field ``seconds`` in larger units, for messages with this field."""
        return in_words(getattr(self, "seconds"))  # noqa: B009

    @property
    def part(self) -> str:
        """The part in ``<>``, for messages with such a part; empty if its number is 0."""
        template, name = self.optional
        return template.format(self) if getattr(self, name) else ""


BuiltText = str | Sentence
"""The type of a field whose text the program has built, if it is a sentence: pages get its parts,
too."""

MESSAGES: list[type[Message]] = []
"""Every message of the server."""

M = TypeVar("M", bound=Message)

_OPTIONAL = re.compile(r"<([^<>]*\{0\.(\w+)\}[^<>]*)>")


@dataclass_transform(frozen_default=True)
def message(line: str) -> Callable[[type[M]], type[M]]:
    """Make a class a message with this wording: a frozen dataclass, listed in :data:`MESSAGES`."""

    def decorate(cls: type[M]) -> type[M]:
        # With slots, dataclass() makes a new class. The attributes below belong to that one.
        decorated = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        decorated.line = line
        decorated.type_name = re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()
        # str.format() gets the message alone, as argument 0: {buyer} reads the field as {0.buyer}.
        template = line.replace("{seconds} seconds", "{time}").replace("{", "{0.")
        decorated.template = _OPTIONAL.sub("{0.part}", template)
        found = _OPTIONAL.search(template)
        decorated.optional = ("", "") if found is None else (found[1], found[2])
        decorated.field_types = {
            field.name: int if field.type is int else str
            for field in fields(decorated)  # type: ignore[arg-type]  # it is a dataclass now
        }
        built = [field.name for field in fields(decorated) if field.type == BuiltText]  # type: ignore[arg-type]
        decorated.built_field = built[0] if built else None
        MESSAGES.append(decorated)
        return decorated

    return decorate


# The auction of the assignment.
@message("Your role is: [Seller]")
class RoleSeller(Message):
    """To a newcomer who is the Seller."""


@message("Please submit auction request:")
class AskRequest(Message):
    """To the Seller: the question for its auction request."""


@message("Invalid auction request! {reason}")
class RequestRefused(Message):
    """To the Seller: its line is no auction request. The reason is a sentence or empty."""

    reason: BuiltText


@message("Auction request received: {text}")
class RequestReceived(Message):
    """To the Seller: its auction request is accepted."""

    text: str


@message("Your auction request is already in. Please wait...")
class RequestAlreadyIn(Message):
    """To the Seller: a line came after its request was accepted."""


@message("Your role is: [Buyer]")
class RoleBuyer(Message):
    """To a newcomer who is a Buyer."""


@message("The Auctioneer is still waiting for other Buyer to connect...")
class WaitingForBuyers(Message):
    """To a Buyer: more Buyers are needed before bidding opens."""


@message("Bidding start!")
class BiddingStart(Message):
    """Bidding is open."""


@message("Please submit your bid:")
class AskBid(Message):
    """To a Buyer: the question for its bid."""


@message("Invalid bid. Please submit a positive integer! {reason}")
class BidRefused(Message):
    """To a Buyer: its line is no bid. The reason is a sentence or empty."""

    reason: BuiltText


@message("Bid received. Please wait...")
class BidReceived(Message):
    """To a Buyer: its bid is taken."""


@message("Your bid is changed.")
class BidChanged(Message):
    """In a timed auction, to a Buyer: another amount replaces its sealed bid."""


@message("Your bid is withdrawn.")
class BidWithdrawn(Message):
    """In a timed auction, to a Buyer: it has no sealed bid any more, and can bid again."""


@message("You have no bid to withdraw.")
class NoBidYet(Message):
    """In a timed auction, to a Buyer without a sealed bid, in answer to ``withdraw``."""


@message("Bidding ends in {duration}.")
class EndsIn(Message):
    """In a timed auction: the time until its end, which is a time of day."""

    seconds: int


@message("Bidding has not started. Please wait...")
class BiddingNotOpen(Message):
    """To a Buyer: a line came before bidding opened."""


@message("Your bid is already in. Please wait...")
class BidAlreadyIn(Message):
    """To a Buyer: a line came after its bid was taken."""


@message("Auction finished!")
class AuctionFinished(Message):
    """The result follows."""


@message("Success! Your item {item_name} has been sold for ${payment}")
class SoldFor(Message):
    """To the Seller: the winner's payment, in whole dollars."""

    item_name: str
    payment: int


@message("Buyer {buyer} bid ${amount}.")
class BuyerBid(Message):
    """To the Seller, after the result: one bid, in whole dollars. Only with
    ``--tell-seller-bids``."""

    buyer: int
    amount: int


@message("Unfortunately your item {item_name} was not sold in the auction.")
class NotSold(Message):
    """To the Seller: there is no sale."""

    item_name: str


@message("You won this item {item_name}! Your payment due is ${payment}")
class YouWon(Message):
    """To the winner: its payment, in whole dollars."""

    item_name: str
    payment: int


@message("This item is worth ${valuation} to you.")
class ItemIsWorth(Message):
    """In a classroom, to a Buyer together with the question for its bid: the valuation in the list
    of people, in whole dollars."""

    valuation: int


@message("You keep ${amount}.")
class YouKeep(Message):
    """In a classroom, to the winner: its valuation minus its payment, in whole dollars."""

    amount: int


@message("You lose ${amount}.")
class YouLose(Message):
    """In a classroom, to a Buyer whose payment is above what it has won, in whole dollars."""

    amount: int


@message("Unfortunately you did not win in the last round.")
class YouLost(Message):
    """To every Buyer but the winner."""


@message("Your payment due is ${payment}")
class PaymentDue(Message):
    """To a Buyer who did not win: its payment nevertheless, in whole dollars."""

    payment: int


# Early ends, and timeouts.
@message("Auction cancelled! {reason}")
class AuctionCancelled(Message):
    """The auction ends without a result. The reason is a sentence."""

    reason: str


TICKET_IS_GOOD = "When it opens again, your ticket is good for your seat."
"""To ticket holders, when a server with a ledger closes."""


@message("The Auctioneer is closing. {prospect}")
class AuctioneerCloses(Message):
    """The server stops. The prospect is a sentence about the auction, or empty."""

    prospect: str


@message("Time is up! No valid auction request came within {seconds} seconds.")
class RequestTimeUp(Message):
    """To a silent Seller, before the connection is closed."""

    seconds: int


@message("Time is up! No valid bid came within {seconds} seconds.")
class BidTimeUp(Message):
    """To a silent Buyer, before the connection is closed."""

    seconds: int


@message("Time is up! Your line did not end within {seconds} seconds.")
class LineTimeUp(Message):
    """To a client with an unfinished line, before the connection is closed."""

    seconds: int


@message("Time is up! You said nothing for {seconds} seconds.")
class LobbyTimeUp(Message):
    """To a silent client in the lobby, before the connection is closed."""

    seconds: int


# Sales and open bidding.
@message("The sale begins in {duration}.")
class SaleBegins(Message):
    """In a sale that begins at a time: the time until its first lot is announced."""

    seconds: int


@message("The sale begins when the Auctioneer starts it.")
class SaleBeginsByOrder(Message):
    """In a sale that begins by order: it has not begun."""


@message("All lots have been up. The sale ends in {duration}.")
class LotsAreDone(Message):
    """In a sale that begins at a time or by order, after the last lot. The operator may still offer
    a lot again, or add one."""

    seconds: int


@message("This lot has been up. Its room closes in {duration}.")
class LotIsDone(LotsAreDone):
    """The same in the sale of one timed lot, as where each lot has a room of its own: other lots
    may go on."""


@message("You are Buyer {buyer}.")
class YouAre(Message):
    """To a newcomer who is a Buyer, in open bidding and in a sale: its number."""

    buyer: int


@message("Lot {name} is withdrawn.")
class LotWithdrawn(Message):
    """In a sale: the operator skips a lot that was to come, given by its own number in the
    catalogue, or else by its place there, as in the next messages."""

    name: str


@message("Lot {name} comes before lot {other} now.")
class LotComesBefore(Message):
    """In a sale: the operator moves a lot that is to come."""

    name: str
    other: str


@message("Lot {name} is added: {item_name}")
class LotIsAdded(Message):
    """In a sale: the operator adds a lot at the end."""

    name: str
    item_name: str


@message("Lot {name} will be offered again.")
class LotComesAgain(Message):
    """In a sale: a lot that is not sold comes up again after the others."""

    name: str


@message("The sale of lot {name} is voided. {reason}")
class SaleIsVoided(Message):
    """In a sale: the result of a lot does not count. The reason is a sentence or empty."""

    name: str
    reason: str


@message("You do not owe ${payment} for lot {name}.")
class NothingDue(Message):
    """To a Buyer who owed something for a lot whose sale is voided: the amount in whole dollars
    that is not due."""

    payment: int
    name: str


@message("Lot {lot} of {lots}.")
class LotUp(Message):
    """In a sale: the number of the current lot."""

    lot: int
    lots: int


@message("Catalogue number: {label}.")
class CatalogueNumber(Message):
    """In a sale: the lot's own number in the organiser's catalogue."""

    label: str


@message("On sale: {item_name}")
class OnSale(Message):
    """In open bidding, in a sale and to Watchers: the item."""

    item_name: str


@message("Description: {description}")
class DescriptionIs(Message):
    """In a sale: what the catalogue says about the lot."""

    description: str


@message("Picture: {picture}")
class PictureIs(Message):
    """In a sale: the name of a file with a picture of the lot."""

    picture: str


@message("Format: {format}, from ${opening_price}. {rules}")
class FormatIs(Message):
    """The name of the format, the first price in whole dollars, and the rules."""

    format: str
    opening_price: int
    rules: str


@message("Bidding opens in {seconds} seconds.")
class OpensIn(Message):
    """In a sale, once enough Buyers are present: the time until bidding opens."""

    seconds: int


@message("")
class BuyPrice(Message):
    """After the format of an English auction with the rule ``buy``: the price to buy at once, in
    whole dollars, as long as the asking price is not higher."""

    amount: int


@message("")
class TimeLeft(Message):
    """The seconds left that no line has: ``until`` is ``opening`` (of the bidding, for those who
    are not told :class:`OpensIn`) or ``end`` (of sealed bidding)."""

    until: str
    seconds: int


@message("Type an amount, or pass.")
class AmountOrPass(Message):
    """In a sale, at the end of a sealed lot's announcement: how to answer once bidding opens."""


@message("This lot is yours. You cannot bid on it.")
class YourLot(Message):
    """In a sale, to the seller of the lot: instead of the question, and in answer to its lines."""


@message("You have passed this lot. Please wait...")
class HavePassed(Message):
    """In a sale, to a Buyer who has declined the lot."""


@message("Please wait for the next lot.")
class WaitForNextLot(Message):
    """To a newcomer while sealed bids on a lot are taken."""


@message("At any time: {how}")
class AskAnytime(Message):
    """In open bidding: how to act, any number of times, until the result."""

    how: str


@message("Not understood.")
class NotUnderstood(Message):
    """In open bidding: the line is no bid and no known word."""


@message("Bid too low! The least acceptable bid is ${least}.")
class BidTooLow(Message):
    """To a Buyer in open bidding: the least acceptable bid, in whole dollars."""

    least: int


@message("Bid too high! The greatest acceptable bid is ${most}.")
class BidTooHigh(Message):
    """To a Buyer in open bidding: the greatest acceptable bid, in whole dollars."""

    most: int


@message("Above your limit: you are bound for ${bound} of ${limit}.")
class AboveLimit(Message):
    """To a person whose bid is above its limit: the bids that bind it and its payments until now,
    in all rooms, and the limit, in whole dollars. The bid does not count."""

    bound: int
    limit: int


@message("Above your limit of lots: you are bound for {won} of {lots}.")
class TooManyLots(Message):
    """To a person whose bid is above its limit of lots: the number of lots that it has won or holds
    the bid for, in all rooms, and the limit. The bid does not count."""

    won: int
    lots: int


@message("Too many bids! Bid again in {seconds} seconds.")
class BidTooSoon(Message):
    """To a Buyer in open bidding who raises faster than people type. The bid does not count."""

    seconds: int


@message("Not accepted. {reason}")
class NotAccepted(Message):
    """To a participant: the format of an extension refuses its line. The reason may be empty."""

    reason: str


@message("Please repeat your bid to confirm: ${amount}")
class RepeatBid(Message):
    """To a Buyer in open bidding whose bid is far above the asking price. It counts if the Buyer's
    next line is the same."""

    amount: int


@message("Bid: ${amount} by Buyer {buyer}.")
class BidWas(Message):
    """In open bidding, in answer to ``bids``: one bid, in whole dollars, the latest one last."""

    buyer: int
    amount: int


@message("Voided bid: ${amount} by Buyer {buyer}.")
class VoidedBidWas(Message):
    """In the same answer: a bid that does not count any more."""

    buyer: int
    amount: int


@message("Bids listed: {listed} of {total}.")
class BidsListed(Message):
    """The end of this answer: the number of bids listed, and of all bids on the item."""

    listed: int
    total: int


@message("Please repeat your maximum to confirm: max {amount}")
class RepeatMaximum(Message):
    """To a Buyer in open bidding whose maximum is far above the asking price. It counts if the
    Buyer's next line is the same."""

    amount: int


@message("Your maximum is ${amount}.")
class MaximumIs(Message):
    """To a Buyer in open bidding: the amount, in whole dollars, up to which the server bids for it.
    Nobody else is told."""

    amount: int


@message("You have no maximum.")
class NoMaximum(Message):
    """To a Buyer in open bidding: the server does not bid for it."""


@message("Your maximum must be at least your bid: ${least}.")
class MaximumTooLow(Message):
    """To a Buyer who holds the highest bid and wants a lower maximum: its bid, in whole dollars.
    The maximum of before stays."""

    least: int


@message("You hold the highest bid: ${amount}.")
class YouHold(Message):
    """To a Buyer: its open bid is taken."""

    amount: int


@message("The Auctioneer has bid ${amount} for you.")
class BidForYou(Message):
    """To a Buyer with a maximum: the bid of the server for it, in whole dollars."""

    amount: int


@message("You have been outbid: Buyer {buyer} bids ${amount}.")
class Outbid(Message):
    """To the Buyer who held the highest bid before."""

    buyer: int
    amount: int


@message("Asking price: ${asking_price}. Seconds left: {seconds}.")
class Asking(Message):
    """In open bidding, before the first bid: the least acceptable bid, and the time left."""

    asking_price: int
    seconds: int


@message(
    "Highest bid: ${amount} by Buyer {buyer}. "
    "Asking price: ${asking_price}. Seconds left: {seconds}."
)
class HighestBid(Message):
    """In open bidding: the highest bid, the least acceptable next bid, and the time left."""

    amount: int
    buyer: int
    asking_price: int
    seconds: int


@message("The reserve is met.")
class ReserveMet(Message):
    """In open bidding with a hidden reserve, after the price: the highest bid would buy."""


@message("The reserve is not met.")
class ReserveNotMet(Message):
    """In open bidding with a hidden reserve, after the price, and after the result: the item is not
    sold for the highest bid, or without one."""


@message("Time extended!")
class TimeExtended(Message):
    """A late bid has moved the end. The highest bid follows."""


@message("Going once!")
class GoingOnce(Message):
    """The end is near. The highest bid or the asking price follows."""


@message("Going twice!")
class GoingTwice(Message):
    """The end is very near. The highest bid or the asking price follows."""


# The orders of the operator.
@message("The auction is paused.")
class AuctionPaused(Message):
    """The operator has paused the auction: its clock stands still, and no line counts."""


@message("Paused. Please wait...")
class Paused(Message):
    """To a participant: a line came while the auction is paused. It does not count."""


@message("The auction goes on.")
class AuctionResumed(Message):
    """The auction goes on after a pause, with as much time left as before."""


@message("Time extended! Seconds left: {seconds}.")
class MoreTime(Message):
    """In sealed bidding: the operator has moved the end."""

    seconds: int


@message("Voided: ${amount} by Buyer {buyer}. {reason}")
class Voided(Message):
    """In open bidding: the highest bid does not count. The price, which has fallen, follows. The
    reason is a sentence or empty."""

    amount: int
    buyer: int
    reason: str


@message("You have been expelled. {reason}")
class YouAreExpelled(Message):
    """To a participant, before the connection is closed. The reason is a sentence or empty."""

    reason: str


@message("The Auctioneer says: {text}")
class AuctioneerSays(Message):
    """A text of the operator, or its reason for an order."""

    text: str


@message("The {closer} has closed the bidding.")
class BiddingClosed(Message):
    """The Seller or the operator has ended the bidding early. The result follows."""

    closer: str


@message("Sold: {item_name} to Buyer {buyer} for ${payment}")
class SoldTo(Message):
    """After open bidding, to all: the winner and its payment, in whole dollars."""

    item_name: str
    buyer: int
    payment: int


@message("Not sold: {item_name}")
class NobodyBought(Message):
    """After open bidding, to all: there is no sale."""

    item_name: str


@message("The sale is over.")
class SaleOver(Message):
    """After the last lot, to a newcomer."""


@message("This lot is over.")
class LotOver(SaleOver):
    """The same in the sale of one timed lot: other lots may go on."""


# To clients turned away.
@message("Server busy!")
class ServerBusy(Message):
    """To a newcomer before the auction request is in, or above a limit of the server."""


@message("Bidding on-going!")
class BiddingOngoing(Message):
    """To a newcomer after bidding has opened."""


# People with pass codes.
NO_PASS_YET = "say your pass code first: PASS and the code."
"""In the lobby, to a client that asks for what only persons may have: the text of
:class:`NotDone`."""

NO_SUCH_PASS = "there is no such pass code."
"""To a client with a wrong or an unknown pass code: the text of :class:`NotDone`."""

PASS_IS_GOOD = "When it opens again, your pass code is good for your seat."
"""To persons, when a server with a ledger closes."""


@message("Please submit your pass code:")
class AskPass(Message):
    """On a room's port, to a newcomer: the question for its pass code, and again after a wrong
    one."""


@message("Your pass code is not valid any more.")
class PassWithdrawn(Message):
    """To a person that the operator has removed from the list of people, or given another code or
    another role, before its connection is closed. Its bids stand."""


@message("You may come back to room {room}.")
class YouAreReadmitted(Message):
    """Over the web socket, to a person that was expelled from a room, and is let into it again."""

    room: str


@message("First say who you are: PASS code.")
class HelpPass(Message):
    """In the lobby of a house with a list of people, after its verbs."""


@message("Buyer {buyer} is {name}.")
class BuyerIs(Message):
    """With ``--show-names``, after the first message of a letter about a Buyer: its name."""

    buyer: int
    name: str


@message("You are paddle {paddle}, {name}.")
class YouArePaddle(Message):
    """To a person with a pass code: its paddle and its name."""

    paddle: int
    name: str


# The lobby, tickets and returns.
@message("Ticket: {ticket}")
class TicketIs(Message):
    """To a newcomer from the lobby: the secret for coming back to its seat after a cut."""

    ticket: str


@message("Room {name}: {report}.")
class RoomIs(Message):
    """In the lobby: a room, and a few words on its auction."""

    name: str
    report: BuiltText


@message("Rooms: {rooms}.")
class RoomsInUse(Message):
    """After the listed rooms: the number of rooms in use."""

    rooms: int


@message("Pong: {text}")
class Pong(Message):
    """In the lobby: the answer to ``PING``."""

    text: str


@message(f"Say one of: {listed(LOBBY)}.")
class Help(Message):
    """In the lobby: its verbs."""


@message("It is {time} in the time zone {zone}.")
class TimeIs(Message):
    """Answers ``TIME`` in the lobby: the time of day in the house, such as ``2026-12-05T21:00``,
    and its time zone. The times in requests are in this time zone."""

    time: str
    zone: str


@message("What follows is JSON.")
class JsonFollows(Message):
    """In the lobby: the answer to ``JSON``. This letter, and every later one on the connection, is
    coded as JSON."""


@message("Goodbye.")
class Goodbye(Message):
    """To a client that leaves, before the connection is closed."""


@message("You have come back by another connection.")
class CameBack(Message):
    """To a participant's previous connection, before it is closed."""


@message("Your seat was given up while you were away.")
class SeatGivenUp(Message):
    """To a participant who comes back too late and is bound by nothing."""


@message("Your bid of ${amount} stands.")
class BidStands(Message):
    """To a Buyer who comes back while a bid binds it: its bid, in whole dollars."""

    amount: int


@message("Result of lot {lot} of {lots}:")
class ResultOf(Message):
    """In a sale, to a participant who comes back: the result of an earlier lot follows."""

    lot: int
    lots: int


# To Watchers.
@message("Your role is: [Watcher]")
class RoleWatcher(Message):
    """To a newcomer who is a Watcher: it is told everything public, and cannot take part."""


@message("Nothing is on sale.")
class NothingOnSale(Message):
    """To a Watcher: there is no auction request."""


@message("The sale has not begun.")
class SaleNotBegun(Message):
    """To a Watcher: the sale begins with the first Buyer."""


@message("Buyers: {there} of {needed}.")
class BuyersThere(Message):
    """To a Watcher: the Buyers present, and those needed before bidding opens."""

    there: int
    needed: int


@message("Buyers: {there}.")
class BuyersPresent(Message):
    """To a Watcher: the Buyers present, if bidding waits for no number of them."""

    there: int


@message("Bids: {received} of {expected}.")
class BidsIn(Message):
    """To a Watcher: the number of sealed bids received, and of those expected."""

    received: int
    expected: int


@message("Bids: {received}.")
class BidsSoFar(Message):
    """To a Watcher of a timed auction: the number of Buyers who have sent a sealed bid. It counts
    them also if they have withdrawn their bids since."""

    received: int


# The lots of a sale, and a client's own account.
@message(
    "Sale: {place}. {number} [{label}] {state}, Buyer {buyer}, ${payment}, "
    "{format} from ${opening_price}: {item_name} | {description} | {picture}"
)
class SaleLot(Message):
    """A lot of a sale, or the item of a Seller's auction, which is lot 1: in the lobby after
    ``SALE``, and at the desk.

    The first number is its place in the order of the sale, the second one its place in the
    catalogue, which never changes. The label is its own number there. The state is
    ``to_come``, ``on``, ``sold``, ``unsold``, ``cancelled``, ``skipped``, ``voided``, or ``ended``:
    it was sealed, and only its winner, its seller and the auctioneer know more. If it is ``sold``,
    the Buyer and its payment in whole dollars follow, otherwise zeros.
    """

    place: int
    number: int
    label: str
    state: str
    buyer: int
    payment: int
    format: str
    opening_price: int
    item_name: str
    description: str
    picture: str


@message(
    "Now: lot {number} in room {room}, {stage}, ${amount} by Buyer {buyer}, asking price "
    "${asking_price}, paused {paused}, seconds left: {seconds}."
)
class LotNow(Message):
    """A lot of a sale of all lots together, as it is now: in the lobby after ``SALE *`` and
    ``WATCH *``.

    The number is its place in the catalogue. The room is its own. The stage is ``doors`` (the sale
    has not begun), ``gathering`` (bidding will open), ``open`` (open bidding), ``sealed``, ``done``
    or ``over``. The highest open bid with its Buyer, and the asking price, are zero if there is
    none. ``paused`` is 0 or 1. Zero seconds are no time limit.
    """

    number: int
    room: str
    stage: str
    amount: int
    buyer: int
    asking_price: int
    paused: int
    seconds: int


@message(
    "Yours: lot {number} in room {room}, {standing}, ${amount}<, maximum ${maximum}> "
    "[{label}]: {item_name}"
)
class MyLot(Message):
    """To a person or a participant, in the lobby after ``MINE``, ``SALE *`` and ``WATCH *``: a lot
    with a bid of its own.

    The number is the lot's place in the catalogue, the label its own number there. The standing
    is ``highest``, ``outbid``, ``sealed`` (its sealed bid is in), ``won``, ``lost``, ``voided``
    (its bid, or its purchase, does not count) or ``cancelled``; and ``withdrawn`` for a client that
    watches all lots, right after the withdrawal of its sealed bid. The amount is its bid, or the
    payment of a lot won, in whole dollars; the maximum is the amount up to which the server bids
    for it, or 0.
    """

    number: int
    room: str
    standing: str
    amount: int
    maximum: int
    label: str
    item_name: str


@message("All lots: {lots}.")
class AllLots(Message):
    """In the lobby, after ``WATCH *``: every lot of the sale follows. A client forgets all
    earlier news of them."""

    lots: int


@message("Sale: {listed} lots from place {first}, {lots} lots in all.")
class SaleListed(Message):
    """In the lobby, after the lots of an answer to ``SALE``: how many there were, from which place
    in the order of the sale, and the number of lots in the sale."""

    listed: int
    first: int
    lots: int


@message(
    "Your account: {lots} lots won, ${due} due, ${bound} bound, limit ${limit}, "
    "{most_lots} lots at most."
)
class AccountIs(Message):
    """To a person or a participant, after the lots of a sale: the number of lots that it has won,
    and its payments. It is bound for these and for its binding bids. A limit of 0 is none. Amounts
    are in whole dollars; those of a person are for all rooms."""

    lots: int
    due: int
    bound: int
    limit: int
    most_lots: int


# The desk. A message replaces an earlier one with the same type and the same number, or paddle.
@message("Desk of {room}.")
class DeskOf(Message):
    """To an auctioneer: what follows is about this room. A client forgets what it was told about
    another one, and about this one before."""

    room: str


@message(
    "Desk: {stage}, lot {lot} of {lots} [{label}] {format}: {item_name} | Bid: ${amount} by Buyer "
    "{buyer}. Asking price: ${asking_price}. Sealed bids: {received}, awaited: {awaited}. "
    "Seller: {seller}. Watchers: {watchers}. People: {people}. Paused: {paused}. "
    "Seconds left: {seconds}."
)
class DeskAuction(Message):
    """At the desk: the auction.

    The stage is ``empty``, ``request`` (the Seller is asked), ``doors`` (the sale has not begun),
    ``gathering`` (bidding will open), ``open`` (open bidding), ``sealed``, ``done`` (all lots have
    been up) or ``over``. A lot of 0 is none, as for the other numbers. ``seller`` is a paddle.
    ``people`` are those of the list. ``paused`` is 0 or 1. Zero seconds are no time limit.
    """

    stage: str
    lot: int
    lots: int
    label: str
    format: str
    item_name: str
    amount: int
    buyer: int
    asking_price: int
    received: int
    awaited: int
    seller: int
    watchers: int
    people: int
    paused: int
    seconds: int


@message(
    "Desk: paddle {paddle}, {role}, {state} for {seconds} s: {name} | ${bound} of ${limit}, "
    "{lots} of {most_lots} lots."
)
class DeskSeat(Message):
    """At the desk: a person in the room, or one that owes something.

    The role is ``buyer`` or ``seller``. The state is ``here``, ``away`` (for some seconds; its seat
    is kept), ``expelled`` or ``absent``. The person is bound for its payments and its open bids, in
    whole dollars and in lots; sealed bids do not count here. A limit of 0 is none.
    """

    paddle: int
    role: str
    state: str
    seconds: int
    name: str
    bound: int
    limit: int
    lots: int
    most_lots: int


@message("Desk: bid {number}, Buyer {buyer}, ${amount}, {seconds} s ago.")
class DeskBid(Message):
    """At the desk: one of the last open bids on the item, in whole dollars. Later bids have higher
    numbers."""

    number: int
    buyer: int
    amount: int
    seconds: int


@message(
    "Desk: order {number}, {order}, by {actor}, {seconds} s ago: Buyer {buyer}, ${amount}, "
    "lot {lot}, before {other} | {text}"
)
class DeskOrder(Message):
    """At the desk: an order that was carried out, by ``operator`` on the control port or by a
    person as ``paddle 100``.

    It concerns a Buyer, an open bid in whole dollars and a lot, given as in orders, and moves the
    lot before another one; 0 or nothing if it does not. The text is its reason, what was said, or
    the item of a lot that was added. Later orders have higher numbers.
    """

    number: int
    order: str
    actor: str
    seconds: int
    buyer: int
    amount: int
    lot: str
    other: str
    text: str


@message("Desk: no {what} {number} any more.")
class DeskGone(Message):
    """At the desk: the message of this type with this number is no longer true."""

    what: str
    number: int


@message("Pass code of paddle {paddle}, {name}: {code}")
class PassCodeIs(Message):
    """To an auctioneer: the code of a person that it has just added to the list. It is told once,
    and nobody else is."""

    paddle: int
    name: str
    code: str = field(repr=False)


@message(f"About all lots: {listed(ALL_LOTS_VERBS)}.")
class HelpLots(Message):
    """In the lobby of a house with a sale of all lots together, after the answer to an unknown
    verb: the verbs about all lots."""


@message(f"At the desk: {listed(DESK_VERBS)}.")
class HelpDesk(Message):
    """In the lobby, to an auctioneer, after the other verbs."""


# To any client.
@message("Line too long.")
class LineTooLong(Message):
    """To a client: its line is longer than :data:`~twisted_auction.wire.lines.MAX_LINE` bytes."""


@message("Too many lines.")
class TooManyLines(Message):
    """To a client that keeps sending lines above the rate limit."""


@message("Your address is banned from this server.")
class AddressBanned(Message):
    """To a client whose address the operator has banned for some time."""


# To the operator.
@message("Done: {text}")
class Done(Message):
    """To the operator: an order was carried out. The text is a sentence about it."""

    text: BuiltText


@message("Not done: {text}")
class NotDone(Message):
    """To the operator, or in the lobby: an order was not carried out. The text is the reason."""

    text: BuiltText


@message("News of {room}: {text}")
class NewsOf(Message):
    """To an operator who follows all rooms: an event in a room, or how far the room is."""

    room: str
    text: str


@message("News left out: {lines} lines.")
class NewsLeftOut(Message):
    """To an operator who follows all rooms: so many lines were left out, because this connection
    had not read the lines before."""

    lines: int
