"""The invariants of a run."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from twisted.protocols.basic import LineReceiver

from tests.rules.oracle import Prices, dutch, english
from tests.simulation.book import ROUNDING, Book, Broken, Fact, Lot, Place, Stay
from tests.simulation.desks import (
    desks_tell_what_has_happened,
    only_auctioneers_have_desks,
    visitors_are_known_to_desks_only,
)
from tests.simulation.lists import bids_are_listed_in_their_order, own_lots_are_told
from tests.simulation.maxima import maxima_bid_no_more_than_needed
from tests.simulation.network import LIMITS, WIDE
from tests.simulation.persons import a_paddle_has_one_seat, nobody_is_bound_beyond_a_limit
from tests.simulation.prices import a_reserve_is_told_as_met_or_not, bids_are_at_the_asked_price
from tests.simulation.receiver import (
    news_follow_their_commit,
    notifications_are_signed,
    persons_are_told_while_away,
)
from tests.simulation.sales import a_sale_begins_at_its_doors, lots_come_in_the_ordered_order
from tests.simulation.timed import the_end_told_is_the_end, timed_auctions_end_as_promised
from tests.support import state
from twisted_auction.house.seats import WATCHER, Occupancy
from twisted_auction.house.tickets import PassKey, TicketRegistry, TicketReplay, digest_of
from twisted_auction.ledger.history import History, verify_view
from twisted_auction.ledger.items import Items
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.settlement import Rates
from twisted_auction.ledger.settlement import settle as settlement_of
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.limits import CLOSE_TIMEOUT
from twisted_auction.server.lobby import MAX_TICKET_DELAY
from twisted_auction.server.session import State
from twisted_auction.server.throttle import BURST, MAX_THROTTLED_SECONDS
from twisted_auction.wire.lines import MAX_LINE
from twisted_auction.wire.order import RoomOrder
from twisted_auction.wire.orders import WHO, find_order

if TYPE_CHECKING:
    from tests.simulation.actors import Actor
    from tests.simulation.world import Note, World

LAST_LETTER = 4096
"""Largest size of a letter, in bytes. A full connection still gets one."""

UNREAD = 65536 + MAX_LINE
"""Largest number of bytes in a connection's input buffer: one read, and an unfinished line."""

MAX_HANDLING_DELAY = MAX_THROTTLED_SECONDS + 2 * MAX_TICKET_DELAY
"""Longest time in seconds between the arrival of a line and its handling."""

NOBODY = Occupancy((), {}, 0, 0)

ENDS = ("Sold", "Unsold", "Cancelled")
"""Kinds of events that end an auction."""

PATIENCE = 2
"""Longest time in seconds until a line is answered, over the slowest link."""

LATE = 3
"""Longest delay of a timer in seconds, while the disk is busy."""

ANSWER_LINES = re.compile(
    "Invalid auction request|Auction request received|Invalid bid|Bid received|Bidding has not st"
    "|Your bid is changed|Your bid is withdrawn|You have no bid"
    "|Your maximum is|Your maximum must|You have no maximum"
    "|Your bid is already|Your auction request is|Not understood|Bid too low|You hold|Pong|Rooms:"
    "|Too many bids|Bid too high|Above your limit|Please repeat|You have passed|Paused"
    "|Say one of|What follows|Not done|Done|Ticket:|Your role is: .Watcher|Goodbye"
    r"|Sale: \d+ lots from|Desk of|Pass code of|Bids listed: |Your account: "
)
"""The beginnings of lines that answer a line."""

PERSONS_ANSWERS = re.compile(f"{ANSWER_LINES.pattern}|You are paddle|Your role is")
"""The same in a house with a list of people, where a role answers ``JOIN`` or a pass code."""


NOT_WHOLE = re.compile("Time is up! Your line did not end|Line too long|Not done: send an object")
"""The beginnings of lines that tell a client that its message cannot be read."""

UNKNOWN = re.compile(r"Not done: there is no such (ticket|pass code)\.")


SIGN_INTERVAL = 20
"""Seconds between two signs of life on a web socket."""

BIDDERS = [WATCHER, *range(1, 100)]
"""All participants but the Seller."""

SALE_NEWS = {
    "StartMoved": "The sale begins ",
    "LotSkipped": "Lot {lot} is withdrawn.",
    "LotMoved": "Lot {lot} comes before lot {before} now.",
    "LotAdded": "Lot {lot} is added: ",
    "LotOffered": "Lot {lot} will be offered again.",
    "SaleVoided": "The sale of lot {lot} is voided.",
    "LotsDone": " been up. ",  # this lot has, or all lots have
}
"""What everyone in the room hears of an event of a sale."""

AMOUNT = re.compile("[1-9][0-9]{0,17}")
REQUEST = re.compile("[1-4][^ ]* [1-5]00 [1-4] [A-Z].*")
"""A valid request and a valid amount, among all lines that actors send."""

LAST_WORDS = re.compile(
    "Unfortunately|You won|Success|Auction cancelled|The Auctioneer is closing|The sale is over"
    "|Goodbye|Line too long|Too many lines|Time is up|Server busy|Bidding on-going|Your seat was"
    "|You have come back|Not done: there is no such|Your pass code is not valid"
    "|You have been expelled|This lot is over"
)
"""The beginnings of the server's last lines, before it closes a link."""


def bids_are_in_time(book: Book) -> Iterator[str]:
    """Each bid is valid at its instant, no Buyer makes two sealed bids, and the bidding ends at its
    time or with the last bid awaited."""
    for lot in book.lots:
        kind, is_timely = lot.kind, lot.is_decided and not lot.is_closed
        if lot.late:
            yield f"{lot}: after the end, {lot.late}"
        if lot.is_steered or lot.is_timed:
            continue
        if kind in (1, 2):
            terms = book.world.terms
            end = (terms.lot_time if lot.is_of_sale else terms.bid_timeout) or 1e9
            verdicts = [when < end + ROUNDING for when, _, _ in lot.bids]
            if lot.opening and lot.is_decided != (lot.is_closed or not lot.awaited):
                yield f"{lot}: it should end with the last of its Buyers"
            is_timely &= lot.ended > end
            if len({who for _, who, _ in lot.bids}) < len(lot.bids):
                yield f"{lot}: two bids of one Buyer"
        elif kind == 3:
            said = [(when - ROUNDING, amount) for when, _, amount in lot.bids]
            prices = lot.prices
            if lot.by_maximum:  # another oracle has their amounts
                said = [(at, 1 + place) for place, (at, _) in enumerate(said)]
                prices = Prices(1, [(0, 1)])
            verdicts, end = english(prices, lot.rule("duration"), lot.extension, said)
            is_timely &= not lot.is_bought
        else:
            start, step, interval = map(lot.rule, ("start", "step", "interval"))
            verdicts = [
                amount
                in [dutch(start, step, interval, lot.low, when + off) for off in (0, ROUNDING)]
                for when, _, amount in lot.bids
            ]
            end = next(
                at for at in count(0, interval) if dutch(start, step, interval, lot.low, at) is None
            )
            is_timely &= lot.award is None
        if not all(verdicts):
            yield f"{lot}: these are good: {verdicts}"
        if is_timely and not -2 * ROUNDING < lot.ended - end < LATE:
            yield f"{lot}: it should end at {end}"


def one_winner_at_the_right_price(book: Book) -> Iterator[str]:
    """The oracle gives the same result from the ledger's bids."""
    for lot in book.lots:
        if lot.is_decided and lot.award != lot.right_award:
            yield f"{lot}: not {lot.right_award}"


def orders_hold(book: Book) -> Iterator[str]:
    """In a pause no line counts, no time runs out, and nothing opens. A participant that was
    expelled does not come again before it is readmitted, nor does its bid hold again."""
    paused: set[int] = set()
    expelled: set[Place] = set()
    for fact in book.facts:
        place = (fact.auction, fact.body.get("who", SELLER))
        match fact.kind:
            case "Paused":
                paused.add(fact.auction)
            case "Resumed" | "Sold" | "Unsold" | "Cancelled":
                paused.discard(fact.auction)
            case "BidTaken" | "Raised" | "BiddingOpened" | "Called" | "PriceFell" | "Missed":
                if fact.auction in paused:
                    yield f"in a pause: {fact}"
            case "Expelled":
                expelled.add(place)
            case "Readmitted":
                expelled.discard(place)
            case "Arrived" if place in expelled:
                yield f"expelled: {fact}"
            case "Voided" if (fact.auction, fact.body["holder"]) in expelled:
                yield f"expelled: {fact}"


def bidding_opens_with_the_last_buyer(book: Book) -> Iterator[str]:
    """Bidding opens once the Buyers of the request are present and have settled. More Buyers may be
    present in a sale, and in an open format while the last Buyer settles."""
    for lot in book.lots:
        if lot.is_steered:
            continue
        more = lot.buyers - lot.needed
        may_be_more = (
            lot.is_of_sale or lot.is_timed or (lot.full and lot.due > lot.full.at and lot.kind > 2)
        )
        if lot.opened is not None and (more < 0 or (more and not may_be_more)):
            yield f"{lot}: {lot.buyers} Buyers"
        if lot.has_doors:
            opened = lot.opening or lot.result
            if not opened or (lot.opening and not -2 * ROUNDING <= opened.at - lot.due <= LATE):
                yield f"{lot}: it should open after its pause"
            continue
        if lot.is_of_sale or lot.is_timed or not lot.full:
            continue
        if lot.opening is None:
            if lot.due == lot.full.at:
                yield f"{lot}: it should open with the arrival of the last Buyer"
        elif not -ROUNDING <= lot.opening.at - lot.due <= LATE:
            yield f"{lot}: it should open once the last Buyer has settled"


def timeouts_are_exact(book: Book) -> Iterator[str]:
    """A Seller's time for its request and a Buyer's for its sealed bid are neither shorter nor
    longer than the terms say."""
    for fact, seconds, timeout in book.waits:
        is_silent = fact.kind == "Missed" or fact.body.get("silent_for") is not None
        if is_silent and seconds - timeout < -2 * ROUNDING:
            yield f"after {seconds} s of {timeout}: {fact}"
        if timeout and seconds - timeout > LATE:
            yield f"after {seconds} s of {timeout}: {fact}"


def a_locked_ledger_stops_the_house(book: Book) -> Iterator[str]:
    """While another program has the ledger locked, all clocks stand and no line is handled."""
    for halted_at, went_on in book.world.halts:
        for fact in book.facts:
            if halted_at + ROUNDING < fact.at < went_on - ROUNDING:
                yield f"from {halted_at} to {went_on}: {fact}"


def bids_were_made(book: Book) -> Iterator[str]:
    """Each bid in the ledger was sent by its participant."""
    for lot in book.lots:
        for _, who, amount in lot.bids if "bid" not in lot.orders else []:
            actor = book.people[lot.auction, who]
            if (who, amount) in lot.by_maximum:
                continue
            numbers = {int(text[:18]) for text in re.findall(rb"\d+", actor.sent)}
            is_taken = lot.kind == 4 and (b"accept" in actor.sent or max(numbers) > amount)
            if amount == lot.rule("buy"):
                is_taken = b"buy" in actor.sent or max(numbers) > amount
            if amount not in numbers and not is_taken:
                yield f"{actor.name} never bid {amount}: {lot}"


def messages_follow_their_commit(book: Book) -> Iterator[str]:
    """Every event was on the disk before a message about it was sent."""
    for note, stay in book.told:
        for pattern, kinds, fits in TOLD:
            match = pattern.match(note.text)
            if match and not any(
                fits(match, fact.body, who)
                for fact in reversed(book.facts[: note.mark])  # mostly one of the last
                if fact.kind in kinds
                for who in _hearers(book, fact, note.who, stay)
            ):
                yield str(note)


def _hearers(book: Book, fact: Fact, name: str, stay: Stay | None) -> Iterator[int]:
    """The seats from which a person may hear of an event."""
    for auction, who in book.seats[name]:
        if auction == fact.auction:
            yield who
    if stay and stay.place is None and stay.room in (fact.room, None):
        yield WATCHER


def required_messages_arrive(book: Book) -> Iterator[str]:
    """Each client with a whole link soon hears of the opening, of the price in open bidding, of a
    higher bid than its own and, as a Watcher, of the result."""
    for lot in book.lots:
        if lot.opening:
            yield from _unheard(book, lot.opening, "Bidding start!", BIDDERS)
        for fact, who in lot.outbid:
            words = f"outbid: Buyer {fact.body['who']} bids ${fact.body['amount']}."
            yield from _unheard(book, fact, words, [who])
        for fact, who in lot.raised_for:
            words = f"The Auctioneer has bid ${fact.body['amount']} for you."
            yield from _unheard(book, fact, words, [who])
        for fact in lot.news if lot.kind in (3, 4) else []:
            if lot.result is None or lot.result.at > fact.at + PATIENCE:
                yield from _unheard(book, fact, "Asking price: $", [SELLER, *BIDDERS])
        if lot.result:
            words = "Auction finished!" if lot.is_decided else "Auction cancelled!"
            yield from _unheard(book, lot.result, words, [WATCHER])

    for fact in book.facts:
        if fact.kind in SALE_NEWS:
            yield from _unheard(book, fact, SALE_NEWS[fact.kind].format(**fact.body), BIDDERS)
        if fact.kind == "SaleVoided":
            words = "You do not owe ${payment} for lot {lot}.".format(**fact.body)
            yield from _unheard(book, fact, words, [fact.body["who"]])


def _unheard(book: Book, fact: Fact, words: str, hearers: Sequence[int]) -> Iterator[str]:
    """The clients in the room that do not hear of an event although it concerns them."""
    for number, stays in book.stays.items():
        for stay in stays:
            if (
                stay.since <= fact.at < stay.until - PATIENCE
                and stay.room == fact.room
                and (stay.place is None or stay.place[0] == fact.auction)
                and stay.actor.is_honest
                and stay.link.window >= WIDE
                and _number(stay) in hearers
                and not book.was_heard(number, words, fact.at - ROUNDING, fact.at + PATIENCE)
            ):
                yield f"{stay.actor.name}, #{number}, does not hear {words!r}: {fact}"


def _number(stay: Stay) -> int:
    return WATCHER if stay.place is None else stay.place[1]


def a_closed_client_was_told_the_reason(book: Book) -> Iterator[str]:
    """A client is told the reason before the server closes its connection."""
    for number, (link, actor) in book.world.links.items():
        notes = book.heard_over[number]
        # A handshake that was not answered is none to be told about.
        has_begun = link.port != "page" or notes or book.said[number]
        is_let_go = link.port != "control" and has_begun and actor.is_honest and link.ended_well
        if is_let_go and not (notes and LAST_WORDS.match(notes[-1].text)):
            yield f"{actor.name}, #{number}: {notes[-1:]}"


def refusals_are_right(book: Book) -> Iterator[str]:
    """No valid bid or request is refused, and answers come in the order of the lines."""
    if _bids_of_the_operator(book):
        return
    for number, said in book.said.items():
        _, actor = book.world.links[number]
        if not actor.is_honest or _comes_back(book, number):
            continue  # it may hear its last answer again
        answers = _answers(book, number)
        seller = book.stays[number] and _number(book.stays[number][-1]) == SELLER
        for line, answer in zip(said, answers, strict=False):
            is_amount = AMOUNT.fullmatch(line.text) is not None
            words = line.text.removeprefix("max ")
            is_bid = AMOUNT.fullmatch(words) is not None
            least = re.match(r"Bid too low! The least acceptable bid is \$(\d+)\.", answer.text)
            if (
                (least and is_bid and int(words) >= int(least[1]))
                or (answer.text.startswith("Invalid bid") and is_amount)
                or (answer.text.startswith("Invalid auction") and REQUEST.fullmatch(line.text))
                or (
                    answer.text == "Not understood."
                    and (line.text == "close" if seller else is_amount)
                )
            ):
                yield f"{line} is answered: {answer}"


def _answers(book: Book, number: int) -> list["Note"]:
    """The lines over a link that answer a line, one for each."""
    lines = ANSWER_LINES if book.world.people is None else PERSONS_ANSWERS
    answers, before = [], ""
    for note in book.heard_over[number]:
        is_second = note.text.startswith("Your account: ") and before.startswith("Sale: ")
        if lines.match(note.text) and not is_second:
            answers.append(note)
        before = note.text
    return answers


def _comes_back(book: Book, number: int) -> bool:
    """True if a client may have come back to its seat over this link."""
    link, actor = book.world.links[number]
    if book.world.people is not None:
        return link is not actor.links[0]
    return any(note.text.startswith("RESUME") for note in book.said[number])


def orders_are_carried_out(book: Book) -> Iterator[str]:
    """An order to a room that was answered with Done is in the ledger, with its giver."""
    for number, (link, actor) in book.world.links.items():
        is_desk = actor in book.world.desks
        if not is_desk and link.port != "control":
            continue
        giver = f"paddle {actor.paddle}" if is_desk else "operator"
        answers = _answers(book, number) if is_desk else book.heard_over[number]
        for order, answer in zip(book.said[number], answers, strict=False):
            found = find_order(order.text.removeprefix("ORDER "))
            if found is None or not answer.text.startswith("Done"):
                continue
            verb, words = found
            if not isinstance(verb, RoomOrder) or verb is WHO:
                continue
            room, _ = verb.split_room(words)
            if not any(
                fact.kind == "Ordered"
                and room in (None, fact.room)
                and (fact.body["order"], fact.body["actor"]) == (verb.name, giver)
                and order.when <= fact.at + ROUNDING
                for fact in book.facts[: answer.mark]
            ):
                yield f"{order} is answered: {answer}"


def results_reach_all_participants(book: Book) -> Iterator[str]:
    """A participant that has stayed to the end of an auction hears its own result."""
    left = {(fact.auction, fact.body["who"]) for fact in book.facts if fact.kind == "Left"}
    results = {lot.auction: lot for lot in book.lots if lot.result and not lot.is_of_sale}
    for seat, actor in book.people.items():
        lot = results.get(seat[0])
        if lot is None or seat in left or not actor.is_honest or not actor.links[-1].ended_well:
            continue
        if _was_told_in_vain(book, lot, actor):
            continue
        end = book.heard_over[actor.links[-1].number][-1:]
        refusals = ("The Auctioneer is closing", "Goodbye", "Server busy")
        is_over = end and end[0].text.startswith(refusals)
        due = _due(lot, seat[1])
        if not is_over and not any(note.text.startswith(due) for note in book.heard[actor.name]):
            yield f"{actor.name} does not hear of {lot}"


def _was_told_in_vain(book: Book, lot: Lot, actor: "Actor") -> bool:
    """True if a person was told its result over a link that took nothing more. The server has told
    it then, and its pass leads to a new seat."""
    assert lot.result is not None
    return book.world.people is not None and any(
        not link.ended_well
        and link.let_go > lot.result.at - ROUNDING
        and (
            any(stay.place and stay.place[0] == lot.auction for stay in book.stays[link.number])
            # Its words have arrived, and the answer was lost.
            or (book.said[link.number] and not book.heard_over[link.number])
        )
        for link in actor.links
    )


def _due(lot: Lot, who: int) -> str:
    """The result that a participant must hear."""
    assert lot.result is not None
    item = lot.request.split(" ", 3)[3]
    if not lot.is_decided:
        return f"Auction cancelled! {lot.result.body['reason']}"
    winner, payment = lot.award or (None, None)
    if who == winner:
        return f"You won this item {item}! Your payment due is ${payment}"
    if who:
        return "Unfortunately you did not win in the last round."
    if winner:
        return f"Success! Your item {item} has been sold for ${payment}"
    return f"Unfortunately your item {item} was not sold in the auction."


def answered_once(book: Book) -> Iterator[str]:
    """Every line is answered once, or the link ends. A client that comes back may hear its last
    answer again."""
    said: defaultdict[int, list[float]] = defaultdict(list)
    heard: Counter[int] = Counter()
    returns = {number for number in book.world.links if _comes_back(book, number)}
    for note in book.world.notes:
        if note.way == ">":
            said[note.link].append(note.when)
    for number in book.world.links:
        heard[number] = len(_answers(book, number))
        if number in returns and book.world.people is None:
            roles = ("Your role is: [Buyer]", "Your role is: [Seller]")
            heard[number] += sum(note.text in roles for note in book.heard_over[number])
    more = _bids_of_the_operator(book)
    for number, (link, actor) in book.world.links.items():
        if actor.is_honest:
            last = link.over - PATIENCE - LATE  # a server that fails gives no answer
            waited = [when for when in said[number] if when < last]
            most = len(said[number]) + (number in returns) + more
            # An open desk is closed with an answer when its auctioneer is removed from the list.
            most += actor in book.world.desks and actor.name in book.world.removed
            if not len(waited) <= heard[number] <= most:
                yield f"{actor.name}, #{number}: {heard[number]} for {len(said[number])} lines"


def _bids_of_the_operator(book: Book) -> int:
    """The number of orders after which a Buyer hears the answer to a bid that it has not sent
    now."""
    return sum(fact.body.get("order") in ("bid", "void") for fact in book.facts)


def floods_are_slowed(book: Book) -> Iterator[str]:
    """No client has more lines handled than the limits allow."""
    for number in [*book.heard_over]:
        times = [note.when for note in _answers(book, number)]
        if times and len(times) > (BURST + 1 + times[-1] - times[0]) * LIMITS.line_rate:
            yield f"{len(times)} answers over link #{number}"


def wrong_tickets_are_delayed(book: Book) -> Iterator[str]:
    """Each wrong ticket or pass code over a link is answered twice as late as the one before, from
    one second on. After the longest delay, the link is closed."""
    for number, notes in book.heard_over.items():
        refusals = [note for note in notes if UNKNOWN.fullmatch(note.text)]
        link, _ = book.world.links[number]
        for guesses, refusal in enumerate(refusals, 1):
            # The cookie of a web socket is read before the client knows that the socket is open.
            asked_at = min(book.said[number][0].when, link.line_ended)
            if refusal.when - asked_at < 2**guesses - 1 - ROUNDING:
                yield f"after {guesses} guesses: {refusal}"
            if 2**guesses > MAX_TICKET_DELAY and refusal is not notes[-1]:
                yield f"after {guesses} guesses: {notes[-1]}"


def valid_tickets_are_accepted(book: Book) -> Iterator[str]:
    """No ticket and no pass code of this house is ever called unknown."""
    for note in book.world.notes:
        if UNKNOWN.fullmatch(note.text):
            _, actor = book.world.links[note.link]
            if actor.is_honest and actor.name not in book.world.removed:
                yield str(note)


def a_connected_participant_keeps_its_seat(book: Book) -> Iterator[str]:
    """A participant with a whole link has not left."""
    welcomes: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for name, notes in book.heard.items():
        for note in notes:
            if note.text in ("Your role is: [Seller]", "Your role is: [Buyer]"):
                welcomes[name].setdefault(note.link, note.when)
            elif note.text.startswith(
                (
                    *("You have come back", "The Auctioneer is closing"),
                    *("Your pass code is not valid", "You have been expelled"),
                )
            ):
                welcomes[name].pop(note.link, None)
    for fact in book.facts:
        if fact.kind == "Left" and fact.body["silent_for"] is None:
            place = (fact.auction, fact.body["who"])
            actor = book.people[place]
            for number, since in welcomes[actor.name].items():
                link, _ = book.world.links[number]
                is_there = (
                    since < fact.at < link.over - ROUNDING and link.end and link.end[0] == "closed"
                )
                # A tab that was cut before its ticket may have taken another seat since.
                is_there = is_there and place in [stay.place for stay in book.stays[number]]
                if actor.keeps_its_seat and is_there:
                    yield f"{actor.name} has not left by link #{number}: {fact}"


def departures_have_a_cause(book: Book) -> Iterator[str]:
    """A participant leaves because its link or the house has ended, or because it gave its seat up.
    The seat of a ticket holder is kept for the seconds of the terms, and for a pause. An expelled
    participant leaves at once."""
    reopenings: defaultdict[int, list[float]] = defaultdict(list)
    expelled: dict[Place, float] = {}
    paused: set[int] = set()
    for fact in book.facts:
        place = (fact.auction, fact.body.get("who", SELLER))
        if fact.kind == "Reopened":
            reopenings[fact.auction].append(fact.at)
        elif fact.kind == "Expelled":
            expelled[place] = fact.at
        elif fact.kind == "Paused":
            paused.add(fact.auction)
        elif fact.kind == "Left" and fact.body["silent_for"] is None and fact.auction not in paused:
            actor = book.people[place]
            grace = book.world.terms.resume_grace if place in book.holders else 0
            losses = [link.let_go for link in actor.links] + reopenings[fact.auction]
            quits = [note.when for note in _quit_notes(book, actor)]
            instants = [at + grace for at in losses] + quits
            if place in expelled:
                instants.append(expelled[place])
            if actor.name in book.world.removed:
                # A server that is killed then lets it go when it opens again.
                instants += [book.world.removed[actor.name], *reopenings[fact.auction]]
            if actor.is_honest and not any(-2 * ROUNDING < fact.at - at < LATE for at in instants):
                yield f"{actor.name} is there, or may still come back: {fact}"


def removed_persons_are_let_go(book: Book) -> Iterator[str]:
    """A person that the operator removes from the list is told so, and takes no other seat."""
    for name, at in book.world.removed.items():
        places = {place for place, actor in book.people.items() if actor.name == name}
        later = [fact for fact in book.facts if fact.kind == "Arrived" and fact.at > at + ROUNDING]
        for fact in later:
            if (fact.auction, fact.body["who"]) in places:
                yield f"{name} was removed at {at}: {fact}"
        for number, (link, actor) in book.world.links.items():
            stays = [stay for stay in book.stays[number] if stay.since < at - PATIENCE]
            is_there = actor.name == name and stays and link.over > at + PATIENCE
            is_seated = is_there and stays[-1].place is not None and link.window >= WIDE
            words = "Your pass code is not valid any more."
            if is_seated and link.is_whole and not book.was_heard(number, words, at, link.over):
                yield f"{name}, #{number}, was removed at {at}, and is there"


def quit_frees_the_seat(book: Book) -> Iterator[str]:
    """A client that was told Goodbye for its ticket has no seat any more. The same holds for one
    that was told to have lost the seat of its place, after it has left this room."""
    for actor in {actor.name: actor for actor in book.people.values()}.values():
        for quit_ in _quit_notes(book, actor):
            is_in_room = quit_.text == "QUIT"
            places = [stay.place for stay in book.stays[quit_.link][-1:]]
            for goodbye in book.heard_over[quit_.link]:
                if not goodbye.text.startswith(("Goodbye.", "Your seat was")[: 1 + is_in_room]):
                    continue
                for auction, who in filter(None, places if is_in_room else book.seats[actor.name]):
                    if not any(
                        fact.auction == auction
                        and (
                            fact.kind in ENDS or (fact.kind, fact.body.get("who")) == ("Left", who)
                        )
                        for fact in book.facts[: goodbye.mark]
                    ):
                        yield f"{actor.name}: {goodbye}"


def _quit_notes(book: Book, actor: "Actor") -> list["Note"]:
    """The lines by which an honest actor gives its seat up: with its ticket, or in a room."""
    lines = [note for link in actor.links for note in book.said[link.number]]
    return [note for note in lines if actor.is_honest and re.match(r"QUIT( |$)", note.text)]


def back_to_zero(book: Book) -> Iterator[str]:
    """Once all clients have gone, there is no timer, link, seat, ticket or lobby session. An
    unfinished sale waits for Buyers without a timer, and keeps the results of those who have
    left. A paused auction waits for the operator."""
    house, reactor = book.world.house, book.world.reactor
    assert house is not None
    connections, places = house.connections, house.rooms.tickets.seats.values()
    leftovers: dict[str, Any] = {
        "timers": _timers(book),
        "sockets": [*reactor.readers, *reactor.writers],
        "links": book.world.network.links,
        "visitors": [*house.lobby.sessions, *house.main.visitors],
        "deadlines": [
            deadlines
            for deadlines in (
                connections.closing,
                connections.handshakes,
                connections.lines,
                connections.idle,
            )
            if not deadlines.is_idle
        ],
        "peers": connections.by_peer,
        "connections": connections.count,
        "tickets": [who for room, who in places if not _waits(room.auction)],
        "commits": not house.ledger.is_idle,
        "desks": {**house.office._desks, **house.office._views, **house.rooms.news.followers},
        "timer of the desks": house.office._timer,
    }
    if book.world.has_pages:
        sockets, browsers = house.site.sockets, house.site.browsers
        leftovers |= {
            "web sockets": [*sockets.sessions, *sockets._by_peer],
            "browsers": [*browsers._by_peer],
            "deadlines of browsers": [
                deadlines
                for deadlines in (sockets.words, browsers.requests, browsers.refusals)
                if not deadlines.is_idle
            ],
        }
    for name, room in house.rooms.items():
        if room.occupancy != NOBODY and room.auction.paused_at is None:
            leftovers[f"people in {name}"] = room.occupancy
        if room.auction.phase not in (Phase.EMPTY, Phase.ENDED) and not _waits(room.auction):
            leftovers[f"phase of {name}"] = room.auction.phase
    for what, left in leftovers.items():
        if left:
            yield f"{what}: {left}"


def _timers(book: Book) -> list[Any]:
    """The timers of the server, apart from its look at the clock on the wall: as long as a timed
    auction is paused, it goes on."""
    house = book.world.house
    assert house is not None
    is_timed = any(room.auction.ends_at is not None for room in house.rooms.values())
    timers = [*book.world.reactor.calls]
    return [call for call in timers if not is_timed or call.func != house.rooms._end_watch._look]


def _waits(auction: Auction) -> bool:
    """True if an auction stays on without participants: a sale, or a paused one."""
    return auction.lots is not None or auction.paused_at is not None


def ledger_replays(book: Book) -> Iterator[str]:
    """The file has every committed row, and its replay is the state of the house."""
    house = book.world.house
    assert house is not None
    kept: TicketRegistry[None] = TicketRegistry()
    with open_view(book.world.path) as view:
        verify_view(view)
        file = list(view.rows())
        history = History(view.start, house.rooms.reopening.empty_auction, house.ledger.instant)
        TicketReplay(history, kept.end, house.rooms.people).follow(file)
    committed = [Row(*row) for row in book.world.rows]
    if file != sorted(committed, key=lambda row: (row.room, row.number)):
        yield "the file has other rows than were committed"
    for name, room in house.rooms.items():
        recorded = history.unfinished.get(name)
        if recorded is None and room.auction.phase not in (Phase.EMPTY, Phase.ENDED):
            yield f"nothing is told of room {name}"
        if recorded is not None and state(recorded.auction) != state(room.auction):
            yield f"room {name}: {state(recorded.auction)} is told, {state(room.auction)} is so"
    tickets = house.rooms.tickets
    # A person has heard some of its results. No letter about them is kept.
    if not (
        all(
            letter.lines in kept.results[key].lines
            if isinstance(key, PassKey)
            else letter == kept.results[key]
            for key, letter in tickets.results.items()
        )
        and tickets.given_up.keys() <= kept.given_up.keys()
    ):
        yield "tickets have other results"


def settlement_is_right(book: Book) -> Iterator[str]:
    """Each Buyer owes the sum of its payments in the oracle, and each Seller, or the house, gets
    it."""
    items = Items()
    with open_view(book.world.path) as view:
        history = History(view.start)
        for row in view.rows():
            items.read(*history.read(row))
    places: dict[tuple[str, int], int] = {}
    for _, _, room, auction, *_ in book.world.rows:
        places.setdefault((room, auction), len(places) + 1)
    owed: Counter[tuple[int, int]] = Counter()
    got: Counter[tuple[int, int]] = Counter()
    for lot in book.lots:
        if not lot.is_decided or lot.is_voided:
            continue
        award = lot.right_award
        if award is not None:
            owed[_account(book, lot.auction, award[0])] += 100 * award[1]
            seller = (WATCHER, SELLER) if lot.is_of_sale else _account(book, lot.auction, SELLER)
            got[seller] += 100 * award[1]
    settlement = settlement_of(items.in_order(), Rates())
    told_owed, told_got = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for account, statement in settlement.statements.items():
        who = (0, account.who)
        if account.paddle is None:
            who = (places[account.room, account.auction], account.who)
        told_owed[who] += statement.owed
        told_got[who] += statement.proceeds
    told_got[WATCHER, SELLER] += settlement.house.proceeds
    if +owed != +told_owed or +got != +told_got:
        yield f"{+told_owed} and {+told_got}, not {owed} and {got}"


def _account(book: Book, auction: int, who: int) -> tuple[int, int]:
    """The account of a participant: its auction and number, or 0 and its paddle."""
    if book.world.people is None:
        return auction, who
    # The operator may have bid for a person that never came. A Buyer's number is its paddle.
    return 0, who or book.people[auction, who].paddle


def places_end_with_their_last_words(book: Book) -> Iterator[str]:
    """A participant's place on a web socket ends with its result, and the socket stays."""
    for page in book.world.pages:
        for channel in [] if book.world.lots else page.channels:
            for note in book.heard_over[channel.number]:
                is_result = note.text.startswith(("You won", "Unfortunately you", "Success!"))
                if is_result and (channel.end is None or channel.end[1] > note.when + ROUNDING):
                    yield f"it ends at {channel.end}: {note}"


def open_sockets_show_signs_of_life(book: Book) -> Iterator[str]:
    """A page with a whole link is never without a frame for longer than the interval of signs."""
    for page in book.world.pages:
        for end in page.ends.values():
            instants = [*end.heard_at, end.link.over]
            gaps = [later - at for at, later in pairwise(instants)]
            longest = SIGN_INTERVAL + PATIENCE + LATE
            if end.link.is_whole and end.link.window >= WIDE and max(gaps, default=0) > longest:
                yield f"{page.name}, #{end.link.number}: {max(gaps)} s without a frame"


def whole_messages_are_read(book: Book) -> Iterator[str]:
    """No page that sends whole messages, in any frames, is told otherwise."""
    for page in book.world.pages:
        for link in page.links if page.is_honest else ():
            for note in book.heard_over[link.number]:
                if NOT_WHOLE.match(note.text):
                    yield str(note)


INVARIANTS: list[Callable[[Book], Iterator[str]]] = [
    bids_are_in_time,
    one_winner_at_the_right_price,
    orders_hold,
    bidding_opens_with_the_last_buyer,
    timeouts_are_exact,
    a_locked_ledger_stops_the_house,
    bids_were_made,
    messages_follow_their_commit,
    required_messages_arrive,
    a_closed_client_was_told_the_reason,
    results_reach_all_participants,
    answered_once,
    refusals_are_right,
    orders_are_carried_out,
    floods_are_slowed,
    wrong_tickets_are_delayed,
    valid_tickets_are_accepted,
    a_connected_participant_keeps_its_seat,
    departures_have_a_cause,
    removed_persons_are_let_go,
    quit_frees_the_seat,
    back_to_zero,
    ledger_replays,
    settlement_is_right,
    lots_come_in_the_ordered_order,
    a_sale_begins_at_its_doors,
    bids_are_at_the_asked_price,
    a_reserve_is_told_as_met_or_not,
    maxima_bid_no_more_than_needed,
    bids_are_listed_in_their_order,
    own_lots_are_told,
    timed_auctions_end_as_promised,
    the_end_told_is_the_end,
    news_follow_their_commit,
    persons_are_told_while_away,
    notifications_are_signed,
    nobody_is_bound_beyond_a_limit,
    a_paddle_has_one_seat,
    places_end_with_their_last_words,
    open_sockets_show_signs_of_life,
    whole_messages_are_read,
    desks_tell_what_has_happened,
    only_auctioneers_have_desks,
    visitors_are_known_to_desks_only,
]
"""The invariants of a finished run. The first one is the most telling if several are broken."""


def check(book: Book) -> None:
    """Check all invariants of a finished run.

    :raises Broken: at the first one that does not hold.
    """
    for invariant in INVARIANTS:
        for problem in invariant(book):
            raise Broken(f"{invariant.__name__.replace('_', ' ')}: {problem}")


def bounded(world: "World") -> None:
    """At any time: no client exceeds the limits, and each seat has one link."""
    peers: Counter[str] = Counter()
    for link, transport in world.network.links.items():
        protocol: Any = transport.protocol
        unsent = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        unread = len(protocol._buffer) if isinstance(protocol, LineReceiver) else 0
        if unsent > LIMITS.max_unsent + LAST_LETTER or unread > UNREAD:
            raise Broken(f"buffers are bounded: {unsent} and {unread} bytes on link #{link.number}")
        # The operator's connections have no limits.
        has_time = link.is_taken_anyway or link.port == "control"
        seconds = 0 if has_time else world.reactor.now - link.line_began
        if (
            seconds > LIMITS.line_timeout + CLOSE_TIMEOUT + LATE
            and transport in world.reactor.readers
        ):
            raise Broken(f"lines end in time: {seconds} s on link #{link.number}")
        session = getattr(protocol, "session", None)
        if session is not None and not session.is_closing:
            peers[link.address[0]] += 1
            seat = session.seat
            is_seated = not seat or seat.who == WATCHER or session.auctioneer.seats.is_seated(seat)
            if world.is_idle and not is_seated:
                raise Broken(f"one seat, one link: #{link.number} has another one's seat")
            is_ending = session.state >= State.ENDING
            is_in_lobby = link.port == "lobby" or world.people is not None
            desk = getattr(session, "_desk", None)
            has_desk = desk is not None and desk.is_open
            is_in_lobby &= seat is None and not is_ending and not has_desk
            silence = world.reactor.now - link.line_ended
            if is_in_lobby and silence > LIMITS.lobby_timeout + MAX_HANDLING_DELAY + LATE:
                raise Broken(f"the lobby has an idle timeout: {silence} s on link #{link.number}")
    if world.has_pages and world.house is not None:
        _one_seat_for_each_place(world, world.house.site.sockets.sessions)
    if sum(peers.values()) > LIMITS.max_connections:
        raise Broken(f"connections stay within the limit: {peers}")
    if max(peers.values(), default=0) > LIMITS.max_per_peer:
        raise Broken(f"one address stays within its limit: {peers}")


def _one_seat_for_each_place(world: "World", sessions: Iterable[Any]) -> None:
    """Each seat of a web socket that is open is its own."""
    for session in sessions if world.is_idle else ():
        for room, place in () if session.is_closing else session._places.items():
            seat = place.seat
            if seat and seat.who != WATCHER and not place.auctioneer.seats.is_seated(seat):
                raise Broken(f"one seat, one link: {session.address} has another one's in {room}")


def no_timer_of_closed(protocol: Any, world: "World") -> None:
    """At any time: no timer belongs to a connection that has ended."""
    guard = getattr(getattr(protocol, "dataReceived", None), "__self__", protocol)
    session = getattr(guard, "session", getattr(guard, "_session", protocol))
    gone = (protocol, session)
    for call in world.reactor.calls:
        if getattr(call.func, "__self__", None) in gone:
            raise Broken(f"a closed connection has no timer: {call.func}")


Fits = Callable[[re.Match[str], dict[str, Any], int], bool]


def _told(words: str, kinds: str, fits: Fits) -> tuple[re.Pattern[str], list[str], Fits]:
    return re.compile(words), kinds.split(), fits


TOLD = [
    _told(
        "Auction request received: (.*)",
        "RequestAccepted",
        lambda m, e, who: [0, e["request"]] == [who, m[1]],
    ),
    _told(r"Your role is: \[Seller\]", "Arrived", lambda m, e, who: e["who"] == who == 0),
    _told(r"Your role is: \[Buyer\]", "Arrived", lambda m, e, who: e["who"] == who > 0),
    _told("Ticket: (.*)", "Arrived", lambda m, e, who: e["ticket"] == digest_of(m[1])),
    _told("Bidding start!", "BiddingOpened", lambda m, e, _: True),
    _told("Your bid is already in", "BidTaken", lambda m, e, who: e["who"] == who),
    _told("Your auction request is already in", "RequestAccepted", lambda m, e, who: who == 0),
    _told("Your seat was given up", "Left Sold Unsold Cancelled", lambda m, e, who: True),
    _told("You have passed", "Passed", lambda m, e, who: e["who"] == who),
    _told("Bid received", "BidTaken", lambda m, e, who: e["who"] == who),
    _told(
        "Your bid is changed",
        "BidTaken",
        lambda m, e, who: e["who"] == who and e.get("replaced", 0) > 0,
    ),
    _told("Your bid is withdrawn", "Withdrawn", lambda m, e, who: e["who"] == who),
    _told(
        r"You hold the highest bid: \$(\d+)",
        "Raised",
        lambda m, e, who: [e["who"], e["amount"]] == [who, int(m[1])],
    ),
    _told(
        r"Your bid of \$(\d+) stands",
        "BidTaken Raised",
        lambda m, e, who: [e["who"], e["amount"]] == [who, int(m[1])],
    ),
    _told(
        r"Your maximum is \$(\d+)",
        "MaximumSet",
        lambda m, e, who: [e["who"], e["amount"]] == [who, int(m[1])],
    ),
    _told(
        r"The Auctioneer has bid \$(\d+) for you",
        "Raised",
        lambda m, e, who: [e["who"], e["amount"], e.get("cause")] == [who, int(m[1]), "maximum"],
    ),
    _told(
        r"You have been outbid: Buyer (\d+) bids \$(\d+)",
        "Raised",
        lambda m, e, who: [e["who"], e["amount"]] == [int(m[1]), int(m[2])] and 0 < who != e["who"],
    ),
    _told(
        r"Highest bid: \$(\d+) by Buyer (\d+)",
        "Raised",
        lambda m, e, _: [e["amount"], e["who"]] == [int(m[1]), int(m[2])],
    ),
    _told(
        r"You won this item .*! Your payment due is \$(\d+)",
        "Sold",
        lambda m, e, who: [e["winner"], e["payment"]] == [who, int(m[1])],
    ),
    _told(
        r"Success! Your item .* has been sold for \$(\d+)",
        "Sold",
        lambda m, e, who: [0, e["payment"]] == [who, int(m[1])],
    ),
    _told(
        r"Sold: .* to Buyer (\d+) for \$(\d+)",
        "Sold",
        lambda m, e, _: [e["winner"], e["payment"]] == [int(m[1]), int(m[2])],
    ),
    _told("Unfortunately you did", "Sold Unsold", lambda m, e, who: 0 < who != e.get("winner")),
    _told("Unfortunately your item", "Unsold", lambda m, e, who: who == 0),
    _told("Not sold: ", "Unsold", lambda m, e, _: True),
    _told(r"Lot (\d+) of ", "LotAnnounced", lambda m, e, _: e["lot"] == int(m[1])),
    _told(r"Lot (\d+) is withdrawn", "LotSkipped", lambda m, e, _: e["lot"] == int(m[1])),
    _told(r"Lot (\d+) is added", "LotAdded", lambda m, e, _: e["lot"] == int(m[1])),
    _told(r"Lot (\d+) will be", "LotOffered", lambda m, e, _: e["lot"] == int(m[1])),
    _told(
        r"Lot (\d+) comes before lot (\d+)",
        "LotMoved",
        lambda m, e, _: [e["lot"], e["before"]] == [int(m[1]), int(m[2])],
    ),
    _told(r"The sale of lot (\d+)", "SaleVoided", lambda m, e, _: e["lot"] == int(m[1])),
    _told(
        r"You do not owe \$(\d+) for lot (\d+)",
        "SaleVoided",
        lambda m, e, who: [who, e["payment"], e["lot"]] == [e["who"], int(m[1]), int(m[2])],
    ),
    _told("The sale begins ", "SaleScheduled StartMoved", lambda m, e, _: True),
    _told("(All lots have|This lot has) been up", "LotsDone", lambda m, e, _: True),
    _told("Auction cancelled! (.*)", "Cancelled", lambda m, e, _: e["reason"] == m[1]),
]
"""Messages that need an event in the ledger: a pattern of the line, the kinds of the event, and a
check of the match, the event and the client's number."""
