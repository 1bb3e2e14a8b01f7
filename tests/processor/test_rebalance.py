"""Members that come and are killed while events arrive and time passes: the decisions are those of one."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from services.kernel import clock
from services.kernel.events import Event, encode
from services.processor import wire
from services.processor.agents.reading import TOLD, read
from services.processor.commands.replay import Replay
from services.processor.domain.policy import DEFAULT
from tests.bench.processor.events import Lives
from tests.processor.records import record
from tests.processor.stream import Stream
from tests.processor.test_process import Members, member

__all__ = ["member"]  # the fixture

pytestmark = [pytest.mark.servers, pytest.mark.apache, pytest.mark.chaos, pytest.mark.timeout(300)]

PAIRS, EVENTS = 24, 24 * 13
LATER = timedelta(days=25)

Bytes = dict[str, tuple[bytes | None, bytes | None]]
"""Key and value of each decision's record, by its id."""


def lives(stream: Stream) -> list[Event[Any]]:
    """Return what is told of all pairs from now on."""
    made = Lives(stream.app, PAIRS)
    for number in range(PAIRS):
        stream.follow(made.key(number))
    begin = datetime.now(UTC).replace(microsecond=0)
    return [
        replace(event, time=begin + timedelta(milliseconds=number))
        for number, event in enumerate(made.events(EVENTS))
    ]


def expected(events: Sequence[Event[Any]]) -> Bytes:
    """Return what one worker that is never disturbed tells until `LATER`."""
    replay = Replay(lambda _: DEFAULT, events[0].time + LATER)
    for event in events:
        said = read(record(event)).said
        assert said is not None
        replay.add(said)
    told = [wire.told(decision) for decision in replay.finish()]
    assert max(event.time for event in told) < events[0].time + LATER - timedelta(hours=1)
    return {event.id: (made.key, made.value) for event in told for made in [encode(event)]}


async def told(stream: Stream, wanted: int) -> Bytes:
    """Return so many different decisions; one told twice was told in the same bytes."""
    found: Bytes = {}
    async with aclosing(stream.following(TOLD)) as records:
        async for made in records:
            identity = (dict(made.headers)["ce_id"] or b"").decode()
            assert found.setdefault(identity, (made.key, made.value)) == (made.key, made.value)
            if len(found) == wanted:
                break
    return found


async def test_members_that_join_and_die_under_load_change_no_decision(
    stream: Stream, member: Members
) -> None:
    events = lives(stream)
    waves = [events[start : start + 26] for start in range(0, EVENTS, 26)]
    first, second, third = member(), member(), member()
    await first.start()
    await second.start()
    for number, wave in enumerate(waves):
        await stream.tell(*wave)
        if number == 3:
            await third.start()
        if number == 6:
            await first.process.kill()
    wanted = expected(events)
    clock.advance(second.clock, LATER)
    await second.process.kill()
    await member().start()
    assert await told(stream, len(wanted)) == wanted
