"""Decisions on the operator's orders about the lots of a sale, and about its beginning."""

from typing import assert_never

from twisted_auction.rules.catalogue import LOT_SYNTAX
from twisted_auction.rules.commands import (
    Add,
    Again,
    Move,
    MoveStart,
    SaleAction,
    Skip,
    Start,
    VoidSale,
)
from twisted_auction.rules.events import (
    Cancelled,
    Event,
    LotAdded,
    LotMoved,
    LotOffered,
    LotSkipped,
    SaleVoided,
    StartMoved,
)
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import InvalidRequest, OrderRefused
from twisted_auction.rules.request import Lot
from twisted_auction.rules.sale import Sale
from twisted_auction.rules.sentences import Sentence
from twisted_auction.rules.stages import (
    announce,
    has_next_lot,
    lot_name,
    lot_of,
    next_lot_announced,
)
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.timed import check_times
from twisted_auction.rules.transitions import Phase

SKIPPED = "The lot is withdrawn."
"""The reason for participants to read, for a skip of the lot that is up."""


def carry_out_on_sale(state: AuctionState, action: SaleAction, when: float) -> tuple[Event, ...]:
    """Decide an order about a sale that is on, after its doors have opened or its first Buyer has
    come.

    :raises OrderRefused: if the order is not possible now; the text says why.
    """
    sale = state.sale
    if sale is None or state.lots is None:
        raise OrderRefused("it is no sale of a catalogue.")
    match action:
        case Start():
            _check_awaits_start(state)
            _check_goes_on(state)
            if not has_next_lot(state):
                raise OrderRefused("there is no lot to come.")
            return (next_lot_announced(state, when),)
        case MoveStart(at):
            _check_awaits_start(state)
            if at is not None:
                _check_goes_on(state)  # the end of a pause would move the time
                if at <= when:
                    raise OrderRefused("this time is past.")
            return (StartMoved(at),)
        case Again(lot):
            return _offer_again(state, sale, lot, when)
        case Skip(lot):
            return _skip(state, sale, lot)
        case Move(lot, before):
            return _move(state, sale, lot, before)
        case Add(line):
            return _add(state, state.lots, line, when)
        case VoidSale(lot):
            number = find_lot(state, lot)
            sold = sale.sold.get(number)
            if sold is None:
                raise OrderRefused("lot {lot} is not sold.", lot=lot_name(state, number))
            label = lot_of(state, number).label
            return (SaleVoided(number, sold.winner, sold.payment, sold.dues or None, label),)
        case _:
            assert_never(action)


def find_lot(state: AuctionState, name: str) -> int:
    """Find a lot by its own number in the catalogue, in any case, or by its place there.

    :raises OrderRefused: if there is none.
    """
    assert state.lots is not None
    for number in range(1, state.lots + 1):
        if lot_name(state, number).lower() == name.lower():
            return number
    raise OrderRefused("there is no such lot.")


def _check_awaits_start(state: AuctionState) -> None:
    if not state.awaits_start:
        raise OrderRefused("the sale has begun.")


def _check_goes_on(state: AuctionState) -> None:
    if state.paused_at is not None:
        raise OrderRefused("it is paused: let it go on first.")


def _is_up(state: AuctionState, number: int) -> bool:
    return state.lot == number and state.phase in (Phase.GATHERING, Phase.BIDDING)


def _offer_again(state: AuctionState, sale: Sale, name: str, when: float) -> tuple[Event, ...]:
    number = find_lot(state, name)
    lot = lot_of(state, number)
    name = lot_name(state, number)
    if number in sale.to_come:
        raise OrderRefused("lot {lot} is still to come.", lot=name)
    if _is_up(state, number):
        raise OrderRefused("lot {lot} is up.", lot=name)
    if number in sale.sold:
        raise OrderRefused("lot {lot} is sold: void its sale first.", lot=name)
    assert state.lots is not None
    return (LotOffered(number, lot.label), *_at_once(state, number, lot, state.lots, when))


def _at_once(
    state: AuctionState, number: int, lot: Lot, lots: int, when: float
) -> tuple[Event, ...]:
    """The announcement of a lot that comes after all others have been up."""
    if state.phase is not Phase.WAITING or state.awaits_start:
        return ()
    return (announce(state, number, lot, lots, when),)


def _skip(state: AuctionState, sale: Sale, name: str | None) -> tuple[Event, ...]:
    if name is not None:
        number = find_lot(state, name)
    elif state.phase is not Phase.WAITING:
        number = state.lot
    elif has_next_lot(state):
        number = sale.to_come[0]
    else:
        raise OrderRefused("there is no lot to come.")
    name = lot_name(state, number)
    if _is_up(state, number):
        if state.phase is Phase.BIDDING:
            raise OrderRefused("bidding on lot {lot} is open: cancel it.", lot=name)
        return (Cancelled(SKIPPED),)
    if number not in sale.to_come:
        raise OrderRefused("lot {lot} has been up, or is withdrawn.", lot=name)
    return (LotSkipped(number, lot_of(state, number).label),)


def _move(state: AuctionState, sale: Sale, name: str, before: str | None) -> tuple[Event, ...]:
    number = find_lot(state, name)
    other = find_lot(state, before) if before is not None else None
    for each in (number, other):
        if each is not None and each not in sale.to_come:
            raise OrderRefused("lot {lot} has been up, or is withdrawn.", lot=lot_name(state, each))
    if other is None:
        other = sale.to_come[0]
        if other == number:
            raise OrderRefused("lot {lot} comes next.", lot=lot_name(state, number))
    if other == number:
        raise OrderRefused("name two lots.")
    if sale.to_come.index(number) + 1 == sale.to_come.index(other):
        raise OrderRefused("lot {lot} comes right before it.", lot=lot_name(state, number))
    return (LotMoved(number, other, lot_of(state, number).label, lot_of(state, other).label),)


def _add(state: AuctionState, lots: int, line: bytes, when: float) -> tuple[Event, ...]:
    terms = state.terms
    least = 0 if state.sale is not None and state.sale.has_doors else 1
    try:
        request = parse_request(line.strip(), terms.max_bidders, terms.max_bid, least)
        check_times(terms, request)
    except InvalidRequest as refusal:
        raise OrderRefused("{problem}", problem=refusal.reason or Sentence(LOT_SYNTAX)) from None
    number = lots + 1
    lot = Lot(request, _free_label(state, lots))
    added = LotAdded(number, request, lot.label)
    return (added, *_at_once(state, number, lot, number, when))


def _free_label(state: AuctionState, lots: int) -> str | None:
    """A number for a lot that is added to lots with their own numbers."""
    labels = {lot_of(state, number).label for number in range(1, lots + 1)}
    if labels == {None}:
        return None
    number = lots + 1
    while str(number) in labels:
        number += 1
    return str(number)
