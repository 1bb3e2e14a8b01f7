"""What scheduling makes of profiles' answers."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.errors import NotFound, Unavailable
from services.kernel.rpc import client
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person, WeeklyWindow
from services.scheduling.clients.profiles import Profiles
from services.scheduling.domain.hours import Hours, Window
from tests.directory import Directory, OwnIdentity, directory
from tests.scheduling.factories import MENTEE, MENTOR, ORG, STRANGER

PEOPLE = f"organizations/{ORG}/people"


@pytest.fixture
async def people() -> AsyncIterator[Directory]:
    async with directory() as held:
        monday = WeeklyWindow(day=1, start_minute=540, end_minute=1020)
        held.add(
            Person(name=f"{PEOPLE}/{MENTOR}", time_zone="Europe/Berlin", weekly_hours=[monday]),
            Person(name=f"{PEOPLE}/{MENTEE}", time_zone="Asia/Tokyo"),
        )
        yield held


@pytest.fixture
async def profiles(people: Directory) -> AsyncIterator[Profiles]:
    async with client.channel(people.address, OwnIdentity()) as channel:
        yield Profiles(channel)


async def test_hours_come_for_mentor_and_mentee_in_that_order(people: Directory, profiles: Profiles) -> None:
    assert await profiles.hours(ORG, (MENTOR, MENTEE)) == [
        Hours("Europe/Berlin", (Window(1, 540, 1020),)),
        Hours("Asia/Tokyo", ()),
    ]
    assert set(people.tokens) == {"Bearer token-of-acme"}


async def test_an_unknown_person_is_not_found(profiles: Profiles) -> None:
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await profiles.hours(ORG, (MENTOR, STRANGER))


@pytest.mark.parametrize("code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_a_passing_failure_says_try_again(
    people: Directory, profiles: Profiles, code: grpc.StatusCode
) -> None:
    people.failure = code
    with pytest.raises(Unavailable, match="PROFILES_UNAVAILABLE"):
        await profiles.hours(ORG, (MENTOR, MENTEE))


async def test_a_failure_of_ours_is_not_dressed_up(people: Directory, profiles: Profiles) -> None:
    people.failure = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.aio.AioRpcError):
        await profiles.hours(ORG, (MENTOR, MENTEE))
