"""Words for the fuzzer: all lines of the wire, in both directions."""

import re
from collections.abc import Iterator

from tests.fuzz.script import STEP
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.formats import FORMATS
from twisted_auction.wire import messages, orders, verbs

LONGEST = 64
"""Longest word for libFuzzer, in bytes."""

EXAMPLES = [{int: "7", str: "a"}, {int: "8", str: "\x1b"}]
"""Values for the fields of messages."""

ARGUMENTS = {verbs.RESUME: " ticket-", verbs.QUIT: " ticket-", verbs.JOIN: " ", verbs.WATCH: " "}
VERBS = [f"{verb.name}{ARGUMENTS.get(verb, '')}" for verb in (*verbs.LOBBY, verbs.TIME)]
ALL_LOTS = ["SALE *", "SALE * 2", "WATCH *", "MINE", *(f"JOIN {lot}" for lot in range(1, 5))]
DESK = ["SALE main", "SALE main 2", "DESK main", "DESK a", "ORDER ", "ADMIT next limit=5 Ada"]
BIDS = ["accept", "close", "5", "6", "7", "9", "10", "100", "0", "-1", "+1", str(MAX_AMOUNT)]
BIDS += ["max 7", "max 9", "max 100", "max 0", "max ", "buy", "BUY", "bids", "withdraw", "pass"]
REQUESTS = [
    "3:increment=1,2@7,5@9 5 1 Cup",
    "3:reserve=8 5 1 Cup",
    "3:buy=9 5 2 Cup",
    "1:end=2027-01-15T21:00 5 0 Cup",
    "3:end=2027-01-15T21:00:30:latest=2027-01-15T21:05 5 0 Cup",
    "3:reserve=7:buy=9:jump=2:increment=2 5 2 Cup",
    "3:end=2026-12-01T00:01:latest=2026-12-01T00:01:20 5 0 Cup",
    "3:end=2026-12-01T00:00:30:reserve=7 5 0 Cup",
    "1:end=2026-12-01T00:01 5 0 Cup",
    *("end=2026-12-01T00:01:30", "latest=2026-12-01T00:02", "end=2026-11-30T23:59"),
]
ORDERS = [
    *(order.example for order in orders.ORDERS),
    *("close main", "close room=a", "cancel room=a Fire.", "bid 1 7", "expel 1", "void because x"),
]
ROOMS = ["main", "JOIN main", "JOIN a", "WATCH main", "WATCH a", "JOIN b", "JOIN c", "JOIN d"]
PASSES = [
    "0000-0000-0001",
    "oooo oooo ooo2",
    "000000000003",
    "000000000004",
    "0000-0000-0005",
    "3 pear",
    "Ada 1",
]
ODDITIES = [
    b"\0",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\x1b[2J",
    b"\x85",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
]
ODDITIES += [
    b"\xed\xa0\x80",
    b"\xf4\x8f\xbf\xbf",
    b"\xc3",
    b"\xef\xbb\xbf",
    b" ",
    b"\t",
    b"\0" * LONGEST,
]
TELNET = [  # with FE for IAC, as in a step
    *(b"\xfe\xf1", b"\xfe\xf4\xfe\xfd\x06", b"\xfe\xfb\x1f", b"\xfe\xfa\x18", b"\xfe\xf0"),
    *(b"\xfe", b"\xfe\xfe", b"\xfe\xfd\n", b"\xfe\xf2\r", b"\r\0", b"\n\r", b"\r\r"),
    b"\xfe\xf1" * (LONGEST // 2),
]


def words() -> Iterator[bytes]:
    """All words of the dictionary."""
    yield from (STEP + bytes([0x40 + kind]) for kind in range(64))
    for message in messages.MESSAGES:
        yield from (part.encode() for part in re.split(r"\{\w+\}", message.line))
        for examples in EXAMPLES:
            line = message.line
            for name, kind in message.field_types.items():
                line = line.replace(f"{{{name}}}", examples[kind])
            yield line.encode()
    yield messages.TICKET_IS_GOOD.encode()
    yield from (request.encode() for request in REQUESTS)
    for number, kind in FORMATS.items():
        rules = [f":{name}=" for name in kind.rules]
        yield from (rule.encode() for rule in rules)
        yield from (
            f"{name}{rule}2 5 1 Cup".encode() for rule in rules for name in (number, kind.name)
        )
        yield from (
            f"{name} 5 {buyers} Cup".encode() for buyers in (1, 2) for name in (number, kind.name)
        )
    yield from (word.encode() for word in (*VERBS, *ALL_LOTS, *DESK, *BIDS, *ORDERS, *ROOMS))
    yield from (word.encode() for word in (*PASSES, *map("PASS {}".format, PASSES)))
    yield from (*ODDITIES, *TELNET)


def dictionary() -> str:
    """The dictionary in libFuzzer's format."""
    known = dict.fromkeys(word for word in words() if 0 < len(word) <= LONGEST)
    escaped = ("".join(rf"\x{byte:02x}" for byte in word) for word in known)
    return "".join(f'"{word}"\n' for word in escaped)
