"""The feed to which a calendar program subscribes, over real HTTP; whoever lacks its address gets nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import vobject

from services.kernel.errors import Denied, NotFound
from services.kernel.mongo import Cause, Ref
from services.scheduling import store
from services.scheduling.app.feeds import Subscriptions
from services.scheduling.domain.feeds import NEVER_OPENED, Feed, close_feed, open_feed
from services.scheduling.domain.told import Reason
from services.scheduling.rpc.feed import FeedServer
from services.scheduling.wire.calendars import feed
from tests.fakes import Aggregates
from tests.overtaken import Overtaken
from tests.scheduling.factories import MENTEE, MENTOR, MINUTE, NOON, ORG, PAIR, PAIR_ID, wish
from tests.scheduling.test_app import World, mentee, mentor

REF = Ref(ORG, MENTOR)


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    return made


@pytest.fixture
def subscriptions(world: World) -> Subscriptions:
    return Subscriptions(Aggregates(store.FEEDS, world.clock), world.kept, world.clock)


@asynccontextmanager
async def serving(subscriptions: Subscriptions) -> AsyncIterator[str]:
    """Serve feeds on a free port; yield how their addresses begin."""
    server, stop = FeedServer(subscriptions, "127.0.0.1:0"), asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    await server.ready.wait()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        stop.set()
        await running


async def get(address: str) -> tuple[int, str, str]:
    """Return status, content type and body."""
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        return answer.status, answer.content_type, await answer.text()


def test_another_key_makes_another_address_and_a_closed_feed_accepts_none() -> None:
    one, _ = open_feed(NEVER_OPENED, "one")
    address = one.signature(ORG, MENTOR)
    assert one.accepts(ORG, MENTOR, address)
    assert not one.accepts(ORG, MENTEE, address)
    assert not one.accepts("globex", MENTOR, address)
    assert not one.accepts(ORG, MENTOR, "ä" + address[1:])
    assert open_feed(one, "other") == (one, [])
    closed, _ = close_feed(one)
    assert not closed.accepts(ORG, MENTOR, address)
    assert close_feed(closed) == (closed, [])
    again, _ = open_feed(closed, "other")
    assert not again.accepts(ORG, MENTOR, address)


async def test_a_subscription_shows_what_is_booked_and_follows_changes(
    world: World, subscriptions: Subscriptions
) -> None:
    meeting, _ = await world.book()
    await world.book(mentee, wish(NOON + 60 * MINUTE), "second")
    opened = await subscriptions.open(mentor, MENTOR, Cause("open"))
    async with serving(subscriptions) as base:
        address = feed(REF, opened, base).url
        status, kind, body = await get(address)
        assert (status, kind) == (200, "text/calendar")
        starts = {event.dtstart.value for event in vobject.readOne(body).vevent_list}
        assert starts == {NOON, NOON + 60 * MINUTE}
        assert MENTEE not in body
        await world.meetings.cancel(mentor, (PAIR_ID, meeting), Reason.TRAVEL, ("", Cause("off")))
        assert (await get(address))[2].count("BEGIN:VEVENT") == 1


async def test_who_subscribes_twice_at_one_moment_gets_one_address(world: World) -> None:
    kept = Aggregates(store.FEEDS, world.clock)
    first = Subscriptions(kept, world.kept, world.clock)
    second = Subscriptions(
        Overtaken(kept, lambda: first.open(mentor, MENTOR, Cause("a"))), world.kept, world.clock
    )
    assert await second.open(mentor, MENTOR, Cause("b")) == await kept.get(REF)


async def test_a_wrong_or_closed_address_is_not_there(subscriptions: Subscriptions) -> None:
    opened = await subscriptions.open(mentor, MENTOR, Cause("open"))
    async with serving(subscriptions) as base:
        address = feed(REF, opened, base).url
        for wrong in (
            address.replace(MENTOR, MENTEE),
            address.replace(ORG, "globex"),
            address[:-5] + "0.ics" * (address[-5] != "0") + "1.ics" * (address[-5] == "0"),
            f"{base}/calendar/{ORG}/a%20b/{'0' * 64}.ics",
            f"{base}/",
        ):
            assert (await get(wrong))[0] == 404
        assert (await get(address))[0] == 200
        closed = await subscriptions.close(mentor, MENTOR, Cause("close"))
        assert feed(REF, closed, base).url == ""
        assert (await get(address))[0] == 404


async def test_a_feed_is_opened_once_and_by_its_person_only(subscriptions: Subscriptions) -> None:
    first = await subscriptions.open(mentor, MENTOR, Cause("open"))
    assert (await subscriptions.open(mentor, MENTOR, Cause("again"))).state == first.state
    for act in (subscriptions.open, subscriptions.close):
        with pytest.raises(Denied, match="FEED_NOT_YOURS"):
            await act(mentee, MENTOR, Cause("other"))
    with pytest.raises(NotFound):
        await subscriptions.close(mentee, MENTEE, Cause("none"))
    with pytest.raises(NotFound):
        await subscriptions.read(ORG, MENTEE, Feed("key").signature(ORG, MENTEE))
