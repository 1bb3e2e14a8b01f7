"""Table values <-> what is kept of pairs and people."""

from dataclasses import replace

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
    pair = _pair(value)
    if pair.handled and "/" in pair.handled[0][0]:  # written before subjects were kept short
        return replace(pair, handled=tuple((short(subject), last) for subject, last in pair.handled))
    return pair


def dump_person(person: Person) -> bytes:
    """Return the table value of a person."""
    return _encode(person)


def load_person(value: bytes | None) -> Person:
    """Return the person of a table value, as `load` does."""
    return Person() if value is None else _person(value)
