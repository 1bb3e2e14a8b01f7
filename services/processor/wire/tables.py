"""Table values <-> what is kept of pairs and people."""

from typing import Any

import msgspec

from services.processor.domain.people import Person
from services.processor.domain.state import Pair
from services.processor.wire.facts import short

_encode = msgspec.json.Encoder().encode
_pair = msgspec.json.Decoder(Pair).decode
_person = msgspec.json.Decoder(Person).decode


def dump(pair: Pair) -> bytes:
    """Return the table value of a pair."""
    return _encode(pair)


def load(value: bytes | None) -> Pair:
    """Return the pair of a table value; nothing is known of none. ValidationError for another shape.

    Fields of a newer build are ignored, missing ones have their defaults.
    """
    if value is None:
        return Pair()
    try:
        return _pair(value)
    except msgspec.ValidationError:
        return _pair(_modern(value))


def _modern(value: bytes) -> bytes:
    """Return a value as it is written today: once, full subjects stood in a list."""
    stored = msgspec.json.decode(value, type=dict[str, Any])
    handled = msgspec.convert(stored.get("handled"), tuple[tuple[str, int], ...])
    return _encode({**stored, "handled": {short(subject): last for subject, last in handled}})


def dump_person(person: Person) -> bytes:
    """Return the table value of a person."""
    return _encode(person)


def load_person(value: bytes | None) -> Person:
    """Return the person of a table value, as `load` does."""
    return Person() if value is None else _person(value)
