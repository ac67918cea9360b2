"""Coding of events for the ledger: the kind of a row and its body, a JSON object."""

import json
from collections.abc import Callable
from dataclasses import fields
from math import isfinite
from typing import Any, get_args

from twisted_auction.rules.events import (
    Arrived,
    BiddingOpened,
    BidTaken,
    EndMoved,
    Event,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotSkipped,
    MaximumLimited,
    MaximumSet,
    Raised,
    RequestAccepted,
    SaleVoided,
)
from twisted_auction.rules.grammar import parse_recorded_request
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest

KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
"""Every event class by its name, the *kind* of a row."""

_JSON_KEYS: dict[tuple[type[Event], str], str] = {(Arrived, "ticket_digest"): "ticket"}
"""JSON keys of fields, by class and field, if they differ from the field's name. They are stored in
ledgers, and must not change."""

_LIMITS = frozenset({"limit", "bound", "lots", "won"})
_TIMES = frozenset({"ends_at", "latest_at", "ahead"})
_ADDED: dict[type[Event], frozenset[str]] = {
    Arrived: frozenset({"paddle"}),
    BiddingOpened: frozenset({"cause"}),
    BidTaken: _LIMITS | {"replaced"},
    EndMoved: frozenset({"ahead"}),
    LotAdded: frozenset({"label"}),
    LotAnnounced: frozenset({"label", "description", "seller", "picture"}) | _TIMES,
    LotMoved: frozenset({"label", "before_label"}),
    LotOffered: frozenset({"label"}),
    LotSkipped: frozenset({"label"}),
    MaximumLimited: _LIMITS,
    MaximumSet: _LIMITS,
    Raised: _LIMITS | {"cause"},
    RequestAccepted: _TIMES,
    SaleVoided: frozenset({"dues", "label"}),
}
"""Fields that were added to an event after rows of it had been written. They are left out of a row
while they are None, so that the row stays as it was."""

_INSTANTS = (float, float | None)
_DUES = tuple[tuple[int, int], ...]
_TYPES = {kind: {field.name: field.type for field in fields(kind)} for kind in KINDS.values()}
_KEYS = {
    kind: {_JSON_KEYS.get((kind, name), name): name for name in types}
    for kind, types in _TYPES.items()
}
# Computed once: comparing the types of fields would cost a row more than its JSON.
_CODINGS = {
    kind: tuple(
        (
            key,
            name,
            name in _ADDED.get(kind, ()),
            _TYPES[kind][name] in _INSTANTS,
            _TYPES[kind][name] is AuctionRequest,
        )
        for key, name in keys.items()
    )
    for kind, keys in _KEYS.items()
}
"""For each field of an event: its JSON key and its name, and whether it is left out while it is
None, is an instant, or is an auction request."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


def encode_event(event: Event, stamp: Callable[[float], int]) -> str:
    """Code the fields of an event as a JSON object. An auction request is coded as its text.

    :param stamp: converts an instant of the event to one of the ledger, in nanoseconds since 1970.
    """
    body: dict[str, Any] = {}
    for key, name, is_added, is_instant, is_request in _CODINGS[type(event)]:
        value = getattr(event, name)
        if value is None:
            if is_added:
                continue
        elif is_instant:
            value = stamp(value)
        elif is_request:
            value = value.text
        body[key] = value
    return _encode(body)


def check_fields(event: Event) -> None:
    """Check that an event can be read back after it is written.

    :raises ValueError: if it is no event, or a field is not of its type.
    """
    checks = _FIELD_CHECKS.get(type(event))
    if checks is None:
        raise ValueError(f"{type(event).__name__} is no event")
    for name, is_right, may_be_none in checks:
        value = getattr(event, name)
        if not (may_be_none if value is None else is_right(value)):
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


_TYPE_CHECKS: dict[Any, Callable[[Any], bool]] = {
    float: _is_instant,
    float | None: _is_instant,
    int: _is_whole,
    int | None: _is_whole,
    str: _is_text,
    str | None: _is_text,
    _DUES: _are_dues,
    _DUES | None: _are_dues,
    AuctionRequest: _is_request,
}
"""The check for values of each field type, apart from None."""


def _decode_instant(value: int, instant: Callable[[int], float]) -> float:
    return instant(value)


def _decode_dues(value: Any, instant: object) -> tuple[tuple[int, int], ...]:
    dues = tuple(map(tuple, value))
    if not _are_dues(dues):
        raise ValueError("these are no dues")
    return dues


def _decode_request(value: str, instant: object) -> AuctionRequest:
    return parse_recorded_request(value)


def _is_list(value: Any) -> bool:
    return type(value) is list


_Decode = Callable[[Any, Callable[[int], float]], Any]

_FROM_JSON: dict[Any, tuple[Callable[[Any], bool], _Decode | None]] = {
    float: (_is_whole, _decode_instant),
    float | None: (_is_whole, _decode_instant),
    int: (_is_whole, None),
    int | None: (_is_whole, None),
    str: (_is_text, None),
    str | None: (_is_text, None),
    _DUES: (_is_list, _decode_dues),
    _DUES | None: (_is_list, _decode_dues),
    AuctionRequest: (_is_text, _decode_request),
}
"""For each field type, apart from None: the check of its JSON value, and the conversion."""

# These two are computed once: a start reads many rows, and every answer of a format is checked
# before it is applied.
_DECODINGS = {
    kind: {
        key: (name, type(None) in get_args(types[name]), *_FROM_JSON[types[name]])
        for key, name in _KEYS[kind].items()
    }
    for kind, types in _TYPES.items()
}
"""For each field of an event, by its JSON key: its name, whether it can be None, the check of its
JSON value, and the conversion."""

_FIELD_CHECKS = {
    kind: tuple(
        (name, _TYPE_CHECKS[field], type(None) in get_args(field)) for name, field in types.items()
    )
    for kind, types in _TYPES.items()
}


def decode_event(kind: str, body: str, instant: Callable[[int], float]) -> Event:
    """Decode an event that :func:`encode_event` coded.

    :param instant: converts an instant of the ledger to one of the event: the inverse of ``stamp``.
    :raises ValueError: if the row is no event.
    """
    cls = KINDS.get(kind)
    if cls is None:
        raise ValueError(f"no event is called {kind!r}")
    decodings = _DECODINGS[cls]
    values = {}
    try:
        for key, value in _decode(body).items():
            name, may_be_none, is_right, convert = decodings[key]
            if not (may_be_none if value is None else is_right(value)):
                raise ValueError("not of the field's type")
            if convert is not None and value is not None:
                value = convert(value, instant)
            values[name] = value
        return cls(**values)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, InvalidRequest):
        raise ValueError(f"these are not the fields of {kind}") from None
