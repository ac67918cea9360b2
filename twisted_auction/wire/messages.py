"""Everything that the server says, as one table of messages.

A message is a frozen dataclass with a wording. :mod:`~twisted_auction.wire.lines` codes it as a
line of text and :mod:`~twisted_auction.wire.json` as a JSON object; ``docs/protocol.rst`` lists
both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar, dataclass_transform

from twisted_auction.rules.amounts import in_seconds
from twisted_auction.wire.verbs import LOBBY, listed


class Message:
    """One line from the server; ``str()`` gives it as it is read, without its end.

    Letters are coded late, for each connection. So that this never fails, a message refuses what no
    coding can carry when it is made, where the mistake of a format can still end its auction.

    :cvar line: the wording, with the fields in braces. A text field at the end may be empty; the
        space before it is then left out. Of a field ``seconds``, ``{seconds} seconds`` is a single
        second where it is 1.
    :cvar type_name: the name of the class in snake_case, which is the message's type in JSON.
    :raises TypeError: if a field is no whole number, or no text, as declared.
    :raises ValueError: if a text is not Unicode, such as half of a surrogate pair.
    """

    __slots__ = ()
    line: ClassVar[str]
    type_name: ClassVar[str]
    template: ClassVar[str]
    field_types: ClassVar[dict[str, type]]

    def __post_init__(self) -> None:
        for name, kind in self.field_types.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{self.type_name}.{name} is {value!r}")
            if isinstance(value, str):
                value.encode("utf-8")

    def __str__(self) -> str:
        return self.template.format(self).rstrip()

    @property
    def time(self) -> str:
        """The field ``seconds``, where there is one, in words."""
        return in_seconds(getattr(self, "seconds"))  # noqa: B009  # most have none


MESSAGES: list[type[Message]] = []
"""Every message that the server can send."""

M = TypeVar("M", bound=Message)


@dataclass_transform(frozen_default=True)
def message(line: str) -> Callable[[type[M]], type[M]]:
    """Make a class the message with this wording: a frozen dataclass in :data:`MESSAGES`."""

    def decorate(cls: type[M]) -> type[M]:
        decorated = dataclass(frozen=True, slots=True)(cls)
        decorated.line = line
        decorated.type_name = re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()
        decorated.template = line.replace("{seconds} seconds", "{time}").replace("{", "{0.")
        decorated.field_types = {
            field.name: int if field.type is int else str
            for field in fields(decorated)  # type: ignore[arg-type]  # it is a dataclass now
        }
        MESSAGES.append(decorated)
        return decorated

    return decorate


@message("Your role is: [Seller]")
class RoleSeller(Message):
    """The newcomer is the Seller."""


@message("Please submit auction request:")
class AskRequest(Message):
    """The Seller is asked for its auction request."""


@message("Invalid auction request! {reason}")
class RequestRefused(Message):
    """The Seller's line is no auction request; the reason is a sentence or empty."""

    reason: str


@message("Auction request received: {text}")
class RequestReceived(Message):
    """The Seller's line is accepted as its auction request."""

    text: str


@message("Your auction request is already in. Please wait...")
class RequestAlreadyIn(Message):
    """The Seller spoke after its request was accepted."""


@message("Your role is: [Buyer]")
class RoleBuyer(Message):
    """The newcomer is a Buyer."""


@message("The Auctioneer is still waiting for other Buyer to connect...")
class WaitingForBuyers(Message):
    """More Buyers are needed before bidding opens."""


@message("Bidding start!")
class BiddingStart(Message):
    """Bidding is open."""


@message("Please submit your bid:")
class AskBid(Message):
    """A Buyer is asked for its bid."""


@message("Invalid bid. Please submit a positive integer! {reason}")
class BidRefused(Message):
    """The Buyer's line is no bid; the reason is a sentence or empty."""

    reason: str = ""


@message("Bid received. Please wait...")
class BidReceived(Message):
    """The Buyer's bid is taken."""


@message("Bidding has not started. Please wait...")
class BiddingNotOpen(Message):
    """A Buyer spoke before bidding opened."""


@message("Your bid is already in. Please wait...")
class BidAlreadyIn(Message):
    """A Buyer spoke after its bid was taken."""


@message("Auction finished!")
class AuctionFinished(Message):
    """The result follows."""


@message("Success! Your item {item_name} has been sold for ${payment}")
class SoldFor(Message):
    """To the Seller: what the winner pays, in whole dollars."""

    item_name: str
    payment: int


@message("Buyer {buyer} bid ${amount}.")
class BuyerBid(Message):
    """To the Seller of a house that tells it the bids, with the result: one of them, in whole
    dollars."""

    buyer: int
    amount: int


@message("Unfortunately your item {item_name} was not sold in the auction.")
class NotSold(Message):
    """To the Seller: there is no sale."""

    item_name: str


@message("You won this item {item_name}! Your payment due is ${payment}")
class YouWon(Message):
    """To the winner: what it pays, in whole dollars."""

    item_name: str
    payment: int


@message("Unfortunately you did not win in the last round.")
class YouLost(Message):
    """To every other Buyer."""


@message("Your payment due is ${payment}")
class PaymentDue(Message):
    """To a Buyer who did not win and still owes something, in whole dollars."""

    payment: int


@message("Auction cancelled! {reason}")
class AuctionCancelled(Message):
    """There will be no result; the reason is a sentence."""

    reason: str


TICKET_IS_GOOD = "When it opens again, your ticket is good for your seat."
"""What ticket holders hear when a server closes that will know of them."""


@message("The Auctioneer is closing. {prospect}")
class AuctioneerCloses(Message):
    """The server stops; a sentence says what becomes of the auction, or nothing does."""

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
    """To a client that has begun a line and does not end it, before the connection is closed."""

    seconds: int


@message("Time is up! You said nothing for {seconds} seconds.")
class LobbyTimeUp(Message):
    """To a client in the lobby that goes to no room, before the connection is closed."""

    seconds: int


@message("You are Buyer {buyer}.")
class YouAre(Message):
    """Where Buyers hear of one another by their numbers: the newcomer's own."""

    buyer: int


@message("Lot {lot} of {lots}.")
class LotUp(Message):
    """In a sale of many lots: which one is on."""

    lot: int
    lots: int


@message("On sale: {item_name}")
class OnSale(Message):
    """The item, where Buyers are told what it is before they bid."""

    item_name: str


@message("Format: {format}, from ${opening_price}. {rules}")
class FormatIs(Message):
    """How it is sold: the name of the format, the first price in whole dollars, and the rules."""

    format: str
    opening_price: int
    rules: str


@message("Bidding opens in {seconds} seconds.")
class OpensIn(Message):
    """To Buyers who are all there for a lot."""

    seconds: int


@message("Type an amount, or pass.")
class AmountOrPass(Message):
    """In a sale, at the end of a sealed lot's announcement: what may be said once bidding opens."""


@message("You have passed this lot. Please wait...")
class HavePassed(Message):
    """In a sale, to a Buyer that has declined the lot."""


@message("Please wait for the next lot.")
class WaitForNextLot(Message):
    """To a newcomer while sealed bids on a lot are taken."""


@message("At any time: {how}")
class AskAnytime(Message):
    """In open bidding: what may be said, as often as one likes, until the result."""

    how: str


@message("Not understood.")
class NotUnderstood(Message):
    """In open bidding, the line was nothing that can be said."""


@message("Bid too low! The least acceptable bid is ${least}.")
class BidTooLow(Message):
    """To a Buyer in open bidding: what would be enough, in whole dollars."""

    least: int


@message("Bid too high! The greatest acceptable bid is ${most}.")
class BidTooHigh(Message):
    """To a Buyer in open bidding: what is the most that is taken, in whole dollars."""

    most: int


@message("Too many bids! Bid again in {seconds} seconds.")
class BidTooSoon(Message):
    """To a Buyer in open bidding that raises faster than a person can type; it has not bid."""

    seconds: int


@message("Not accepted. {reason}")
class NotAccepted(Message):
    """To a participant whose line a format from outside refuses, in its own words, or in none."""

    reason: str


@message("Please repeat your bid to confirm: ${amount}")
class RepeatBid(Message):
    """To a Buyer in open bidding whose bid is far above the asking price: it counts if the next
    line is the same."""

    amount: int


@message("You hold the highest bid: ${amount}.")
class YouHold(Message):
    """To the Buyer whose open bid is taken."""

    amount: int


@message("You have been outbid: Buyer {buyer} bids ${amount}.")
class Outbid(Message):
    """To the Buyer who held the highest bid before."""

    buyer: int
    amount: int


@message("Asking price: ${asking_price}. Seconds left: {seconds}.")
class Asking(Message):
    """Where open bidding stands before the first bid: the least bid, and for how long."""

    asking_price: int
    seconds: int


@message(
    "Highest bid: ${amount} by Buyer {buyer}. "
    "Asking price: ${asking_price}. Seconds left: {seconds}."
)
class HighestBid(Message):
    """Where open bidding stands: ``asking_price`` is the least next bid."""

    amount: int
    buyer: int
    asking_price: int
    seconds: int


@message("Time extended!")
class TimeExtended(Message):
    """A late bid has moved the end; where bidding stands follows."""


@message("Going once!")
class GoingOnce(Message):
    """The end is near; where bidding stands follows."""


@message("Going twice!")
class GoingTwice(Message):
    """The end is very near; where bidding stands follows."""


@message("The {closer} has closed the bidding.")
class BiddingClosed(Message):
    """The Seller or the Auctioneer did not wait for the end; the result follows."""

    closer: str


@message("Sold: {item_name} to Buyer {buyer} for ${payment}")
class SoldTo(Message):
    """After open bidding, to everyone: who won, and what it pays in whole dollars."""

    item_name: str
    buyer: int
    payment: int


@message("Not sold: {item_name}")
class NobodyBought(Message):
    """After open bidding, to everyone."""

    item_name: str


@message("The sale is over.")
class SaleOver(Message):
    """To a newcomer who comes after the last lot."""


@message("Server busy!")
class ServerBusy(Message):
    """To a newcomer who comes before the auction request, or where there are too many already."""


@message("Bidding on-going!")
class BiddingOngoing(Message):
    """To a newcomer who comes after bidding has opened."""


@message("Ticket: {ticket}")
class TicketIs(Message):
    """To a newcomer from the lobby: the secret with which it may come back after a cut."""

    ticket: str


@message("Room {name}: {report}.")
class RoomIs(Message):
    """In the lobby: a room, and in a few words how far its auction is."""

    name: str
    report: str


@message("Rooms: {rooms}.")
class RoomsInUse(Message):
    """After the rooms that are listed: how many are in use."""

    rooms: int


@message("Pong: {text}")
class Pong(Message):
    """To a client in the lobby that wants to know whether the server is there."""

    text: str


@message(f"Say one of: {listed(LOBBY)}.")
class Help(Message):
    """What is understood in the lobby."""


@message("What follows is JSON.")
class JsonFollows(Message):
    """In the lobby, the answer to ``JSON``. The connection codes this letter, and every one after
    it, as JSON."""


@message("Goodbye.")
class Goodbye(Message):
    """To a client that leaves; the connection is closed."""


@message("You have come back by another connection.")
class CameBack(Message):
    """To the connection that a participant had before, which is then closed."""


@message("Your seat was given up while you were away.")
class SeatGivenUp(Message):
    """To a participant that comes back too late, and that nothing binds any more."""


@message("Your bid of ${amount} stands.")
class BidStands(Message):
    """To a Buyer that comes back while its bid binds it: its own bid, in whole dollars."""

    amount: int


@message("Result of lot {lot} of {lots}:")
class ResultOf(Message):
    """In a sale, to a participant that comes back: what follows was told before, or missed."""

    lot: int
    lots: int


@message("Your role is: [Watcher]")
class RoleWatcher(Message):
    """The newcomer hears what is public, and has no say."""


@message("Nothing is on sale.")
class NothingOnSale(Message):
    """To a Watcher: no auction request is in."""


@message("The sale has not begun.")
class SaleNotBegun(Message):
    """To a Watcher: the first Buyer who comes begins it."""


@message("Buyers: {there} of {needed}.")
class BuyersThere(Message):
    """To a Watcher: how many have come of those that are needed before bidding opens."""

    there: int
    needed: int


@message("Bids: {received} of {expected}.")
class BidsIn(Message):
    """To a Watcher: how many of the sealed bids are in."""

    received: int
    expected: int


@message("Line too long.")
class LineTooLong(Message):
    """A line of more than :data:`~twisted_auction.wire.lines.MAX_LINE` bytes arrived."""


@message("Too many lines.")
class TooManyLines(Message):
    """Lines come, and keep coming, faster than they are heard."""


@message("Done: {text}")
class Done(Message):
    """To the operator: an order is carried out; a sentence about it."""

    text: str


@message("Not done: {text}")
class NotDone(Message):
    """To the operator, or in the lobby: an order is not carried out; a sentence that says why."""

    text: str
