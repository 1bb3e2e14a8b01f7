"""What scheduling forgets of a person who was erased, beside texts."""

from datetime import timedelta

from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Ref
from services.kernel.privacy.erasing import Erasure
from services.scheduling import store
from services.scheduling.app.forgetting import Forgetting
from services.scheduling.domain.availability import Availability, Away
from services.scheduling.domain.calendars import Busy, Calendar, CalendarEvent
from services.scheduling.domain.feeds import Feed, FeedEvent
from tests.fakes import Aggregates
from tests.kernel.tally import NOON

ANN, BOB = Ref("acme", "ann"), Ref("acme", "bob")


class World:
    def __init__(self) -> None:
        clock = FixedClock(NOON)
        self.own = Aggregates(store.AVAILABILITIES, clock)
        self.others = Aggregates(store.CALENDARS, clock)
        self.feeds = Aggregates(store.FEEDS, clock)
        self.forgetting = Forgetting(self.own, self.others, self.feeds)

    async def settle(self, person: Ref) -> None:
        """Let a person have one of everything."""
        away = (Away(NOON.date(), NOON.date()),)
        await self.own.create(person, Availability("Europe/Berlin", away=away), [], Cause(f"own {person.id}"))
        busy = (Busy(NOON, NOON + timedelta(hours=1)),)
        calendar = Calendar(person.id, "work", busy, NOON, NOON)
        ref = Ref(person.tenant, f"work-{person.id}")
        await self.others.create(ref, calendar, [CalendarEvent.IMPORTED], Cause(f"bring {person.id}"))
        await self.feeds.create(person, Feed("key"), [FeedEvent.OPENED], Cause(f"open {person.id}"))


async def test_nothing_tells_when_an_erased_person_could_be_met() -> None:
    world = World()
    await world.settle(ANN)
    await world.settle(BOB)
    for event in ("event", "event", "told again"):
        await world.forgetting.forget(Erasure(ANN, "e1", NOON), Cause(event))
    assert (await world.own.get(ANN)).state == Availability("UTC")
    calendar = (await world.others.get(Ref("acme", "work-ann"))).state
    assert (calendar.busy, calendar.is_removed) == ((), True)
    assert not (await world.feeds.get(ANN)).state.is_open
    assert (await world.own.get(BOB)).state.away
    assert (await world.others.get(Ref("acme", "work-bob"))).state.busy
    assert (await world.feeds.get(BOB)).state.is_open


async def test_of_who_set_nothing_there_is_nothing_to_forget() -> None:
    world = World()
    await world.forgetting.forget(Erasure(ANN, "e1", NOON), Cause("event"))
    assert not world.own.rows
