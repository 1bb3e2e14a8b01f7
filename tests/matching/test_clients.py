"""The process that computes: the same answer as here, gone with its parent, started again after it died."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import psutil
import pytest

from services.kernel.errors import Invalid, Unavailable
from services.matching.clients.computing import MatcherProcess
from services.matching.domain.cohort import compute
from services.matching.domain.members import Member
from tests.matching.factories import cohort, mentee, mentor

PAIR = cohort(mentor(), mentee())


@pytest.fixture
async def matcher() -> AsyncIterator[MatcherProcess]:
    """Start afresh: each test here ends its process."""
    matcher = MatcherProcess()
    yield matcher
    await matcher.close()


def children() -> list[psutil.Process]:
    """Return this process's computing processes."""
    return [
        child
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    ]


@pytest.mark.servers
async def test_it_answers_as_the_pure_function_does(matcher: MatcherProcess) -> None:
    assert await matcher.compute(PAIR) == compute(PAIR)


async def test_refusals_cross_the_border(matcher: MatcherProcess) -> None:
    with pytest.raises(Invalid) as refusal:
        await matcher.compute(cohort(Member("e1", seeks=mentee().seeks, time_zone="Mars/Olympus")))
    assert refusal.value.reason == "UNKNOWN_TIME_ZONE"


@pytest.mark.servers
async def test_a_killed_process_is_unavailable_once_and_then_replaced(matcher: MatcherProcess) -> None:
    await matcher.compute(PAIR)
    for child in children():
        child.kill()
        child.wait()
    with pytest.raises(Unavailable):
        await matcher.compute(PAIR)
    assert await matcher.compute(PAIR) == compute(PAIR)


@pytest.mark.servers
async def test_closing_ends_the_process(matcher: MatcherProcess) -> None:
    await matcher.compute(PAIR)
    (child,) = children()
    await matcher.close()
    child.wait(10)


PARENT = """
import asyncio
import psutil
from services.matching.clients.computing import MatcherProcess
from tests.matching.test_clients import PAIR, children
async def main():
    matcher = MatcherProcess()
    await matcher.compute(PAIR)
    (child,) = children()
    print(child.pid, flush=True)
    input()
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.servers
def test_it_does_not_outlive_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    child.wait(10)
    for pipe in (parent.stdin, parent.stdout):
        assert pipe is not None
        pipe.close()
