"""A table rebuilt from its change log by a member that starts with nothing, and the memory it takes."""

from services.kernel.kafka import Record
from services.processor.agents.batch import Pairs
from services.processor.agents.reading import Taken, read
from services.processor.agents.station import changelog
from services.processor.domain.policy import DEFAULT
from tests.bench.figures import Figure
from tests.bench.processor.events import Lives
from tests.bench.processor.hosts import FAUST, Bench

PAIRS, TURNS, AGE = 100_000, 10, 8
"""Mentorships, records of each in the change log, events that each has behind it."""


async def recovery(bench: Bench, broker: str) -> list[Figure]:
    """Start on a change log of a million records; compare with a start on an empty one."""
    empty, little = await _started(bench, await bench.group())
    group = await bench.group()
    rows = _rows()
    for _ in range(TURNS):
        await bench.publish([Record(changelog(group, "pairs"), key, value) for key, value in rows.items()])
    full, much = await _started(bench, group)
    size = sum(map(len, rows.values())) / len(rows)
    note = f"{PAIRS * TURNS} records of {PAIRS} mentorships, {size:.0f} bytes each; timers included"
    return [
        Figure(f"recovery {broker}", full, "s", empty, note=f"{note}; baseline: an empty table"),
        Figure(
            f"memory of 100k mentorships {broker}",
            much - little,
            "MiB resident",
            note=f"after {AGE} events each",
        ),
    ]


async def _started(bench: Bench, group: str) -> tuple[float, float]:
    """Return the seconds that a new member's recovery took, and its memory afterwards in MiB."""
    async with bench.members(FAUST, group) as members:
        return members.recovered(), members.resident()


def _rows() -> dict[bytes, bytes]:
    """Return a row for each mentorship: one that was folded, under other names."""
    lives = Lives("recovery", pairs=1)
    readings = [
        read(Taken(one.topic, 0, number, 0, one.key, one.value, one.headers))
        for number, one in enumerate(lives.records(AGE))
    ]
    ((key, row),) = Pairs(lambda _: DEFAULT, "").fold(readings, {}).rows.items()
    others = (lives.key(number).encode() for number in range(PAIRS))
    return {other: row.replace(key, other) for other in others}
