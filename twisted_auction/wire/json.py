"""Messages as JSON.

A message is an object: its type, which is the name of its class in snake_case, and its fields. A
letter is an array of messages::

    [{"type": "you_hold", "amount": 105}]

JSON is UTF-8 without line ends. A whole number above :data:`EXACT` is a string of digits, because
many readers of JSON take every number for a double.
"""

import json
import re
from collections.abc import Iterable

from twisted_auction.wire.messages import MESSAGES, Message

EXACT = 2**53 - 1
"""Largest whole number that is written as a JSON number: a double is exact up to here."""

DIGITS = "[1-9][0-9]{15,18}"
"""Pattern of the strings that stand for whole numbers above :data:`EXACT`. The largest has one
digit more than an amount: the least bid that is accepted may be above the largest amount."""

_TYPES = {cls.type_name: cls for cls in MESSAGES}
_DIGITS = re.compile(DIGITS)

Json = dict[str, int | str]


def exact(number: int) -> int | str:
    """Return a whole number as JSON holds it: above :data:`EXACT` as a string of digits."""
    return number if number <= EXACT else str(number)


def as_object(message: Message) -> Json:
    """Return a message as the JSON object that is sent for it."""
    facts: Json = {"type": message.type_name}
    for name in message.field_types:
        value = getattr(message, name)
        facts[name] = exact(value) if isinstance(value, int) else value
    return facts


def render(*messages: Message) -> bytes:
    """Code messages as one JSON array."""
    objects = [as_object(message) for message in messages]
    return json.dumps(objects, ensure_ascii=False).encode("utf-8")


def join(arrays: Iterable[bytes]) -> bytes:
    """Join arrays of :func:`render`, of which none is empty, into one."""
    return b"[" + b", ".join([array[1:-1] for array in arrays]) + b"]"


def parse(array: bytes) -> tuple[Message, ...]:
    """Read one letter from the server.

    :param array: the JSON array. White space around it, such as a line end, is allowed.
    :raises ValueError: if it is no array of messages as :func:`render` makes it.
    """
    try:
        objects = json.loads(array.decode("utf-8"))
    except RecursionError:
        raise ValueError("not a letter of the Auctioneer's: nested too deeply") from None
    if not isinstance(objects, list):
        raise ValueError("not a letter of the Auctioneer's: no array")
    return tuple([_message(facts) for facts in objects])


def _message(facts: object) -> Message:
    """Read one message.

    :raises ValueError: if it is none.
    """
    if isinstance(facts, dict) and isinstance(name := facts.pop("type", None), str):
        cls = _TYPES.get(name)
        if cls is not None and facts.keys() == cls.field_types.keys():
            return cls(
                **{name: _value(facts[name], kind) for name, kind in cls.field_types.items()}
            )
    raise ValueError("not a message of the Auctioneer's, with its type and its fields")


def _value(value: object, kind: type) -> int | str:
    """Read the value of one field.

    :raises ValueError: if it is no value of this kind.
    """
    if kind is str and isinstance(value, str):
        value.encode("utf-8")  # which refuses half of a surrogate pair
        return value
    if kind is int:
        if isinstance(value, str) and _DIGITS.fullmatch(value) and int(value) > EXACT:
            return int(value)
        # JSON's true is an int of Python's, so isinstance would let it pass.
        if type(value) is int and 0 <= value <= EXACT:
            return value
    raise ValueError("not a value of this field of the Auctioneer's")
