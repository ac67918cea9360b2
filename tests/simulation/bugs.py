"""Deliberate bugs, and the seeds that find them: ``python -m tests.simulation.bugs``."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import twisted_auction
from tests.command_line import Parser, execute
from tests.simulation.world import HAS_WEB

SEEDS = 500
"""Seeds to try; a bug that survives them is not caught."""

CAUGHT = re.compile(r"^Seed (\d+): ([^:]*): ", re.MULTILINE)
ROOT = Path(__file__).parents[2]
PACKAGE = Path(twisted_auction.__file__).parent


@dataclass(frozen=True, slots=True)
class Bug:
    """A change to the server.

    :param file: the file in the package.
    :param right: text of the file, found there once.
    :param wrong: the text in its place.
    """

    name: str
    file: str
    right: str
    wrong: str

    @property
    def is_of_web(self) -> bool:
        """True if it needs the extra ``web``."""
        return self.file.startswith("web/")


BUGS_BY_FILE = {
    "rules/sealed.py": r"""
a tie goes to the later bid
- max(bids, key
+ max(reversed(bids), key
no lowest price in second price
- [lowest_price, *rivals]
+ rivals or [1]
the lowest price does not sell
- if highest_bid < lowest_price
+ if highest_bid <= lowest_price
a bid may be changed
- if self.end is None and who not in bidding.asked:
+ if self.end is None and who not in {*bidding.asked, *bidding.bids}:
sealed bids are refused
- taken = BidTaken(who, amount)
+ raise InvalidBid
sealed bidding ends a bid early
- if any(other != who for other in bidding.awaited):
+ if len(bidding.awaited) > 2:
half the time for a sealed bid
- when + bid_timeout if bid_timeout
+ when + bid_timeout / 2 if bid_timeout
a silent Buyer has twice the time
- when + bid_timeout if bid_timeout
+ when + 2 * bid_timeout if bid_timeout
""",
    "rules/open.py": r"""
bids after the end
- bidding.deadline - pace * (2 - bidding.calls)
+ bidding.deadline - (pace * (2 - bidding.calls) or -2)
a good open bid is refused
- if amount < least:
+ if amount <= least:
a late bid moves an end beyond the latest one
- if latest_at is None or when +
+ if True or when +
a late bid extends nothing
- bidding.deadline - when >= self.ext
+ self.ext
a step of a table begins too late
- if price >= least
+ if price > least
the price to buy at once ends nothing
- if amount == self.buy:
+ if False:
a bid below the hidden reserve buys
- None if sold is None or sold.payment < self.reserve else sold
+ sold
Buyers read the hidden reserve
- {time_limit}{jump}{buy}"
+ {time_limit}{jump}{buy}" + f" Reserve: {self.reserve}." * (self.reserve > 0)
""",
    "rules/duels.py": r"""
a maximum may be below the bid of its Buyer
- if amount < state.bids[who]:
+ if False:
a maximum that a limit has stopped is not free again
- for who in [who for who, maximum in standing.maxima.items() if maximum.most is not None]:
+ for who in ():
""",
    "rules/dutch.py": r"""
a Dutch auction gives up a step early
- if bidding.price == bidding.lowest_price:
+ if bidding.price - self.step <= bidding.lowest_price:
the Dutch price falls a step late
- bidding.deadline + self.interval)
+ bidding.deadline + 2 * self.interval)
""",
    "rules/arrivals.py": r"""
one Buyer too many is awaited
- state.missing_buyers > 1
+ state.missing_buyers > 0
bidding never opens
- return (arrival, bidding_opened(state, when))
+ return (arrival,)
a Seller has no timeout
- until = deadline(when, state.terms.request_timeout)
+ until = None
""",
    "rules/orders.py": r"""
an order leaves no trace of its own
- return (Ordered(order.action.word, order.actor, order.reason), *effect)
+ return (Ordered("say", order.actor, order.reason), *effect)
""",
    "rules/evolution.py": r"""
a withdrawn bid counts
- del state.bids[event.who]\n        case Passed
+ pass\n        case Passed
a disconnected Buyer is awaited
- state.silent.pop(event.who, None)\n            state.stop_asking(event.who)
+ state.silent.pop(event.who, None)
a voided sale can be voided again
- case SaleVoided(lot):\n            sale.end(lot, event)
+ case SaleVoided(lot):\n            pass
a moved start is forgotten
- case StartMoved():\n            state.deadline = event.starts_at
+ case StartMoved():\n            pass
a Buyer that passed is awaited
- state.passed[event.who] = None\n            state.stop_asking(event.who)
+ state.passed[event.who] = None
""",
    "rules/sale.py": r"""
a skipped lot comes up
- self._take_out(event.lot)
+ pass
a lot offered again comes up twice
- self.to_come = (*self.to_come, event.lot)
+ self.to_come = (*self.to_come, event.lot, event.lot)
a moved lot comes after the other one
- self.to_come = (*self.to_come[:place], lot, *self.to_come[place:])
+ self.to_come = (*self.to_come[: place + 1], lot, *self.to_come[place + 1 :])
""",
    "rules/state.py": r"""
a sale with doors waits for Buyers
- self.is_timed or (self.sale is not None and self.sale.has_doors)
+ self.is_timed
""",
    "rules/timed.py": r"""
a restart moves the start of a sale
- or state.awaits_start:
+ or False:
a stop costs time for bids
- moved = deadline + when - command.closed_at
+ moved = deadline
a restart moves a promised end
- deadline = promised_end(state)\n    # After
+ deadline = moved\n    # After
an end comes before Buyers can come back
- if deadline > earliest - SHORTEST_MOVE:
+ if True:
""",
    "rules/maxima.py": r"""
the later of equal maxima holds
- sorted(caps, key=caps.__getitem__, reverse=True)
+ sorted(reversed(caps), key=caps.__getitem__, reverse=True)
a maximum bids all that it may
- min(caps[winner], _above(price, format))
+ caps[winner]
a maximum outlives the voided bid
- case Voided() | Expelled() | Passed():
+ case Expelled() | Passed():
""",
    "house/end_watch.py": r"""
a clock that is set moves no end
- room.orders.check_end()
+ pass
""",
    "house/timed_notices.py": r"""
a withdrawn bid is told to all
- return ((event.who, WITHDRAWN),)
+ return [(who, WITHDRAWN) for who in auction.present]
""",
    "house/notifications.py": r"""
news are forgotten before they are sent
- self._carrier.carry(notification, partial(self._kept.forget, notification))
+ self._kept.forget(notification)\n        self._carrier.carry(notification, lambda: None)
only the first person is sent its settlement
- self._hold(self._kept.made(place, letter))\n\n    def
+ self._hold(self._kept.made(place, letter))\n                    break\n\n    def
news leave before the commit
- self._ledger.after_commit(partial(self._send, notification))
+ self._send(notification)
""",
    "rules/words.py": r"""
a line counts in a pause
- raise IsPaused
+ pass
""",
    "house/snapshots.py": r"""
sealed bids are told to Watchers
- received = len(auction.bids)
+ received = sum(auction.bids.values())
""",
    "house/reports.py": r"""
sealed bids are in LIST
- bids, awaited = len(auction.bids)
+ bids, awaited = [*auction.bids.values()]
""",
    "house/bid_notices.py": r"""
an outbid Buyer is not told
- if bid.outbid is not None and (bid is
+ if False and (bid is
the wrong Buyer is outbid
- letters.append((bid.outbid, Letter
+ letters.append((bid.who, Letter
the maximum of the holder is told to others
- maximum = auction.maxima.get(who)
+ maximum = auction.maxima.get(auction.holder or who)
a reserve is told to be met by any bid
- if highest >= auction.format.reserve
+ if highest
voided bids are not listed
- for place, who, amount in auction.voided_bids:
+ for place, who, amount in ():
""",
    "house/standings.py": r"""
an outbid person is told to hold the lot
- ("highest" if who == auction.holder else "outbid")
+ "highest"
a loser is told to have won
- case Sold() if outcome.winner == who:
+ case Sold():
""",
    "house/commitments.py": r"""
bids in other rooms bind nobody
- bid = None if other is room else
+ bid = None if True else
""",
    "house/personal_news.py": r"""
losers are told nothing while away
- (kind not in BIDDERS_NEWS or who in auction.bids)
+ kind not in BIDDERS_NEWS
a winner in the room is sent nothing
- ALWAYS_SENT = frozenset({WON, VOIDED, SETTLEMENT})
+ ALWAYS_SENT = frozenset({VOIDED, SETTLEMENT})
""",
    "house/sale_notices.py": r"""
the winner of a voided sale is told to owe it
- letters[who] = voided_sale(event, auction) + Letter(nothing_due)
+ letters[who] = voided_sale(event, auction)
a withdrawn lot is not told
- return Letter(messages.LotWithdrawn(lot_name(auction, lot)))
+ return EMPTY
""",
    "ledger/journal.py": r"""
messages leave before the commit
- if self.is_idle:
+ if True:
messages leave although a commit failed
- self._waiting.clear()
+ self._commit and [publish() for publish in self._commit.publications]
messages leave while the ledger is locked
- if isinstance(error, LockedError) and
+ if [leave() for leave in self._commit.publications] != 0 and isinstance(error, LockedError) and
messages waiting for a locked ledger are lost
- if isinstance(error, LockedError) and self.is_open:
+ if isinstance(error, LockedError) and self.is_open:\n            self._commit = None
""",
    "ledger/chains.py": r"""
a chain forgets its written end
- _ChainEnd(head.number, head.auction, head.hash, first)
+ _ChainEnd(head.number, head.auction, self._store.view.anchor, first)
""",
    "house/auctioneer.py": r"""
a seat is not kept
- seat.who, self.auction.clock(when) + self.terms.resume_grace
+ seat.who, when + 0.5
a seat is kept too long
- seat.who, self.auction.clock(when) + self.terms.resume_grace
+ seat.who, when + 5 * self.terms.resume_grace
a ticket is told before the commit
- outgoing.add(seat, first)
+ connection.send(first)
tickets do not survive a crash
- self._registry.begin(key, self, who)\n        self.seats.restore
+ pass\n        self.seats.restore
""",
    "house/orders.py": r"""
nothing is cancelled
- happened = self._runner.publish(events, when)
+ happened = list(events)
""",
    "house/closing.py": r"""
Watchers do not hear that the house closes
- outgoing.add(seat, CLOSING)
+ pass
""",
    "house/runner.py": r"""
time goes on while the ledger is locked
- self.room_clock.halt(self.pass_time())
+ pass
a locked ledger costs time for bids
- Reopen(halted_at, was_cut=False), when
+ Reopen(when, was_cut=False), when
Watchers are told nothing
- self.price_feed.tell(seats.watchers, watcher_letter, outgoing)
+ pass
only the first event is written
- happened, when, self.auction
+ happened[:1], when, self.auction
""",
    "house/price_feed.py": r"""
price updates are never told
- self.pending = announcement(event) or self.pending or EMPTY
+ self.pending = None
""",
    "house/outgoing.py": r"""
letters are sent twice
- seat.connection.send(letter)
+ seat.connection.send(letter + letter)
""",
    "house/seats.py": r"""
a returning participant is still away
- self.away.pop(who, None)\n        seat
+ seat
""",
    "house/returns.py": r"""
coming back leaves the old link
- self._runner.dismiss(old.connection, CAME_BACK)
+ pass
coming back takes a new seat
- self._seats.sit(who, connection)\n        self._runner.set_alarm()
+ self._seats.sit(who + 9, connection)\n        self._runner.set_alarm()
""",
    "house/tickets.py": r"""
the first letter of a ticket is enough
- sha256(ticket.encode())
+ sha256(ticket.encode()[:1])
tickets never end
- if key in self.seats:
+ if False:
""",
    "house/joining.py": r"""
a removed person stays
- if new is None or not new.may_enter(room.name):\n            return True
+ if new is None:\n            return False
a missed result is not told
- missed = registry.last_words(key)
+ missed = None
""",
    "server/session.py": r"""
a seat is not freed
- self.state = State.CLOSED\n        self.leave()
+ self.state = State.CLOSED
a timer is left behind
- self._pause.cancel()
+ pass
a connection's place is not freed
- self.release(self._peer)
+ pass
a flood is not slowed
- self.pause_for(seconds)
+ pass
a closing client that does not read is not aborted
- self.connections.closing.start(self.transport.abortConnection)\n            self.finish
+ self.finish
""",
    "ledger/items.py": r"""
a voided sale is billed
- item = self._items[room, auction, event.lot]\n                item.result, item.at = event, at
+ item = self._items[room, auction, event.lot]\n                item.at = at
""",
    "ledger/settlement.py": r"""
a bill has the highest bid
- [(result.winner, result.payment), *result.dues]
+ [(result.winner, result.highest_bid), *result.dues]
a settlement leaves out the second lot
- house.offers.append(Offer(item, payment, 0))
+ house.offers[:] = [Offer(item, payment, 0)]
""",
    "server/visitor.py": r"""
pass codes may be guessed fast
- seconds = max(self._delay, self._passes.count_wrong(self.connections, self.peer))
+ seconds = 0
pass codes may be guessed for ever
- elif self._delay > MAX_REFUSAL_DELAY:
+ elif False:
a client without a seat is not forgotten
- self._visitors.pop(self, None)
+ pass
the lobby has no idle timeout
- self.connections.idle.start(self._idle_timed_out)
+ pass
""",
    "server/throttle.py": r"""
a flooding client is not disconnected
- if now > self._excess_since + MAX_THROTTLED_SECONDS:
+ if False:
""",
    "server/protocol.py": r"""
a line has no timeout
- self._connections.lines.start(self._line_timed_out)
+ pass
""",
    "server/lobby.py": r"""
QUIT does not free the seat
- self._rooms.give_up(self._key(rest))
+ pass
tickets may be guessed fast
- self.pause_for(self._delay, self._refuse_ticket)
+ self.pause_for(0, self._refuse_ticket)
tickets may be guessed for ever
- if self._delay > MAX_TICKET_DELAY:
+ if False:
""",
    "house/desk.py": r"""
sealed bids are at the desk
- len(auction.has_bid or auction.bids) if is_sealed else
+ sum(auction.bids.values()) if is_sealed else
sealed bids bind a person at the desk
- bound = self._commitments.bound(paddle, lambda room: room.auction.is_open)
+ bound = self._commitments.bound(paddle, lambda room: True)
a desk does not hear of results
- LOT_EVENTS = RESULTS | {
+ LOT_EVENTS = {
""",
    "server/people_file.py": r"""
a walk-in has no limit
- "limit": limit}
+ "limit": ""}
""",
    "server/desk.py": r"""
a desk is told each fact once
- if told.get(key) != fact]
+ if key not in told]
a desk keeps what is gone
- gone = [key for key in told if key not in facts]
+ gone: list[Key] = []
one of two desks is told
- for desk in [desk for desk, its in self._desks.items() if its == name]:
+ for desk in [desk for desk, its in self._desks.items() if its == name][:1]:
a desk that opens again is told less
- self._room, self._told = room, {}
+ self._room = room
a desk follows its first room only
- self._desks[desk] = room
+ self._desks.setdefault(desk, room)
a closed desk is followed
- self._office.close(self)
+ pass
an auctioneer gives orders as the operator
- f"paddle {person.paddle}")
+ "operator")
a removed auctioneer keeps the desk
- now = passes.current(person)
+ now = person
a withdrawn desk has no idle timeout
- self._client.set_idle_timeout()
+ pass
""",
    "server/outbox.py": r"""
unsent bytes are not limited
- if self._unsent and 0 < self._max_unsent < unsent:
+ if False:
""",
    "server/limits.py": r"""
a closed connection is counted
- self.count -= 1
+ pass
the limit of connections is not enforced
- return 0 < self.limits.max_connections <= self.count
+ return False
the limit of one address is not enforced
- 0 < self.limits.max_per_peer <= from_there
+ from_there < 0
""",
    "web/live.py": r"""
a letter of one room reaches the place of another
- self._session.tell(letter, self.room)
+ self._session.tell(letter, next(iter(self._session._places), self.room))
an ended place still takes lines
- del self._places[place.room]
+ pass
a closed socket keeps its places
- for place in places.values():\n            place.leave()
+ pass
a room's last letter does not end the place
- self.tell(letter, place.room, is_last=True)
+ self.tell(letter, place.room)
a socket shows one sign of life only
- self._sockets.words.start(self._say_word)\n        if not
+ if not
QUIT in a room keeps the seat
- self._rooms.give_up(key)
+ place.dismiss(GOODBYE)
a Watcher cannot leave a room
- self._journal.after_commit(lambda: place.dismiss(GOODBYE))
+ pass
a closed socket still shows signs of life
- self._sockets.words.cancel(self._say_word)
+ pass
""",
    "web/frames.py": r"""
a frame for one room is sent from another
- known is not None and known[:2] == (room, is_last)
+ known is not None
""",
    "web/guard.py": r"""
a message has no timeout
- session.connections.lines.start(self._message_timed_out)
+ pass
a ping in a message ends its timeout
- self._unfinished -= CLIENT_HEADER - SERVER_HEADER + len(data)
+ self._message_received()
every piece of a message has its own timeout
- if self._unfinished and not is_within_message and
+ if self._unfinished and
a ping is taken for a part of a message
- self._unfinished -= CLIENT_HEADER - SERVER_HEADER + len(data)
+ pass
messages are handled in a pause
- while self._texts and not self._is_paused:
+ while self._texts:
""",
    "web/sockets.py": r"""
a closed socket is counted
- self._by_peer.release(peer)
+ pass
""",
    "web/requests.py": r"""
a request may take any time
- self.browsers.requests.start(self._time_is_up)
+ pass
""",
}
"""The bugs, by file of the package: a name, text of the file, and the text in its place. As in
Python, ``\\n`` is the end of a line."""

STANZA = re.compile(r"(.+)\n- (.+)\n\+ (.+)\n")

BUGS = [
    Bug(name, file, right.replace("\\n", "\n"), wrong.replace("\\n", "\n"))
    for file, text in BUGS_BY_FILE.items()
    for name, right, wrong in STANZA.findall(text)
]


@dataclass(frozen=True, slots=True)
class Caught:
    """How a bug was caught: the seed, the broken invariant, and the output."""

    seed: int
    invariant: str
    output: str


def bugged(bug: Bug) -> str:
    """The text of the file with the bug in it.

    :raises ValueError: if the text to be replaced is not found exactly once.
    """
    text = (PACKAGE / bug.file).read_text()
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.name}: {bug.file} has not exactly one {bug.right!r}.")
    return text.replace(bug.right, bug.wrong)


def listed() -> dict[str, int]:
    """The seed of each bug in the table of docs/testing.rst, by its name."""
    page = (ROOT / "docs" / "testing.rst").read_text()
    table = page.partition("Bugs, each with its seed\n")[2].partition("\n\n")[0]
    width = table.index("  ") + 2
    cells = " ".join(line[width:] for line in table.splitlines() if line[0] != "=")
    found = re.findall(r"([^;()]+) \((\d+)\)", cells)
    return {name.strip(): int(seed) for name, seed in found}


def hunt(bug: Bug) -> Caught | None:
    """Run the simulation on a copy of the package with this bug: the seed of the last time first,
    and then all others.

    :return: None if the bug was not caught.
    :raises ValueError: as :func:`bugged`, and if the simulation cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="bug-") as folder:
        copy = Path(folder, PACKAGE.name)
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        Path(folder, "tests").symlink_to(ROOT / "tests")
        (copy / bug.file).write_text(bugged(bug))
        known = listed().get(bug.name)
        first = [] if known is None else [str(known)]
        for seeds in (*first, f"0-{SEEDS - 1}"):
            done = subprocess.run(
                [sys.executable, "-m", "tests.simulation", "--seeds", seeds],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": folder},
                capture_output=True,
                text=True,
            )
            caught = CAUGHT.search(done.stdout)
            if caught is not None:
                return Caught(int(caught[1]), caught[2], done.stdout)
            if done.returncode != 0:
                raise ValueError(f"{bug.name}: {done.stderr}")
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all bugs, or those whose names contain the given words."""
    parser = Parser(prog="python -m tests.simulation.bugs", description=main.__doc__)
    parser.add_argument("words", nargs="*", help="of a bug's name, such as: a seat is not freed")
    words = " ".join(parser.parse_args(arguments).words)
    hunted = [bug for bug in BUGS if words in bug.name and (HAS_WEB or not bug.is_of_web)]
    if not hunted:
        parser.error(f"no bug has {words!r} in its name; without words, all are hunted")
    alive = 0
    print(f"{'bug':<50} {'seed':>4} invariant")
    for bug in hunted:
        try:
            caught = hunt(bug)
        except ValueError as error:
            sys.exit(str(error))
        how = f"{caught.seed:>4} {caught.invariant}" if caught else "     NOT CAUGHT"
        print(f"{bug.name:<50} {how}", flush=True)
        alive += caught is None
    print(f"{alive} of them not caught.")
    return 1 if alive else 0


if __name__ == "__main__":
    execute(main)
