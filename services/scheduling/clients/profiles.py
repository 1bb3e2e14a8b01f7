"""Whom scheduling asks: profiles, for weekly hours, names and addresses."""

from collections.abc import Sequence

import grpc

from services.kernel.errors import NotFound, Unavailable
from services.kernel.ids import name
from services.kernel.rpc.client import PASSING
from services.pb.mentoring.profiles.v1.person_service_pb2 import BatchGetPeopleRequest, Person
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from services.scheduling.domain.hours import Hours
from services.scheduling.domain.invitations import Contact
from services.scheduling.wire.availability import hours
from services.scheduling.wire.names import person_name


class Profiles:
    """People, asked for with this service's own identity."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PersonServiceStub(channel)

    async def hours(self, tenant: str, people: Sequence[str]) -> list[Hours]:
        """Return people's weekly hours. NotFound PERSON_NOT_FOUND, Unavailable PROFILES_UNAVAILABLE."""
        return [hours(person) for person in await self._found(tenant, people)]

    async def contacts(self, tenant: str, people: Sequence[str]) -> list[Contact]:
        """Return people's names and addresses; raises as `hours`."""
        return [_contact(person) for person in await self._found(tenant, people)]

    async def _found(self, tenant: str, people: Sequence[str]) -> Sequence[Person]:
        request = BatchGetPeopleRequest(
            parent=name("organizations", tenant),
            names=[person_name(tenant, person) for person in people],
        )
        try:
            answer = await self._people.BatchGetPeople(request)
        except grpc.aio.AioRpcError as error:
            if error.code() in PASSING:
                raise Unavailable("PROFILES_UNAVAILABLE", "people cannot be read now") from error
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise NotFound("PERSON_NOT_FOUND", "one of the people does not exist") from error
            raise
        return answer.people


def _contact(person: Person) -> Contact:
    called = person.preferred_name or person.given_name
    return Contact(f"{called} {person.family_name}".strip(), person.email)
