"""Timers that are all due at one moment: how many fire in a second, and how late the last ones are."""

import time
from datetime import datetime, timedelta

from services.kernel.clock import FixedClock
from services.kernel.due import Due
from services.kernel.mongo import Aggregates, Cause, Database, Ref, Save
from services.scheduling import store
from services.scheduling.domain.booking import Wish, book
from services.scheduling.domain.meetings import Meeting, Pair
from services.scheduling.domain.policy import Policy
from tests.bench import load
from tests.bench.figures import Figure
from tests.bench.scheduling.searching import MONDAY, ORG

COUNT = 10_000
BATCH = 500


async def due_at_once(url: str) -> list[Figure]:
    """Let 10,000 meetings be missed in the same moment; each timer is a guarded save with its event."""
    clock = FixedClock(MONDAY)
    async with Database(url, "bench_due", clock) as database:
        meetings = database.aggregates(store.MEETINGS)
        await database.migrate()
        start = MONDAY + timedelta(hours=1)
        for first in range(0, COUNT, BATCH):
            saves = [_booked(number, start) for number in range(first, first + BATCH)]
            await meetings.apply_many(ORG, saves)
        clock.advance(timedelta(hours=2))
        cpu = time.process_time()
        waits = await _fired(Due(database, [meetings], clock), meetings)
        cpu = time.process_time() - cpu
        await database.client.drop_database(database.name)
    p50, p99 = (load.percentile_ms(waits, percent) for percent in (50, 99))
    note = f"{COUNT} due at once; late until the event is stored; {cpu:.1f} s of CPU beside the database's"
    return [Figure("due timers", COUNT / max(waits), "timers/s", None, p50, p99, note)]


def _booked(number: int, start: datetime) -> Save[Meeting]:
    people = (f"mentor-{number}", f"mentee-{number}")
    wish = Wish(f"pair-{number}", start, start + timedelta(hours=1))
    decision = book(Pair(people, "", 60), people[1], wish, start - timedelta(minutes=30), Policy())
    return Save(Ref(ORG, f"m{number}"), lambda _: decision, Cause(f"m{number}"))


async def _fired(due: Due, meetings: Aggregates[Meeting]) -> list[float]:
    """Return after how many seconds each timer's effect was stored."""
    waits, began = list[float](), time.perf_counter()
    while count := await due.fire(meetings):
        waits += [time.perf_counter() - began] * count
    assert len(waits) == COUNT
    return waits
