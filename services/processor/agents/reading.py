"""Records read: what each says, or why it says nothing here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar, get_args

from msgspec import Struct

from services.kernel.events import Event, Poison, decode
from services.kernel.kafka import Headers, Received
from services.pb.mentoring.processor.v1 import events_pb2 as pb
from services.processor import wire
from services.processor.domain.decisions import Waiting
from services.processor.domain.facts import Heard

S = TypeVar("S")

NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""The time of what is no event here."""

TELLS: Final = {kind.DESCRIPTOR.full_name: kind for kind in get_args(wire.Told)}
"""What the processor tells, by full names."""

TOLD: Final = pb.DESCRIPTOR.package
"""The topic of decisions."""

WAITING: Final = {kind.DESCRIPTOR.full_name: kind for kind in (pb.NudgeDue, pb.RecognitionEarned)}
VERDICTS: Final = {kind.DESCRIPTOR.full_name: kind for kind in (pb.NudgeDue, pb.NudgeHeld)}


@dataclass(slots=True)
class Taken:
    """One record as a log holds it, or would; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Said(Struct, Generic[S], frozen=True):
    """What an event says, under the key of its record."""

    key: bytes
    event: Event[Any]
    what: S


class Reading(Struct, Generic[S], frozen=True):
    """A record and what it says, or why it cannot be read; neither when its type means nothing here."""

    record: Received
    said: Said[S] | None = None
    poison: Poison | None = None

    @property
    def moment(self) -> tuple[int, datetime]:
        """Return when it was written, and for what was written at once, when it happened."""
        return self.record.timestamp, NEVER if self.said is None else self.said.event.time

    @property
    def outcome(self) -> str:
        """Return what becomes of the record, as counters name it."""
        if self.poison is not None:
            return "dlq"
        return "skipped" if self.said is None else "ok"


def read(record: Received) -> Reading[Heard]:
    """Read what a service told of a pair."""
    try:
        event = decode(record, wire.HEARD)
        said = None if event is None else Said(event.key.encode(), event, wire.heard(event))
    except Poison as poison:
        return Reading(record, poison=poison)
    return Reading(record, said)


def read_waiting(record: Received) -> Reading[Waiting]:
    """Read what waits for its person's verdict: a decision's record under the person's key."""
    try:
        event = decode(record, WAITING, TOLD)
        said = None if event is None else _waiting(event)
    except Poison as poison:
        return Reading(record, poison=poison)
    return Reading(record, said)


def read_verdict(record: Received) -> Reading[Heard]:
    """Read the verdict on a last warning, as its pair hears it: a decision's record."""
    try:
        event = decode(record, VERDICTS, TOLD)
    except Poison as poison:
        return Reading(record, poison=poison)
    if event is None:
        return Reading(record)
    written = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Reading(record, Said(event.key.encode(), event, wire.warned(event, written)))


def _waiting(event: Event[Any]) -> Said[Waiting]:
    try:
        waiting = wire.waiting(event)
        person = person_key(waiting)
    except ValueError as error:
        raise Poison("BAD_VALUE") from error
    if person.decode() != event.key:
        raise Poison("KEY_MISMATCH")
    return Said(person, event, waiting)


def person_key(waiting: Waiting) -> bytes:
    """Return the key under which all of a person meets, whatever the mentorship. ValueError."""
    _, organization, _, person = waiting.person.split("/")
    return f"{organization}/{person}".encode()
