"""What one batch of records leads to, worked out before anything is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.kernel.events import Event, Poison, decode
from services.kernel.kafka import Headers
from services.processor import wire
from services.processor.domain.facts import Heard
from services.processor.domain.pairs import advance, fold
from services.processor.domain.policy import DEFAULT, Policy
from services.processor.domain.state import Pair

Histories = defaultdict[bytes, list[tuple[Event[Any], Heard]]]


@dataclass(slots=True)
class Taken:
    """One record taken from the stream; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Digest:
    """`told`: events to publish; `pairs`: changed table values by record key; then what became of records.

    `skipped` records are of types that mean nothing here, `dead` ones are poison with its reason.
    """

    told: list[Event[wire.Told]] = field(default_factory=list)
    pairs: dict[bytes, bytes] = field(default_factory=dict)
    heard: list[tuple[Taken, Event[Any]]] = field(default_factory=list)
    skipped: list[Taken] = field(default_factory=list)
    dead: list[tuple[Taken, Poison]] = field(default_factory=list)


def digest(records: Iterable[Taken], table: Mapping[bytes, bytes], policy: Policy = DEFAULT) -> Digest:
    """Read records in the order they came and fold them, each key's pair loaded and dumped once."""
    made = Digest()
    histories: Histories = defaultdict(list)
    for record in records:
        _read(record, made, histories)
    for key, history in histories.items():
        before = wire.load(table.get(key))
        after = _fold(before, history, policy, made)
        if after != before:
            made.pairs[key] = wire.dump(after)
    return made


def _read(record: Taken, made: Digest, histories: Histories) -> None:
    try:
        event = decode(record, wire.HEARD)
        if event is None:
            made.skipped.append(record)
            return
        histories[event.key.encode()].append((event, wire.heard(event)))
        made.heard.append((record, event))
    except Poison as poison:
        made.dead.append((record, poison))


def _fold(pair: Pair, history: Sequence[tuple[Event[Any], Heard]], policy: Policy, made: Digest) -> Pair:
    for event, heard in history:
        pair, due = advance(pair, heard.time, policy)
        made.told.extend(map(wire.told, due))
        pair, follows = fold(pair, heard, policy)
        made.told.extend(wire.told(decision, event.trace) for decision in follows)
    return pair
