"""Events as text, for the ledger to keep."""

import json
from collections.abc import Callable
from dataclasses import fields
from math import isfinite
from typing import Any, get_args

from twisted_auction.rules.events import Event
from twisted_auction.rules.grammar import parse_recorded_request
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest

KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
"""Every kind of event, by the name that the ledger has for it."""

_INSTANTS = (float, float | None)
_DUES = tuple[tuple[int, int], ...]
_FIELDS = {kind: {field.name: field.type for field in fields(kind)} for kind in KINDS.values()}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_event(event: Event, stamp: Callable[[float], int]) -> str:
    """The fields of an event as a JSON object.

    An auction request is written as its text.

    :param stamp: makes an instant of the ledger's from one of the events.
    """
    body: dict[str, Any] = {}
    for name, kind in _FIELDS[type(event)].items():
        value = getattr(event, name)
        if kind in _INSTANTS:
            value = None if value is None else stamp(value)
        elif kind is AuctionRequest:
            value = value.text
        body[name] = value
    return _encode(body)


def check_fields(event: Event) -> None:
    """See that an event could be read back if it were written.

    :raises ValueError: where it could not: it is no event, or a field is not of its type.
    """
    checks = _FIELD_CHECKS.get(type(event))
    if checks is None:
        raise ValueError(f"{type(event).__name__} is no event")
    for name, is_right in checks:
        if not is_right(getattr(event, name)):
            raise ValueError(f"{name} of {type(event).__name__} is not of its type")


def _is_instant(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _is_whole(value: Any) -> bool:
    return type(value) is int and value.bit_length() < 64


def _is_text(value: Any) -> bool:
    return type(value) is str


def _are_dues(value: Any) -> bool:
    return type(value) is tuple and all(
        type(due) is tuple and len(due) == 2 and all(map(_is_whole, due)) for due in value
    )


def _is_request(value: Any) -> bool:
    return isinstance(value, AuctionRequest)


def _or_none(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_right(value)


_TYPE_CHECKS: dict[Any, Callable[[Any], bool]] = {
    float: _is_instant,
    float | None: _or_none(_is_instant),
    int: _is_whole,
    int | None: _or_none(_is_whole),
    str: _is_text,
    str | None: _or_none(_is_text),
    _DUES: _are_dues,
    AuctionRequest: _is_request,
}
"""What tells whether a value is of a field's type."""

# Worked out once: every event that a format has a part in is looked at before it happens.
_FIELD_CHECKS = {
    kind: tuple((name, _TYPE_CHECKS[field]) for name, field in types.items())
    for kind, types in _FIELDS.items()
}


def decode_event(kind: str, body: str, instant: Callable[[int], float]) -> Event:
    """The event that was written.

    :param instant: undoes what ``stamp`` does in :func:`encode_event`.
    :raises ValueError: where there is no such event.
    """
    cls = KINDS.get(kind)
    if cls is None:
        raise ValueError(f"no event is called {kind!r}")
    try:
        types = _FIELDS[cls]
        return cls(
            **{
                name: _decode(value, types[name], instant)
                for name, value in json.loads(body).items()
            }
        )
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, InvalidRequest):
        raise ValueError(f"these are not the fields of {kind}") from None


def _decode(value: Any, kind: Any, instant: Callable[[int], float]) -> Any:
    """What a JSON value says in a field of this type.

    :raises ValueError: where it cannot be in one.
    :raises InvalidRequest: where it is no auction request.
    """
    if value is None and type(None) in get_args(kind):
        return None
    if type(value) is int and value.bit_length() < 64:  # True is no number, though an int
        if kind in _INSTANTS:
            return instant(value)
        if kind in (int, int | None):
            return value
    elif type(value) is str:
        if kind in (str, str | None):
            return value
        if kind is AuctionRequest:
            return parse_recorded_request(value)
    elif type(value) is list and kind == _DUES:
        return tuple(
            (_decode(who, int, instant), _decode(amount, int, instant)) for who, amount in value
        )
    raise ValueError("not of the field's type")
