"""Messages as JSON.

A message is an object with its type, the name of its class in snake_case, and its fields. A letter
is an array of messages::

    [{"type": "you_hold", "amount": 105}]

JSON is UTF-8 without line ends. A whole number above :data:`MAX_JSON_NUMBER` is a string of
digits, because many JSON parsers read every number as a double.
"""

import json
import re
from collections.abc import Iterable

from twisted_auction.rules.sentences import Sentence
from twisted_auction.wire.messages import MESSAGES, Message

MAX_JSON_NUMBER = 2**53 - 1
"""Largest whole number coded as a JSON number. A double is exact up to here."""

LARGE_NUMBER = "[1-9][0-9]{15,18}"
"""Pattern of a whole number above :data:`MAX_JSON_NUMBER`, coded as a string. The largest has one
digit more than an amount, because the least acceptable bid may be above the largest amount."""

_TYPES = {cls.type_name: cls for cls in MESSAGES}
_LARGE_NUMBER = re.compile(LARGE_NUMBER)

Json = dict[str, int | str]


def json_number(number: int) -> int | str:
    """A whole number for JSON: a string of digits above :data:`MAX_JSON_NUMBER`."""
    return number if abs(number) <= MAX_JSON_NUMBER else str(number)


def as_object(message: Message) -> Json:
    """Return a message as a JSON object."""
    fields: Json = {"type": message.type_name}
    for name in message.field_types:
        value = getattr(message, name)
        fields[name] = json_number(value) if isinstance(value, int) else value
    return fields


def render(*messages: Message) -> bytes:
    """Code messages as one JSON array."""
    objects = [as_object(message) for message in messages]
    return json.dumps(objects, ensure_ascii=False).encode("utf-8")


def built_sentence(message: Message) -> Sentence | None:
    """The sentence with values that the program has built for a message; None if there is none.
    Another sentence is its own pattern."""
    if message.built_field is None:
        return None
    text = getattr(message, message.built_field)
    return text if isinstance(text, Sentence) and text.values else None


def render_for_pages(*messages: Message) -> bytes:
    """Code messages as :func:`render` does it, with the parts of built sentences: what stands under
    ``sentence`` in a message is its pattern and its values by name. A value is a number, a text of
    a person, such an object, or a message."""
    objects = []
    for message in messages:
        sentence = built_sentence(message)
        parts = {} if sentence is None else {"sentence": _part(sentence)}
        objects.append({**as_object(message), **parts})
    return json.dumps(objects, ensure_ascii=False).encode("utf-8")


def _part(value: object) -> object:
    match value:
        case Message():
            return as_object(value)
        case int():
            return json_number(value)
        case Sentence():
            values = {name: _part(each) for name, each in value.values.items()}
            return {"pattern": value.pattern, "values": values}
    return str(value)


def join(arrays: Iterable[bytes]) -> bytes:
    """Join non-empty arrays of :func:`render` into one."""
    return b"[" + b", ".join([array[1:-1] for array in arrays]) + b"]"


def parse(array: bytes) -> tuple[Message, ...]:
    """Parse one letter from the server.

    :param array: the JSON array. White space around it, such as a line end, is allowed.
    :raises ValueError: if it is no array of messages as :func:`render` makes them.
    """
    try:
        objects = json.loads(array.decode("utf-8"))
    except RecursionError:
        raise ValueError("not a letter of the Auctioneer's: nested too deeply") from None
    if not isinstance(objects, list):
        raise ValueError("not a letter of the Auctioneer's: no array")
    return tuple([_message(fields) for fields in objects])


def _message(fields: object) -> Message:
    """Parse one message.

    :raises ValueError: if the object is no message.
    """
    if isinstance(fields, dict) and isinstance(name := fields.pop("type", None), str):
        cls = _TYPES.get(name)
        if cls is not None and cls.built_field is not None:
            fields.pop("sentence", None)
        if cls is not None and fields.keys() == cls.field_types.keys():
            return cls(
                **{name: _value(fields[name], kind) for name, kind in cls.field_types.items()}
            )
    raise ValueError("not a message of the Auctioneer's, with its type and its fields")


def _value(value: object, kind: type) -> int | str:
    """Parse the value of one field.

    :raises ValueError: if the value is not of this kind.
    """
    if kind is str and isinstance(value, str):
        value.encode("utf-8")  # raises for half of a surrogate pair
        return value
    if kind is int:
        if (
            isinstance(value, str)
            and _LARGE_NUMBER.fullmatch(value)
            and int(value) > MAX_JSON_NUMBER
        ):
            return int(value)
        # JSON's true is a bool in Python, and bool is a subclass of int.
        if type(value) is int and 0 <= value <= MAX_JSON_NUMBER:
            return value
    raise ValueError("not a value of this field of the Auctioneer's")
