"""kill -9 anywhere loses nothing and doubles nothing: the demo's own comparison is the judge."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local import kafka
from deploy.local.stack import Stack
from services.notifications.app.cohorts import MOST
from tests.chaos.nemesis import crash_and_revive, kill_in_turn, some_people
from tests.e2e.test_demo import run_demo

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SERVICES = ("profiles", "matching", "mentorships", "scheduling", "notifications", "recognition", "processor")


@pytest.fixture
async def stack(pytestconfig: pytest.Config, tmp_path: Path) -> AsyncIterator[Stack]:
    """A platform of its own for each test; what is killed stays down until the test restarts it."""
    stack = Stack(tmp_path, on="free", broker=kafka.Kind(pytestconfig.getoption("kafka")))
    stack.supervise = False
    async with stack:
        yield stack


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A smaller export: every kind of work, in less time."""
    file = tmp_path / "people.csv"
    file.write_bytes(some_people(200))
    return file


async def told(demo: asyncio.Task[tuple[int, str, str]]) -> dict[str, Any]:
    code, out, err = await demo
    assert code == 0, err
    return dict(json.loads(out.splitlines()[-1]))


def begin(stack: Stack, tools: dict[str, str], export: Path) -> asyncio.Task[tuple[int, str, str]]:
    return asyncio.create_task(run_demo(stack, tools, "--org", "acme", "--file", str(export)))


@pytest.mark.apache  # the embedded broker never lets go of a group member that was killed
async def test_killing_every_service_and_the_processor(
    stack: Stack, tools: dict[str, str], export: Path
) -> None:
    demo = begin(stack, tools, export)
    assert await kill_in_turn(stack, SERVICES, demo) == list(SERVICES)
    _, out, err = await demo
    result = json.loads(out.splitlines()[-1])
    assert result["lost"] == 0, err
    assert result["sent"] > 0
    # Only mails that were being accepted when notifications died may come twice (README, Promises).
    assert result["doubled"] == result["mails"] - result["sent"] <= MOST


@pytest.mark.apache
@pytest.mark.parametrize("service", ["mentorships", "scheduling"])
async def test_a_relay_that_dies_between_publish_and_acknowledge(
    stack: Stack, tools: dict[str, str], export: Path, service: str
) -> None:
    """Its events are published twice under the same ids; nobody acts on them twice."""
    demo = begin(stack, tools, export)
    assert await crash_and_revive(stack, service, "after_publish_before_pull:2") == -signal.SIGKILL
    result = await told(demo)
    assert (result["lost"], result["doubled"]) == (0, 0)


@pytest.mark.apache
async def test_notifications_that_die_between_publish_and_acknowledge_mail_nothing_else_twice(
    stack: Stack, tools: dict[str, str], export: Path
) -> None:
    """Mails that were being accepted at that moment may come twice (README, Promises); events may not."""
    demo = begin(stack, tools, export)
    assert await crash_and_revive(stack, "notifications", "after_publish_before_pull:2") == -signal.SIGKILL
    _, out, err = await demo
    result = json.loads(out.splitlines()[-1])
    assert result["lost"] == 0, err
    assert result["doubled"] == result["mails"] - result["sent"] <= MOST


@pytest.mark.apache
async def test_a_consumer_that_dies_between_effect_and_commit(
    stack: Stack, tools: dict[str, str], export: Path
) -> None:
    demo = begin(stack, tools, export)
    assert await crash_and_revive(stack, "recognition", "after_effect_before_commit") == -signal.SIGKILL
    result = await told(demo)
    assert (result["lost"], result["doubled"]) == (0, 0)


async def test_killing_the_database(stack: Stack, tools: dict[str, str], export: Path) -> None:
    demo = begin(stack, tools, export)
    assert await kill_in_turn(stack, ["mongod", "mongod"], demo) == ["mongod", "mongod"]
    result = await told(demo)
    assert (result["lost"], result["doubled"]) == (0, 0)


@pytest.mark.apache
async def test_killing_the_broker(stack: Stack, tools: dict[str, str], export: Path) -> None:
    demo = begin(stack, tools, export)
    assert await kill_in_turn(stack, ["kafka", "kafka"], demo) == ["kafka", "kafka"]
    result = await told(demo)
    assert (result["lost"], result["doubled"]) == (0, 0)
