"""What notifications makes of profiles' answers."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.errors import Unavailable
from services.kernel.mongo import Cause, Ref
from services.kernel.privacy.erasing import Erasure
from services.kernel.rpc import client
from services.notifications.app.ports import Person as Known
from services.notifications.clients.profiles import Profiles
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, OwnIdentity, directory
from tests.notifications.factories import MENTEE, NOON, ORG, STRANGER

NAME = f"organizations/{ORG}/people/{MENTEE}"
PERSON = Person(
    name=NAME, given_name="Kimberly", family_name="Lee", email="kim@acme.example", state=Person.STATE_ACTIVE
)


@pytest.fixture
async def people() -> AsyncIterator[Directory]:
    async with directory() as held:
        held.add(PERSON)
        yield held


@pytest.fixture
async def profiles(people: Directory) -> AsyncIterator[Profiles]:
    async with client.channel(people.address, OwnIdentity()) as channel:
        yield Profiles(channel)


async def test_a_person_is_asked_for_with_the_own_identity(people: Directory, profiles: Profiles) -> None:
    found = await profiles.find(ORG, MENTEE)
    assert found == Known("Kimberly", "Kimberly Lee", "kim@acme.example", employed=True)
    assert people.tokens == ["Bearer token-of-acme"]


async def test_people_are_called_as_they_wish(people: Directory, profiles: Profiles) -> None:
    people.people[NAME].preferred_name = "Kim"
    found = await profiles.find(ORG, MENTEE)
    assert found is not None
    assert (found.greeting, found.full_name) == ("Kim", "Kim Lee")


@pytest.mark.parametrize(
    ("state", "employed"), [(Person.STATE_ON_LEAVE, True), (Person.STATE_TERMINATED, False)]
)
async def test_who_left_is_no_longer_employed(
    people: Directory, profiles: Profiles, state: Person.State.ValueType, *, employed: bool
) -> None:
    people.people[NAME].state = state
    found = await profiles.find(ORG, MENTEE)
    assert found is not None
    assert found.employed is employed


async def test_an_unknown_person_is_none(profiles: Profiles) -> None:
    assert await profiles.find(ORG, STRANGER) is None


@pytest.mark.parametrize("code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_a_passing_failure_says_try_again(
    people: Directory, profiles: Profiles, code: grpc.StatusCode
) -> None:
    people.failure = code
    with pytest.raises(Unavailable, match="PROFILES_UNAVAILABLE"):
        await profiles.find(ORG, MENTEE)


async def test_a_failure_of_ours_is_not_taken_for_an_unknown_person(
    people: Directory, profiles: Profiles
) -> None:
    people.failure = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.aio.AioRpcError):
        await profiles.find(ORG, MENTEE)


async def test_who_is_asked_for_at_once_is_asked_for_together(people: Directory, profiles: Profiles) -> None:
    names = [f"organizations/{ORG}/people/p{number}" for number in range(20)]
    people.add(*(Person(name=name, given_name="Kim", family_name=name[-3:]) for name in names))
    asked = [*range(20), *range(20)]
    found = await asyncio.gather(*(profiles.find(ORG, f"p{number}") for number in asked))
    assert [one.full_name if one else "" for one in found] == [
        f"Kim {names[number][-3:]}" for number in asked
    ]
    assert people.calls == 1


async def test_a_person_is_remembered_for_the_next_messages(people: Directory, profiles: Profiles) -> None:
    assert await profiles.find(ORG, MENTEE) == await profiles.find(ORG, MENTEE)
    assert people.calls == 1


async def test_an_erased_person_is_remembered_no_longer(people: Directory, profiles: Profiles) -> None:
    await profiles.find(ORG, MENTEE)
    people.people.clear()
    await profiles.forget(Erasure(Ref(ORG, MENTEE), "erasure", NOON), Cause("erased"))
    assert await profiles.find(ORG, MENTEE) is None


async def test_nobody_is_remembered_as_unknown(people: Directory, profiles: Profiles) -> None:
    assert await profiles.find(ORG, STRANGER) is None
    people.add(Person(name=f"organizations/{ORG}/people/{STRANGER}", given_name="Sam"))
    assert await profiles.find(ORG, STRANGER) is not None


async def test_an_unknown_person_among_others_hides_nobody(profiles: Profiles) -> None:
    found = await asyncio.gather(profiles.find(ORG, MENTEE), profiles.find(ORG, STRANGER))
    assert [one.address if one else None for one in found] == [PERSON.email, None]


async def test_a_passing_failure_reaches_all_who_asked_together(
    people: Directory, profiles: Profiles
) -> None:
    people.failure = grpc.StatusCode.RESOURCE_EXHAUSTED
    found = await asyncio.gather(
        *(profiles.find(ORG, one) for one in (MENTEE, STRANGER)), return_exceptions=True
    )
    assert [type(one) for one in found] == [Unavailable, Unavailable]
