"""Time that passes for pairs although nothing is heard of them; no broker needed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.kernel.clock import FixedClock
from services.kernel.kafka import Cluster, Record
from services.processor.agents.policies import Policies
from services.processor.agents.reading import Taken, read, read_verdict, read_waiting
from services.processor.agents.timekeeper import LATENESS
from services.processor.agents.watch import Watch
from services.processor.agents.worker import Tools, Worker, verdicts, waiting
from services.processor.domain.policy import DEFAULT
from tests.processor.factories import NOON
from tests.processor.policies import put
from tests.processor.records import activated_event, held_event, record

NUDGED = DEFAULT.ladder.first_meeting_nudge


@dataclass
class CaughtUp:
    """An intake that is read to its end in these partitions."""

    numbers: list[int] = field(default_factory=lambda: [0])

    def caught_up(self) -> list[int]:
        return self.numbers


class Hall:
    """A worker without a broker, whose partition 0 is read to its end, at noon of the first day."""

    def __init__(self) -> None:
        self.told: list[Record] = []
        self.clock = FixedClock(NOON)
        self.policies = Policies()
        self.intake = CaughtUp()
        watch = Watch("test", self.clock)
        self.worker = Worker(
            Cluster("127.0.0.1:1"), Tools(self._publish, self.policies, watch, self.clock), "test"
        )
        self.worker.pairs.intake = self.intake  # type: ignore[assignment]

    async def _publish(self, records: Sequence[Record]) -> None:
        self.told += records

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock and let two ticks see it."""
        self.clock.advance(by)
        await self.worker.tick()
        await self.worker.tick()

    async def judge(self) -> None:
        """Let people judge what waits now, and pairs hear the verdicts."""
        held = [self._taken(told) for told in self.told if told.topic == waiting("test")]
        await self.worker.people.handle([read_waiting(one) for one in held])
        heard = [self._taken(told) for told in self.told if told.topic == verdicts("test")]
        await self.worker.pairs.handle([read_verdict(one) for one in heard])

    def _taken(self, told: Record) -> Taken:
        written = int(self.clock.now().timestamp() * 1000)
        return Taken(told.topic, 0, 0, written, told.key, told.value, told.headers)

    def kinds(self) -> Counter[str]:
        types = (dict(told.headers).get("ce_type") for told in self.told)
        return Counter(kind.decode().rpartition(".")[2] for kind in types if kind)


@pytest.fixture
async def hall() -> Hall:
    made = Hall()
    await made.worker.pairs.handle([read(record(activated_event()))])
    return made


async def test_a_silent_pair_is_nudged_when_its_time_has_come_and_not_before(hall: Hall) -> None:
    await hall.pass_time(NUDGED)
    assert hall.kinds()["NudgeDue"] == 0
    await hall.pass_time(LATENESS)
    assert hall.kinds()["NudgeDue"] == 2
    await hall.pass_time(timedelta(hours=1))
    assert hall.kinds()["NudgeDue"] == 2


async def test_nudges_go_where_their_person_is_looked_at(hall: Hall) -> None:
    await hall.pass_time(NUDGED + LATENESS)
    held = [told.key for told in hall.told if told.topic == waiting("test")]
    assert held == [b"weavers/e1", b"weavers/e2"]


async def test_a_jump_of_the_clock_leaves_one_tick_to_what_was_told_before_it(hall: Hall) -> None:
    hall.clock.advance(NUDGED + LATENESS)
    await hall.worker.tick()
    await hall.worker.pairs.handle([read(record(held_event("a")))])
    await hall.worker.tick()
    assert hall.kinds()["NudgeDue"] == 0


async def test_of_a_partition_that_is_behind_no_time_passes(hall: Hall) -> None:
    hall.intake.numbers = []
    await hall.pass_time(NUDGED + LATENESS)
    assert hall.kinds()["NudgeDue"] == 0
    hall.intake.numbers = [0]
    await hall.pass_time(timedelta())
    assert hall.kinds()["NudgeDue"] == 2


async def test_timers_are_rebuilt_from_the_table(hall: Hall) -> None:
    rows = dict(hall.worker.pairs.rows.data)
    again = Hall()
    again.worker.pairs.rows.put(rows, dict.fromkeys(rows, 0))
    await again.worker.timekeeper.rebuild()
    await again.pass_time(NUDGED + LATENESS)
    await hall.pass_time(NUDGED + LATENESS)
    assert again.kinds()["NudgeDue"] == 2
    assert [told for told in again.told if told.headers] == [told for told in hall.told if told.headers][-2:]


async def test_another_policy_moves_the_timers(hall: Hall) -> None:
    sooner = {"version": "2", "ladder": {"first_meeting_nudge_days": 3}}
    hall.policies.note(*put(sooner))
    await hall.pass_time(timedelta(days=3) + LATENESS)
    assert hall.kinds()["NudgeDue"] == 2


async def test_all_that_fell_due_in_a_long_absence_is_told_with_its_own_times(hall: Hall) -> None:
    await hall.pass_time(timedelta(days=200))
    assert hall.kinds()["LeadEscalationDue"] == 1
    times = [dict(told.headers)["ce_time"] for told in hall.told if told.headers]
    assert len(set(times)) > 3


async def test_after_a_long_absence_nothing_ends_before_the_warning_that_was_late_is_a_week_old(
    hall: Hall,
) -> None:
    await hall.pass_time(timedelta(days=200))
    await hall.judge()
    await hall.pass_time(timedelta(days=6))
    assert hall.kinds()["ConclusionDue"] == 0
    await hall.pass_time(timedelta(days=1) + LATENESS)
    assert hall.kinds()["ConclusionDue"] == 1
