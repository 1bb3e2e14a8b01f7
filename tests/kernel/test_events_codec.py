"""Events as records: what is written is read back, and whatever is wrong is Poison and nothing else."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.events import Event, Handlers, Poison, decode, encode
from services.kernel.events.codec import source
from services.kernel.kafka import Headers, Record
from services.pb.mentoring.mentorships.v1.events_pb2 import GoalCompleted, GoalCreated
from tests.kernel.tally import TOPIC
from tests.kernel.topic import Arrived

NAME = "mentoring.mentorships.v1.GoalCompleted"
TYPES = {NAME: GoalCompleted}
EVENT = Event(
    id="8a5c",
    type=NAME,
    subject="organizations/acme/mentorships/m/goals/g",
    sequence=3,
    tenant="acme",
    time=datetime(2026, 3, 2, 12, 0, 0, 5000, tzinfo=UTC),
    trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    key="m",
    message=GoalCompleted(goal="g", mentorship="m"),
)


def arrived(record: Record) -> Arrived:
    """Return the record as a consumer gets it."""
    return Arrived(record.topic, 0, 0, 0, record.key, record.value, record.headers)


def read(record: Record) -> Event[Any] | None:
    return decode(arrived(record), TYPES)


def with_header(name: str, value: bytes | None) -> Record:
    """Return the event's record with one header of another value."""
    record = encode(EVENT)
    headers = [(key, value if key == name else text) for key, text in record.headers]
    return replace(record, headers=headers)


printable = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
texts = st.text(printable, min_size=1, max_size=256)
events = st.builds(
    Event,
    id=texts,
    type=st.just(NAME),
    subject=texts,
    sequence=st.integers(1, 2**63 - 1),
    tenant=st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    time=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9000, 1, 1)).map(  # noqa: DTZ001 -- made aware here
        lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    ),
    trace=st.none() | texts,
    key=texts,
    message=st.builds(GoalCompleted, goal=st.text(), mentee=st.text()),
)


@given(events)
def test_what_is_written_is_read_back(event: Event[GoalCompleted]) -> None:
    assert read(encode(event)) == event


def test_times_are_written_in_utc() -> None:
    tokyo = EVENT.time.astimezone(timezone(timedelta(hours=9)))
    record = encode(msgspec.structs.replace(EVENT, time=tokyo))
    assert dict(record.headers)["ce_time"] == b"2026-03-02T12:00:00.005Z"


def test_the_same_event_gives_the_same_bytes() -> None:
    assert encode(EVENT) == encode(EVENT)


def test_topic_and_source_follow_from_the_package() -> None:
    record = encode(EVENT)
    assert (record.topic, record.key) == (TOPIC, b"m")
    assert dict(record.headers)["ce_source"] == b"/mentoring/mentorships"
    assert source("mentoring.profiles.v1") == "/mentoring/profiles"


def test_a_type_nobody_asked_for_is_none_even_if_its_message_cannot_be_read() -> None:
    assert decode(arrived(replace(encode(EVENT), value=b"\xff")), {}) is None


def test_headers_of_strangers_may_be_anything() -> None:
    record = encode(EVENT)
    strange: Headers = [("x", None), ("x", b"\xff"), ("CE-thing", b""), ("ce_future", b"1"), *record.headers]
    assert read(replace(record, headers=strange)) == EVENT


def test_header_names_are_read_in_any_case() -> None:
    record = encode(EVENT)
    assert read(replace(record, headers=[(name.upper(), value) for name, value in record.headers])) == EVENT


REQUIRED = [name for name, _ in encode(EVENT).headers if name != "ce_traceparent"]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_header_is_poison(name: str) -> None:
    record = encode(EVENT)
    with pytest.raises(Poison) as poison:
        read(replace(record, headers=[item for item in record.headers if item[0] != name]))
    assert poison.value.reason == "MISSING_HEADER"


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, b"", b"\xff"], ids=["null", "empty", "not UTF-8"])
def test_a_header_without_text_is_poison(name: str, value: bytes | None) -> None:
    with pytest.raises(Poison) as poison:
        read(with_header(name, value))
    assert poison.value.reason == "BAD_HEADER"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_doubled_header_is_poison_also_in_another_case(name: str) -> None:
    record = encode(EVENT)
    with pytest.raises(Poison) as poison:
        read(replace(record, headers=[*record.headers, (name.upper(), b"1")]))
    assert poison.value.reason == "DUPLICATE_HEADER"


WRONG = [
    ("ce_specversion", b"0.3", "NOT_OURS"),
    ("content-type", b"application/cloudevents+json", "NOT_OURS"),
    ("ce_sequence", b"0", "BAD_HEADER"),
    ("ce_sequence", b"-1", "BAD_HEADER"),
    ("ce_sequence", b"1.5", "BAD_HEADER"),
    ("ce_sequence", "٣".encode(), "BAD_HEADER"),
    ("ce_sequence", b"9223372036854775808", "BAD_HEADER"),
    ("ce_sequence", b"1" * 5000, "BAD_HEADER"),
    ("ce_time", b"yesterday", "BAD_HEADER"),
    ("ce_time", b"2026-03-02T12:00:00", "BAD_HEADER"),
    ("ce_time", b"0001-01-01T00:00:00+14:00", "BAD_HEADER"),
    ("ce_tenant", b"acme/../globex", "BAD_HEADER"),
    ("ce_id", b"x" * 257, "BAD_HEADER"),
    ("ce_type", b"mentoring.scheduling.v1.MeetingMissed", "WRONG_TOPIC"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_wrong_header_is_poison(name: str, value: bytes, reason: str) -> None:
    with pytest.raises(Poison) as poison:
        read(with_header(name, value))
    assert poison.value.reason == reason


BODIES: list[tuple[Callable[[Record], Record], str]] = [
    (lambda record: replace(record, key=None), "BAD_KEY"),
    (lambda record: replace(record, key=b""), "BAD_KEY"),
    (lambda record: replace(record, key=b"\xff"), "BAD_KEY"),
    (lambda record: replace(record, value=None), "TOMBSTONE"),
    (lambda record: replace(record, value=b"\x0a\x05x"), "BAD_VALUE"),
]


@pytest.mark.parametrize(("spoil", "reason"), BODIES)
def test_a_wrong_key_or_value_is_poison(spoil: Callable[[Record], Record], reason: str) -> None:
    with pytest.raises(Poison) as poison:
        read(spoil(encode(EVENT)))
    assert poison.value.reason == reason


names = st.sampled_from([name for name, _ in encode(EVENT).headers]) | st.text(max_size=12)
values = st.none() | st.binary(max_size=40) | st.sampled_from([value for _, value in encode(EVENT).headers])


@given(
    dropped=st.sets(st.integers(0, 9), max_size=3),
    added=st.lists(st.tuples(names, values), max_size=4),
    key=st.none() | st.binary(max_size=10),
    value=st.none() | st.binary(max_size=60),
)
def test_whatever_comes_is_an_event_or_poison(
    dropped: set[int], added: list[tuple[str, bytes | None]], key: bytes | None, value: bytes | None
) -> None:
    """Nothing else may be raised: it would not be set aside and come again for ever."""
    record = encode(EVENT)
    headers = [item for place, item in enumerate(record.headers) if place not in dropped] + added
    spoiled = arrived(replace(record, headers=headers, key=key, value=value))
    with contextlib.suppress(Poison):
        event = decode(spoiled, TYPES)
        assert event is None or event.sequence > 0


async def test_handlers_are_found_by_type_and_topics_follow_from_them() -> None:
    handlers, heard = Handlers(), []

    async def completed(event: Event[GoalCompleted]) -> None:
        heard.append(event.message.goal)

    handlers.on(GoalCompleted, completed)
    assert handlers.topics == (TOPIC,)
    await handlers.handle(EVENT)
    assert heard == ["g"]
    with pytest.raises(KeyError):
        await handlers.handle(msgspec.structs.replace(EVENT, type=GoalCreated.DESCRIPTOR.full_name))


async def test_several_who_hear_one_event_get_it_in_their_order_until_one_fails() -> None:
    """The failing one gets it again, and so do those before it: the order decides who may see repeats."""
    handlers, heard, failures = Handlers(), [], [ConnectionError("gone")]

    def listener(name: str) -> Any:
        async def listen(_: Event[GoalCompleted]) -> None:
            heard.append(name)
            if name == "second" and failures:
                raise failures.pop()

        return listen

    for name in ("first", "second", "third"):
        handlers.on(GoalCompleted, listener(name))
    with pytest.raises(ConnectionError):
        await handlers.handle(EVENT)
    await handlers.handle(EVENT)
    assert heard == ["first", "second", "first", "second", "third"]
