"""The processor as an operator runs it: becomes ready, is killed at bad moments, is restarted."""

import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Command, Process
from services.kernel.events import Event
from services.processor.agents.reading import TOLD
from tests.processor.records import completed_event, missed_event
from tests.processor.stream import Stream

pytestmark = pytest.mark.servers
READY_SECONDS = 60.0
RUN = "import sys; group = sys.argv.pop(); from services.processor.__main__ import run; run(group)"


class Member:
    """One process of the stream's group."""

    def __init__(self, stream: Stream, folder: Path, crash_at: str = "") -> None:
        self.port = free_port()
        self.clock = folder / "clock"
        env = {
            "ENVIRONMENT": "development",
            "METRICS_ADDRESS": f"{LOOPBACK}:{self.port}",
            "KAFKA_BOOTSTRAP": stream.bootstrap,
            "MONGO_URL": "mongodb://unused",
            "CRASH_AT": crash_at,
            "CLOCK_FILE": str(self.clock),
            **dict.fromkeys(("OIDC_ISSUER", "OIDC_JWKS_URL", "OIDC_TOKEN_URL"), "http://unused"),
        }
        argv = (sys.executable, "-c", RUN, stream.app)
        self.process = Process(Command("processor", argv, folder / "processor.log", env))

    async def start(self) -> None:
        await self.process.start(self._ready, READY_SECONDS)

    async def _ready(self) -> bool:
        try:
            return await self.get("/readyz") == 200
        except aiohttp.ClientError:
            return False

    async def get(self, path: str) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{LOOPBACK}:{self.port}{path}") as answer,
        ):
            return answer.status


Members = Callable[..., Member]


@pytest.fixture
async def member(stream: Stream, tmp_path: Path) -> AsyncIterator[Members]:
    """Make processes of the group; those left running are killed."""
    made: list[Member] = []

    def make(crash_at: str = "") -> Member:
        made.append(Member(stream, tmp_path, crash_at))
        return made[-1]

    yield make
    for one in made:
        await one.process.kill()


def ids(events: list[Event[Any]], kind: str) -> Counter[str]:
    return Counter(event.id for event in events if event.type.endswith(kind))


async def test_it_becomes_ready_works_and_stops_in_order(stream: Stream, member: Members) -> None:
    pair = stream.pair()
    running = member()
    await running.start()
    await stream.tell(missed_event("a", pair))
    await stream.decisions(1)
    assert [await running.get(path) for path in ("/readyz", "/healthz", "/metrics")] == [200, 200, 200]
    assert await running.process.stop() == 0


async def test_without_a_broker_it_ends_with_an_error(stream: Stream, tmp_path: Path) -> None:
    stream.bootstrap = f"{LOOPBACK}:{free_port()}"
    alone = Member(stream, tmp_path)
    await alone.process.start(_at_once, READY_SECONDS)
    assert await alone.process.wait() == 1


async def _at_once() -> bool:
    return True


@pytest.mark.apache
@pytest.mark.chaos
async def test_dying_between_telling_and_remembering_tells_again_under_the_same_ids(
    stream: Stream, member: Members
) -> None:
    pair = stream.pair()
    dying = member("after_told_before_table:2")
    await dying.start()
    await stream.tell(missed_event("a", pair))
    await stream.decisions(1)
    await stream.tell(missed_event("b", pair))
    assert await dying.process.wait() == -signal.SIGKILL
    again = member()
    await again.start()
    await stream.tell(completed_event("fence", pair))
    told = await stream.decisions(8)
    assert sorted(ids(told, "RebookReminderDue").values()) == [1, 2]
    assert list(ids(told, "LeadAlertDue").values()) == [2]
    assert list(ids(told, "RecognitionEarned").values()) == [1, 1, 1]


@pytest.mark.apache
@pytest.mark.chaos
async def test_dying_before_the_offsets_are_committed_tells_nothing_twice(
    stream: Stream, member: Members
) -> None:
    pair = stream.pair()
    dying = member("after_effect_before_commit")
    await dying.start()
    await stream.tell(missed_event("a", pair))
    assert await dying.process.wait() == -signal.SIGKILL
    again = member()
    await again.start()
    await stream.tell(missed_event("b", pair))
    told = await stream.decisions(3)
    assert sorted(ids(told, "RebookReminderDue").values()) == [1, 1]
    assert list(ids(told, "LeadAlertDue").values()) == [1]


@pytest.mark.apache
@pytest.mark.chaos
async def test_killed_under_load_it_loses_no_decision_and_repeats_are_the_same_bytes(
    stream: Stream, member: Members
) -> None:
    pairs = [stream.pair() for _ in range(20)]
    running = member()
    await running.start()
    for meeting in range(10):
        await stream.tell(*(missed_event(f"m{meeting}", pair) for pair in pairs))
        if meeting == 4:
            await running.process.kill()
    await member().start()
    distinct: dict[bytes, set[tuple[bytes, bytes]]] = {}
    async with aclosing(stream.following(TOLD)) as records:
        async for record in records:
            identity = dict(record.headers)["ce_id"]
            distinct.setdefault(identity, set()).add((record.key, record.value))
            if len(distinct) == 20 * (10 + 5):
                break
    assert {len(versions) for versions in distinct.values()} == {1}
