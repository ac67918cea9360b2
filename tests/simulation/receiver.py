"""The receiver of notifications in a run, which fails as a seed decides, and its invariants."""

import json
import random
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import new as hmac
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.interfaces import IConsumer
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from tests.simulation.book import ROUNDING, Book, Fact
from tests.simulation.desks import Record
from twisted_auction.ledger.row import SECOND
from twisted_auction.server.notifier import Notifier
from twisted_auction.server.notify_settings import NotifySettings

if TYPE_CHECKING:
    from tests.simulation.world import House, World

SECRET = bytes(range(32))
FATES = {
    "takes": 6,
    "takes, and the answer is lost": 1,
    "500": 1,
    "429": 1,
    "refuses": 1,
    "hangs": 1,
}
"""What the receiver may do with a request, and how often."""

RETRY_AFTER = 7
"""Seconds for which a busy receiver asks to wait."""

SENT_WITHIN = 100
"""Seconds in which news arrive, once the faults have stopped: a hold, and a way."""

BACK_WITHIN = 250
"""Seconds after an event in which its news may not be sent yet. A person that is back by then has
perhaps read them in the room."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request to the receiver.

    :ivar mark: the number of rows on the disk when the server sent it.
    :ivar is_taken: True if the receiver has taken it, whatever it has answered.
    """

    when: float
    mark: int
    headers: dict[str, str]
    body: bytes
    is_taken: bool

    @property
    def news(self) -> dict[str, Any]:
        """The body."""
        news: dict[str, Any] = json.loads(self.body)
        return news

    def field(self, type: str, name: str) -> Any:
        """A field of the message of this type; None if there is none."""
        for message in self.news["letter"]:
            if message["type"] == type:
                return message[name]
        return None


@implementer(IConsumer)
class _Bytes:
    """Takes the body of a request."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Need no producer."""

    def unregisterProducer(self) -> None:
        """Need no producer."""


class _Response:
    """An answer without a body."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.headers = Headers({"Retry-After": [str(RETRY_AFTER)]} if code == 429 else {})

    def deliverBody(self, protocol: Any) -> None:  # noqa: N802
        protocol.connectionLost(Failure(ResponseDone()))


@implementer(IAgent)
class Receiver:
    """The way of one server to the receiver.

    :ivar at_once: the paddles with a request now.
    """

    def __init__(self, world: "World", house: "House") -> None:
        self._world = world
        self._house = house
        self.at_once: list[int] = []

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> "Deferred[IResponse]":
        assert headers is not None and bodyProducer is not None
        world, body = self._world, _Bytes()
        bodyProducer.startProducing(body)
        chance = world.of_news
        fate = "takes"
        if not world.is_calm:
            fate = chance.choices([*FATES], [*FATES.values()])[0]
        told = {
            name.decode().lower(): values[0].decode() for name, values in headers.getAllRawHeaders()
        }
        is_taken = fate.startswith("takes")
        post = Post(world.reactor.now, len(world.rows), told, body.data, is_taken)
        world.posts.append(post)
        world.counts[f"notifications: the receiver {fate}"] += 1
        news = post.news
        text = f"{news['kind']} {news['room']} {news['paddle']} {' / '.join(news['lines'])}"
        world.note("receiver", "@", f"{fate}: {text}")
        if fate == "refuses":
            return fail(ConnectionRefusedError())
        paddle = news["paddle"]
        self.at_once.append(paddle)

        def forget(result: object) -> object:
            self.at_once.remove(paddle)
            return result

        answer: Deferred[Any] = Deferred(lambda answer: answer.errback(CancelledError()))
        answer.addBoth(forget)
        code = int(fate) if fate.isdigit() else 200
        if fate in ("takes", "500", "429"):
            delay = chance.choice([0, 0.3, 4]) * chance.random()
            world.reactor.happen(delay, self._answer, answer, _Response(code))
        return answer

    def _answer(self, answer: "Deferred[Any]", response: _Response) -> None:
        # A server that was killed hears nothing, and one that has stopped has cancelled it.
        if self._world.house is self._house and not answer.called:
            answer.callback(response)


def make_notifier(world: "World", house: "House") -> Notifier:
    """The server's own notifier, over a network of this run."""
    return Notifier(
        world.reactor,
        Receiver(world, house),
        NotifySettings("http://receiver.example/", SECRET),
        now=lambda: world.time_of_day() / SECOND,
        jitter=lambda: 1,
    )


def notifications_are_signed(book: Book) -> Iterator[str]:
    """The receiver can trust each request, and can tell that it knows a notification."""
    known: dict[str, tuple[Any, ...]] = {}
    ids: dict[tuple[Any, ...], str] = {}
    for post in book.world.posts:
        news = post.news
        id, timestamp = post.headers["webhook-id"], post.headers["webhook-timestamp"]
        signed = f"{id}.{timestamp}.".encode() + post.body
        code = b64encode(hmac(SECRET, signed, sha256).digest()).decode()
        if post.headers["webhook-signature"] != f"v1,{code}" or news["id"] != id:
            yield f"it is not signed: {post}"
        # The letter of a later attempt may tell less time until the end.
        place = (news["room"], news["paddle"], news["kind"], news["at"])
        if known.setdefault(id, place) != place:
            yield f"its id was that of {known[id]}: {post}"
        if ids.setdefault(place, id) != id:
            yield f"it had another id before: {post}"


def news_follow_their_commit(book: Book) -> Iterator[str]:
    """A notification of a win, a higher bid or a debt follows its commit."""
    for post in book.world.posts:
        news, before = post.news, book.facts[: post.mark]
        paddle = news["paddle"]
        match news["kind"]:
            case "won":
                amount = post.field("you_won", "payment")
                if not _has(before, "Sold", news["room"], winner=paddle, payment=amount):
                    yield f"it has not won: {post}"
            case "outbid":
                amount = post.field("outbid", "amount")
                if not _has(before, "Raised", news["room"], amount=amount):
                    yield f"it was not outbid: {post}"
            case "settlement":
                amount = post.field("account_is", "due")
                if amount != _dues(before)[paddle]:
                    yield f"it owes {_dues(before)[paddle]}: {post}"


def persons_are_told_while_away(book: Book) -> Iterator[str]:
    """The receiver takes the news of each win, of each voided bid or purchase, and of each debt
    after a sale; of a loss, if the person is away. A second time, they have the same id."""
    if not book.world.has_news:
        return
    taken: defaultdict[tuple[str, str, int], list[tuple[float, str]]] = defaultdict(list)
    for post in book.world.posts:
        if post.is_taken:
            news = post.news
            at = datetime.fromisoformat(news["at"]).timestamp()
            taken[news["kind"], news["room"], news["paddle"]].append((at, news["id"]))
    for kind, fact, paddle in _due(book):
        book.world.counts[f"news due: {kind}"] += 1
        at = fact.at + fact.epoch / SECOND
        its = [(its, id) for its, id in taken[kind, fact.room, paddle] if abs(its - at) < 0.01]
        if len({id for _, id in its}) != 1:
            yield f"paddle {paddle} must be told {kind}, and is told {its}: {fact}"


def _due(book: Book) -> Iterator[tuple[str, Fact, int]]:
    """The news that must be taken: the kind, the event, and the person."""
    removed = {actor.paddle for actor in book.world.actors if actor.name in book.world.removed}
    last = book.world.reactor.now - SENT_WITHIN
    results = {lot.result.number: lot for lot in book.lots if lot.result is not None}
    records: defaultdict[str, Record] = defaultdict(Record)
    for fact in book.facts:
        record = records[fact.room]
        was_over = record.is_over
        record.follow(fact)
        if fact.at > last:
            return
        due: list[tuple[str, int]] = []
        lot = results.get(fact.number)
        if lot is not None:
            winner = lot.award[0] if lot.award is not None else 0
            due += [("won", winner)] if winner else []
            kind = "lost" if lot.is_decided else "cancelled"
            losers = {who for _, who, _ in lot.bids} - {winner}
            due += [(kind, who) for who in losers if _is_away(book, fact, who)]
        if fact.kind in ("Voided", "SaleVoided"):
            due.append(("voided", fact.body["who"]))
        sales = [each for each in records.values() if each.is_sale]
        if record.is_sale and record.is_over > was_over and all(each.is_over for each in sales):
            due += [("settlement", who) for who in +_dues(book.facts[: fact.number])]
        yield from ((kind, fact, who) for kind, who in due if who not in removed)


def _is_away(book: Book, fact: Fact, paddle: int) -> bool:
    """True if a person is in no seat of a room from an event on."""
    return not any(
        stay.actor.paddle == paddle
        and stay.room == fact.room
        and stay.place is not None
        and stay.since < fact.at + BACK_WITHIN
        and stay.link.let_go > fact.at - ROUNDING
        for stays in book.stays.values()
        for stay in stays
    )


def _has(facts: list[Fact], kind: str, room: str, **fields: Any) -> bool:
    return any(
        (fact.kind, fact.room) == (kind, room) and fields.items() <= fact.body.items()
        for fact in reversed(facts)
    )


def _dues(facts: list[Fact]) -> Counter[int]:
    """What each paddle owes after the sale: its lots, without those that were voided."""
    lots: dict[int, int] = {}
    won: defaultdict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for fact in facts:
        if fact.kind == "LotAnnounced":
            lots[fact.auction] = fact.body["lot"]
        elif fact.kind == "Sold" and fact.auction in lots:
            won[fact.auction, lots[fact.auction]] = fact.body["winner"], fact.body["payment"]
        elif fact.kind == "SaleVoided":
            del won[fact.auction, fact.body["lot"]]
    dues: Counter[int] = Counter()
    for winner, payment in won.values():
        dues[winner] += payment
    return dues


def chance_of(seed: int) -> random.Random:
    """The source of the receiver's faults."""
    return random.Random(f"news {seed}")
