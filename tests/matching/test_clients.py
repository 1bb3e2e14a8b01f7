"""The process that computes: told piece by piece, the same answer as here, gone with its parent, replaced."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import psutil
import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, NotFound, Unavailable
from services.kernel.events.life import watched_by
from services.kernel.mongo import Ref
from services.matching.app.ports import Task
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.process import READING
from services.matching.clients.recommending import FRESH, RecommenderProcess
from services.matching.domain.cohort import Cohort, Entry, compute
from services.matching.domain.members import Member, Role
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Pair
from services.matching.domain.recommending import Asked
from services.matching.domain.runs import Progress
from services.matching.wire import people as wire
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from tests.matching.factories import MENTEE, MENTOR, NOW, ORG, STRANGER, cohort, mentee, mentor
from tests.matching.staff import message

pytestmark = pytest.mark.servers
PAIR = cohort(mentor(), mentee())
POOL = Ref(ORG, "program")


class Staff:
    """People as the profiles service sends them; remembers who was asked for."""

    def __init__(self, *people: Member) -> None:
        self.known = {one.id: one for one in people}
        self.asked: list[list[str]] = []

    async def raw(self, _: str, people: Sequence[str], at_once: int) -> AsyncIterator[bytes]:
        self.asked.append(list(people))
        if not self.known.keys() >= set(people):
            raise NotFound("PERSON_NOT_FOUND", "a person is not known")
        for start in range(0, len(people), at_once):
            some = [message(self.known[one]) for one in people[start : start + at_once]]
            yield profiles.BatchGetPeopleResponse(people=some).SerializeToString()


def task(given: Cohort) -> Task:
    async def entries() -> AsyncIterator[Sequence[Entry]]:
        for entry in given.entries:
            yield [entry]

    return Task(
        ORG,
        entries(),
        given.monday,
        given.taken,
        given.busy,
        given.refused,
        given.previous,
        given.policy,
        given.options,
    )


async def always(_: Progress) -> bool:
    return True


async def matched(matcher: MatcherProcess, given: Cohort = PAIR) -> list[Proposal]:
    async with matcher.matched(task(given), always) as answer:
        return [one async for part in answer.parts("run") for one in part.proposals]


@pytest.fixture
def staff() -> Staff:
    return Staff(mentor(), mentee())


@pytest.fixture
async def matcher(staff: Staff) -> AsyncIterator[MatcherProcess]:
    """Start afresh: tests here end its process."""
    matcher = MatcherProcess(staff)
    yield matcher
    await matcher.close()


@pytest.fixture
async def recommender(staff: Staff, clock: FixedClock) -> AsyncIterator[RecommenderProcess]:
    recommender = RecommenderProcess(staff, clock)
    yield recommender
    await recommender.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def children() -> list[psutil.Process]:
    """Return this process's computing processes."""
    return [
        child
        for child in psutil.Process().children()
        if any("spawn_main" in part for part in child.cmdline())
    ]


def test_people_in_these_tests_are_what_the_service_reads() -> None:
    """Else the process would be told of others than the pure function."""
    for one in (mentor(), mentee()):
        assert wire.member(message(one)) == one


async def test_it_answers_as_the_pure_function_does(matcher: MatcherProcess) -> None:
    async with matcher.matched(task(PAIR), always) as answer:
        assert answer.report == compute(PAIR).report
        assert [part.proposals async for part in answer.parts("run")] == [compute(PAIR).proposals]


async def test_superiors_are_read_level_by_level_up_to_the_top(matcher: MatcherProcess, staff: Staff) -> None:
    """Nobody above takes part, yet the chain must be known up to the mentor."""
    staff.known |= {"e5": Member("e5", manager="e6"), "e6": Member("e6", manager=MENTOR)}
    staff.known |= {MENTEE: replace(mentee(), manager="e5"), STRANGER: mentee(STRANGER)}
    given = cohort(mentor(), *(staff.known[one] for one in (MENTEE, STRANGER)))
    assert [one.pair for one in await matched(matcher, given)] == [Pair(MENTOR, STRANGER)]
    assert staff.asked == [[MENTOR, MENTEE, STRANGER], ["e5"], ["e6"]]


async def test_reading_shows_how_many_of_how_many_people_are_read(
    matcher: MatcherProcess, staff: Staff
) -> None:
    shown: list[Progress] = []

    async def goes_on(progress: Progress) -> bool:
        shown.append(progress)
        return True

    staff.known |= {"e5": Member("e5"), MENTEE: replace(mentee(), manager="e5")}
    async with matcher.matched(task(PAIR), goes_on):
        assert shown[:2] == [Progress("reading", 2, 2), Progress("reading", 3, 3)]


async def test_refusals_cross_the_border(matcher: MatcherProcess, staff: Staff) -> None:
    staff.known[MENTEE] = replace(mentee(), time_zone="Mars/Olympus")
    with pytest.raises(Invalid) as refusal:
        await matched(matcher)
    assert refusal.value.reason == "UNKNOWN_TIME_ZONE"


async def test_a_person_who_is_not_known_is_refused(matcher: MatcherProcess, staff: Staff) -> None:
    del staff.known[MENTEE]
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await matched(matcher)


async def test_a_run_that_is_no_longer_wanted_has_no_answer(matcher: MatcherProcess) -> None:
    async def never(_: Progress) -> bool:
        return False

    async with matcher.matched(task(PAIR), never) as answer:
        assert answer.report is None
    assert len(await matched(matcher)) == 1


async def seen_moving(matcher: MatcherProcess, given: Cohort, moved: asyncio.Event) -> None:
    """Match as a handler does whose signs of life set `moved`."""
    watched_by(moved.set)
    await matched(matcher, given)


async def test_a_cohort_in_hand_gives_signs_of_life_and_so_does_one_that_waits_for_its_turn(
    matcher: MatcherProcess,
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    computing = asyncio.create_task(seen_moving(matcher, PAIR, first))
    waiting = asyncio.create_task(seen_moving(matcher, PAIR, second))
    await first.wait()
    assert second.is_set()
    await asyncio.gather(computing, waiting)


class Signs:
    """Counts signs of life."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1

    async def forget_reading(self, progress: Progress) -> bool:
        self.count *= progress.stage != READING
        return True


async def test_a_computation_that_moves_is_seen_moving(matcher: MatcherProcess) -> None:
    signs = Signs()
    watched_by(signs)
    async with matcher.matched(task(PAIR), signs.forget_reading):
        assert signs.count > 0


async def test_a_killed_process_is_unavailable_once_and_then_replaced(matcher: MatcherProcess) -> None:
    others = set(children())  # of tests that share one
    await matched(matcher)
    for child in set(children()) - others:
        child.kill()
        child.wait()
    with pytest.raises(Unavailable):
        await matched(matcher)
    assert len(await matched(matcher)) == 1


async def test_closing_ends_the_process(matcher: MatcherProcess) -> None:
    before = set(children())  # those of earlier tests may be on their way out
    await matched(matcher)
    (child,) = set(children()) - before
    await matcher.close()
    child.wait(10)


async def renewal() -> Task:
    return task(PAIR)


async def test_it_recommends_from_a_pool_that_it_keeps(recommender: RecommenderProcess, staff: Staff) -> None:
    for _ in range(2):
        found = await recommender.recommend(POOL, Asked(MENTEE, Role.MENTEE, 10), renewal)
        assert [(one.mentor, one.mentee) for one in found.proposals] == [(MENTOR, MENTEE)]
        assert found.as_of == NOW
    assert len(staff.asked) == 1


async def test_an_old_pool_answers_while_it_is_looked_at_anew(
    recommender: RecommenderProcess, staff: Staff, clock: FixedClock
) -> None:
    asked = Asked(MENTEE, Role.MENTEE, 10)
    await recommender.recommend(POOL, asked, renewal)
    clock.advance(2 * FRESH)
    assert (await recommender.recommend(POOL, asked, renewal)).as_of == NOW
    await recommender._renewals[POOL.key]
    assert (await recommender.recommend(POOL, asked, renewal)).as_of == clock.now()
    assert len(staff.asked) == 2


async def test_a_caller_who_gives_up_leaves_the_pool_to_the_next(
    recommender: RecommenderProcess, staff: Staff
) -> None:
    """Reading a large company takes longer than one caller waits."""
    asked = Asked(MENTEE, Role.MENTEE, 10)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await recommender.recommend(POOL, asked, renewal)
    assert len((await recommender.recommend(POOL, asked, renewal)).proposals) == 1
    assert len(staff.asked) == 1


async def test_a_pool_that_cannot_be_read_is_read_again_for_the_next(
    recommender: RecommenderProcess, staff: Staff
) -> None:
    gone = staff.known.pop(MENTEE)
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await recommender.recommend(POOL, Asked(MENTEE, Role.MENTEE, 10), renewal)
    staff.known[MENTEE] = gone
    assert len((await recommender.recommend(POOL, Asked(MENTEE, Role.MENTEE, 10), renewal)).proposals) == 1


async def test_a_pool_that_died_with_its_process_is_read_again(recommender: RecommenderProcess) -> None:
    asked = Asked(MENTEE, Role.MENTEE, 10)
    others = set(children())
    await recommender.recommend(POOL, asked, renewal)
    for child in set(children()) - others:
        child.kill()
        child.wait()
    with pytest.raises(Unavailable):
        await recommender.recommend(POOL, asked, renewal)
    assert len((await recommender.recommend(POOL, asked, renewal)).proposals) == 1


PARENT = """
import asyncio
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.process import READING
from tests.matching.factories import mentee, mentor
from tests.matching.test_clients import Staff, children, matched
async def main():
    matcher = MatcherProcess(Staff(mentor(), mentee()))
    await matched(matcher)
    (child,) = children()
    print(child.pid, flush=True)
    input()
if __name__ == "__main__":
    asyncio.run(main())
"""


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
