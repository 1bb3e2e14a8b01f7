"""Asking profiles whether people work here, and matching about programs, over real sockets."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.errors import NotFound, Refused, Unavailable
from services.mentorships.clients import Matching, Profiles
from services.mentorships.domain.participation import NOBODY, Participation, Role
from services.pb.mentoring.matching.v1.program_service_pb2 import Enrolment, Program
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, directory
from tests.mentorships.factories import MENTEE, MENTOR, ORG

pytestmark = pytest.mark.servers


def person(who: str, state: Person.State.ValueType = Person.STATE_ACTIVE) -> Person:
    return Person(name=f"organizations/{ORG}/people/{who}", state=state)


@pytest.fixture
async def people() -> AsyncIterator[Directory]:
    async with directory() as held:
        held.add(person(MENTOR), person(MENTEE, Person.STATE_ON_LEAVE))
        yield held


async def ask(people: Directory) -> None:
    async with grpc.aio.insecure_channel(people.address) as channel:
        await Profiles(channel).require_working(ORG, (MENTOR, MENTEE))


async def test_who_is_at_work_or_away_for_a_while_works_here(people: Directory) -> None:
    await ask(people)


async def test_who_has_left_does_not(people: Directory) -> None:
    people.add(person(MENTEE, Person.STATE_TERMINATED))
    with pytest.raises(Refused, match="PERSON_LEFT"):
        await ask(people)


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFound, "PERSON_NOT_FOUND"),
        (grpc.StatusCode.UNAVAILABLE, Unavailable, "PROFILES_UNAVAILABLE"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Unavailable, "PROFILES_UNAVAILABLE"),
        (grpc.StatusCode.INTERNAL, grpc.aio.AioRpcError, "INTERNAL"),
    ],
)
async def test_failures_of_profiles_keep_their_meaning(
    people: Directory, failure: grpc.StatusCode, kind: type[Exception], reason: str
) -> None:
    people.failure = failure
    with pytest.raises(kind, match=reason):
        await ask(people)


SPRING = f"organizations/{ORG}/programs/spring"


async def ask_matching(programs: Directory) -> None:
    async with grpc.aio.insecure_channel(programs.address) as channel:
        await Matching(channel).require_open(ORG, "spring")


async def test_a_program_is_open_until_it_is_closed(people: Directory) -> None:
    with pytest.raises(NotFound, match="PROGRAM_NOT_FOUND"):
        await ask_matching(people)
    people.programs[SPRING] = Program(name=SPRING, state=Program.STATE_ACTIVE)
    await ask_matching(people)
    people.programs[SPRING] = Program(name=SPRING, state=Program.STATE_CLOSED)
    with pytest.raises(Refused, match="PROGRAM_CLOSED"):
        await ask_matching(people)


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, Unavailable, "MATCHING_UNAVAILABLE"),
        (grpc.StatusCode.INTERNAL, grpc.aio.AioRpcError, "INTERNAL"),
    ],
)
async def test_failures_of_matching_keep_their_meaning(
    people: Directory, failure: grpc.StatusCode, kind: type[Exception], reason: str
) -> None:
    people.failure = failure
    with pytest.raises(kind, match=reason):
        await ask_matching(people)


async def test_where_no_address_of_matching_is_set_programs_cannot_be_looked_up() -> None:
    with pytest.raises(Unavailable, match="MATCHING_UNAVAILABLE"):
        await Matching(None).require_open(ORG, "spring")


async def part_of_the_mentor(programs: Directory) -> Participation:
    async with grpc.aio.insecure_channel(programs.address) as channel:
        return await Matching(channel).participation(ORG, "spring", MENTOR)


@pytest.mark.parametrize(
    ("state", "end_reason", "part"),
    [
        (Enrolment.STATE_ACTIVE, "", (True, True)),
        (Enrolment.STATE_PAUSED, "", (False, True)),
        (Enrolment.STATE_PENDING, "", (False, False)),
        (Enrolment.STATE_ENDED, "LEFT", (False, False)),
        (Enrolment.STATE_ENDED, "REJECTED", (False, False)),
        (Enrolment.STATE_ENDED, "PROGRAM_CLOSED", (False, True)),
    ],
)
async def test_who_takes_part_now_is_told_from_who_has_left(
    people: Directory, state: Enrolment.State.ValueType, end_reason: str, part: tuple[bool, bool]
) -> None:
    people.programs[SPRING] = Program(name=SPRING)
    mentor = f"organizations/{ORG}/people/{MENTOR}"
    people.enrol(SPRING, mentor, state=state, end_reason=end_reason)
    assert await part_of_the_mentor(people) == Participation(frozenset({Role.MENTOR}), *part)


async def test_who_never_took_part_is_told_from_a_program_that_there_is_not(people: Directory) -> None:
    with pytest.raises(NotFound, match="PROGRAM_NOT_FOUND"):
        await part_of_the_mentor(people)
    people.programs[SPRING] = Program(name=SPRING)
    assert await part_of_the_mentor(people) == NOBODY


async def test_an_older_matching_that_lists_everybody_is_not_taken_at_its_word(people: Directory) -> None:
    people.programs[SPRING] = Program(name=SPRING)
    mentor, mentee = (f"organizations/{ORG}/people/{one}" for one in (MENTOR, MENTEE))
    people.enrol(SPRING, mentee)
    people.enrolments[SPRING, mentor] = people.enrolments[SPRING, mentee]
    with pytest.raises(Unavailable, match="MATCHING_UNAVAILABLE"):
        await part_of_the_mentor(people)


async def test_matching_tells_how_many_took_part(people: Directory) -> None:
    people.programs[SPRING] = Program(name=SPRING)
    for one in (MENTOR, MENTEE):
        people.enrol(SPRING, f"organizations/{ORG}/people/{one}")
    async with grpc.aio.insecure_channel(people.address) as channel:
        assert await Matching(channel).enrolled(ORG, "spring") == 2
