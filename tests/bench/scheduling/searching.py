"""Free times of several people with full calendars, as the service finds them: read, laid over each other."""

import time
from datetime import UTC, datetime, timedelta

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Database, Ref
from services.scheduling import store
from services.scheduling.app.availability import Asked, Free
from services.scheduling.app.circles import Circles
from services.scheduling.app.diaries import Diaries, Kept
from services.scheduling.app.ports import People
from services.scheduling.domain import availability, calendars
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.booking import Wish, book
from services.scheduling.domain.calendars import HORIZON, Busy, Calendar
from services.scheduling.domain.groups import Group
from services.scheduling.domain.hours import Range, Window
from services.scheduling.domain.meetings import Pair
from services.scheduling.domain.policy import Policy
from tests.bench import load
from tests.bench.figures import Figure

ORG = "bench"
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London", "Africa/Lagos")
BUSY = 500
"""Intervals of each person in the 30 days that are looked at; clocks change in them on both sides."""

PER_DAY = 17
DAYS = timedelta(days=30)
SEARCHES = 100
MEETINGS = 20


PAIR = Pair(("person-0", "person-1"), "", 60)


class Nobody:
    """Profiles is not asked: everybody set their own hours."""


async def search(url: str, count: int) -> list[Figure]:
    """Look for an hour of `count` people over 30 days."""
    clock = FixedClock(MONDAY)
    async with Database(url, f"bench_slots_{count}", clock) as database:
        kept = Kept(
            database.aggregates(store.MEETINGS),
            database.aggregates(store.AVAILABILITIES),
            database.aggregates(store.CALENDARS),
        )
        pairs = database.projection(store.PAIRS, Pair)
        groups = database.projection(store.GROUPS, Group)
        await database.migrate()
        people = tuple(f"person-{number}" for number in range(count))
        await pairs.put(Ref(ORG, "pair"), PAIR, 1)
        for number, person in enumerate(people):
            await _fill(kept, person, number)
        await _meet(kept, PAIR)
        free = Free(Circles(pairs, groups), Diaries(kept, _nobody(), clock), clock, Policy())
        asked = Asked("pair", Range(MONDAY, MONDAY + DAYS), timedelta(hours=1), 100, people[2:])
        cpu = time.process_time()
        waits = [await _timed(free, asked) for _ in range(SEARCHES)]
        cpu = (time.process_time() - cpu) / SEARCHES * 1000
        await database.client.drop_database(database.name)
    p50, p99 = (load.percentile_ms(waits, percent) for percent in (50, 99))
    note = f"{BUSY} busy intervals each, {MEETINGS} meetings, 30 days; {cpu:.1f} ms of CPU"
    return [Figure(f"slot search, {count} people", 1000 / p50, "searches/s", None, p50, p99, note)]


def _nobody() -> People:
    return Nobody()  # type: ignore[return-value]  # an answer would be a mistake of this measurement


async def _timed(free: Free, asked: Asked) -> float:
    began = time.perf_counter()
    found = await free.find(Caller(ORG, "person-0", frozenset({"mentee"})), asked)
    assert found.slots
    return time.perf_counter() - began


async def _fill(kept: Kept, person: str, number: int) -> None:
    """Let a person set hours in a zone, buffers and a weekly limit, and import a busy calendar."""
    windows = tuple(Window(day, 0, 1440) for day in range(1, 8))
    own = Availability(ZONES[number % len(ZONES)], windows, before=5, after=10, per_week=20, country="DE")
    ref = Ref(ORG, person)
    await kept.availabilities.create(ref, *availability.update(own, {"notice": 30}), Cause(person))
    begins = [
        MONDAY + timedelta(days=place // PER_DAY, minutes=30 * (place % PER_DAY) + number)
        for place in range(BUSY)
    ]
    busy = tuple(Busy(begin, begin + timedelta(minutes=20)) for begin in begins)
    until = MONDAY + HORIZON
    told = calendars.imported(None, Calendar(person, "work", busy, until, until))
    await kept.calendars.create(Ref(ORG, f"calendar-{person}"), *told, Cause(person))


async def _meet(kept: Kept, pair: Pair) -> None:
    for place in range(MEETINGS):
        start = MONDAY + timedelta(days=1 + place, hours=4)
        meeting, events = book(
            pair, pair.people[0], Wish("pair", start, start + timedelta(hours=1)), MONDAY, Policy()
        )
        await kept.meetings.create(Ref(ORG, f"m{place}"), meeting, events, Cause(f"m{place}"))
