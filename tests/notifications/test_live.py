"""Messages as they are written, to those who look: no gap, nothing of others, a clear end."""

import asyncio
from contextlib import aclosing

import pytest

from services.kernel.errors import NotFound, Unavailable
from services.kernel.mongo import Cause, Ref
from services.notifications.app.live import Seen, Visit
from services.notifications.domain.messages import Stage
from tests.notifications.factories import MENTEE, MENTOR, NOON
from tests.notifications.world import World, hr, mentee, mentor


@pytest.fixture
def world() -> World:
    return World()


def visit(world: World) -> Visit:
    assert world.saved.visit is not None
    return world.saved.visit


async def tell(world: World, ref: Ref) -> None:
    """Let the source tell what is stored of a message now."""
    visit(world)(ref, await world.messages.get(ref))


async def test_the_latest_come_first_and_then_every_change(world: World) -> None:
    refs = [await world.queue(event=event) for event in ("one", "two", "three")]
    async with aclosing(world.inbox.stream(mentee, MENTEE, 2)) as stream:
        begin = [await anext(stream) for _ in range(2)]
        assert {ref for ref, _ in begin} < set(refs)
        await world.deliver(refs[0])
        await tell(world, refs[0])
        ref, stored = await anext(stream)
        assert (ref, stored.state.stage) == (refs[0], Stage.SENT)


async def test_what_was_in_the_list_is_not_told_again_and_nothing_of_others_is(world: World) -> None:
    ref, other = await world.queue(), await world.queue(MENTOR)
    async with aclosing(world.inbox.stream(mentee, MENTEE, 0)) as stream:
        await anext(stream)
        await tell(world, ref)
        await tell(world, other)
        await world.inbox.mark_read(mentee, MENTEE, ref.id, Cause("read"))
        await tell(world, ref)
        _, stored = await anext(stream)
        assert stored.state.read_time == NOON


async def test_readers_share_one_source_that_closes_after_the_last(world: World) -> None:
    await world.queue()
    await world.queue(MENTOR)
    one, other = world.inbox.stream(mentee, MENTEE, 0), world.inbox.stream(mentor, MENTOR, 0)
    await anext(one)
    shared = visit(world)
    await anext(other)
    assert visit(world) is shared
    await one.aclose()
    assert visit(world) is shared
    await other.aclose()
    await asyncio.sleep(0)
    assert world.saved.visit is None


async def cut(stream: object) -> Seen:
    return await anext(stream)  # type: ignore[call-overload,no-any-return]  # an async generator


async def test_a_source_that_fails_ends_the_stream_instead_of_leaving_a_gap(world: World) -> None:
    await world.queue()
    stream = world.inbox.stream(mentee, MENTEE, 0)
    await anext(stream)
    world.saved.fail()
    with pytest.raises(Unavailable, match="STREAM_CUT"):
        await cut(stream)


async def test_a_reader_who_is_too_slow_is_told_so(world: World) -> None:
    ref = await world.queue()
    stream = world.inbox.stream(mentee, MENTEE, 0)
    await anext(stream)
    for _ in range(1001):
        await tell(world, ref)
    with pytest.raises(Unavailable, match="STREAM_CUT"):
        await cut(stream)


async def test_people_follow_their_own_messages_only(world: World) -> None:
    for caller in (mentor, hr):
        with pytest.raises(NotFound):
            await cut(world.inbox.stream(caller, MENTEE, 0))


async def test_messages_are_seen_once_by_the_one_they_are_for(world: World) -> None:
    refs = [await world.queue(event=event) for event in ("one", "two")]
    some = [ref.id for ref in refs]
    seen = await world.inbox.mark_seen(mentee, MENTEE, some, Cause("seen"))
    assert [stored.state.seen_time for stored in seen] == [NOON, NOON]
    assert await world.inbox.mark_seen(mentee, MENTEE, some, Cause("again")) == seen
    for caller, person in ((mentor, MENTEE), (mentor, MENTOR), (hr, MENTEE)):
        with pytest.raises(NotFound, match="MESSAGE_NOT_FOUND"):
            await world.inbox.mark_seen(caller, person, some, Cause("theirs"))


async def test_reading_is_seeing_too(world: World) -> None:
    ref = await world.queue()
    read = await world.inbox.mark_read(mentee, MENTEE, ref.id, Cause("read"))
    assert read.state.seen_time == NOON
