"""Events as CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the protobuf message as value.

Strict on reading: what is missing, doubled or malformed is Poison, never guessed. A reader that made up a
missing id would silently switch off that repeats have no second effect.
"""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import DecodeError, Message
from msgspec import Struct

from services.kernel import ids
from services.kernel.kafka import TRACE, Received, Record

M = TypeVar("M", bound=Message)

_CONTENT_TYPE: Final = "content-type"
_PROTOBUF: Final = "application/protobuf"
_VERSION: Final = "1.0"
_REQUIRED: Final = frozenset(
    {
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_time",
        "ce_subject",
        "ce_sequence",
        "ce_tenant",
        _CONTENT_TYPE,
    }
)
_LONGEST_ID: Final = 256
_LARGEST_SEQUENCE: Final = 2**63 - 1


class Poison(Exception):  # noqa: N818 -- the established name
    """A record that no retry makes readable. `reason` is an UPPER_SNAKE code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Attributes(Struct, frozen=True, kw_only=True):
    """What the headers say. `(subject, sequence)` counts an aggregate's events, `time` is its commit's."""

    id: str
    type: str
    subject: str
    sequence: int
    tenant: str
    time: datetime
    trace: str | None = None


class Event(Attributes, Generic[M], frozen=True, kw_only=True):
    """One event with its message. `key` is the record's: the mentorship's id where there is one."""

    key: str
    message: M


@lru_cache(maxsize=256)
def source(topic: str) -> str:
    """Return who tells: "mentoring.profiles.v1" belongs to "/mentoring/profiles"."""
    return "/" + topic.rpartition(".")[0].replace(".", "/")


def headers(topic: str, about: Attributes) -> list[tuple[str, bytes]]:
    """Return the record headers of an event."""
    texts = {
        "ce_specversion": _VERSION,
        "ce_id": about.id,
        "ce_source": source(topic),
        "ce_type": about.type,
        "ce_time": _written(about.time),
        "ce_subject": about.subject,
        "ce_sequence": str(about.sequence),
        "ce_tenant": about.tenant,
        _CONTENT_TYPE: _PROTOBUF,
    }
    if about.trace:
        texts[TRACE] = about.trace
    return [(name, text.encode()) for name, text in texts.items()]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(event: Event[Any]) -> Record:
    """Return the record of an event; its topic is the package of its message. The same event, same bytes."""
    topic = event.message.DESCRIPTOR.file.package
    value = event.message.SerializeToString(deterministic=True)
    return Record(topic, event.key.encode(), value, headers(topic, event))


def decode(record: Received, types: Mapping[str, type[Message]], topic: str = "") -> Event[Any] | None:
    """Return the event of a record, None when its type is not among `types`. Raises Poison.

    `topic` is where such events are told, if the record lies on another one.
    """
    texts = _texts(record)
    attributes = _attributes(texts)
    if attributes.type.rpartition(".")[0] != (topic or record.topic):
        raise Poison("WRONG_TOPIC")
    message_type = types.get(attributes.type)
    if message_type is None:
        return None
    return Event(
        id=attributes.id,
        type=attributes.type,
        subject=attributes.subject,
        sequence=attributes.sequence,
        tenant=attributes.tenant,
        time=attributes.time,
        trace=attributes.trace,
        key=_key(record.key),
        message=_message(record.value, message_type),
    )


def type_of(record: Received) -> bytes | None:
    """Return the one type that a record says it has; what `decode` makes of it may be Poison."""
    said = [value for name, value in record.headers if name == "ce_type"]
    return said[0] if len(said) == 1 else None


def is_foreign(record: Received, types: Container[bytes]) -> bool:
    """Whether a record is of a type of its topic that is none of `types`; no more of it is read."""
    said = type_of(record)
    return said is not None and said not in types and said.rpartition(b".")[0] == record.topic.encode()


def _texts(record: Received) -> dict[str, str]:
    """Return our headers as texts; those of strangers may be anything."""
    ours = [(known, value) for name, value in record.headers if (known := _ours(name))]
    found = dict(ours)
    if len(found) != len(ours):
        raise Poison("DUPLICATE_HEADER")
    if not found.keys() >= _REQUIRED:
        raise Poison("MISSING_HEADER")
    try:
        texts = {name: value.decode() for name, value in found.items() if value is not None}
    except UnicodeDecodeError as error:
        raise Poison("BAD_HEADER") from error
    if len(texts) != len(found) or any(not texts[name] for name in _REQUIRED):
        raise Poison("BAD_HEADER")
    if texts["ce_specversion"] != _VERSION or texts[_CONTENT_TYPE] != _PROTOBUF:
        raise Poison("NOT_OURS")
    return texts


@lru_cache(maxsize=256)
def _ours(name: str) -> str:
    """Return a header's name as we write it; "" for a stranger's."""
    lower = name.lower()
    return lower if lower.startswith("ce_") or lower == _CONTENT_TYPE else ""


def _attributes(texts: Mapping[str, str]) -> Attributes:
    if not ids.is_segment(texts["ce_tenant"]) or len(texts["ce_id"]) > _LONGEST_ID:
        raise Poison("BAD_HEADER")
    return Attributes(
        id=texts["ce_id"],
        type=texts["ce_type"],
        subject=texts["ce_subject"],
        sequence=_sequence(texts["ce_sequence"]),
        tenant=texts["ce_tenant"],
        time=_time(texts["ce_time"]),
        trace=texts.get(TRACE),
    )


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Poison("BAD_HEADER")
    number = int(text)
    if not 0 < number <= _LARGEST_SEQUENCE:
        raise Poison("BAD_HEADER")
    return number


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise Poison("BAD_HEADER")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Poison("BAD_HEADER") from error


def _key(key: bytes | None) -> str:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError as error:
        raise Poison("BAD_KEY") from error
    if not text:
        raise Poison("BAD_KEY")
    return text


def _message(value: bytes | None, message_type: type[M]) -> M:
    if value is None:
        raise Poison("TOMBSTONE")
    try:
        return message_type.FromString(value)
    except DecodeError as error:
        raise Poison("BAD_VALUE") from error
