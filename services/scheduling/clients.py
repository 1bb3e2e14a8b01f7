"""Whom scheduling asks: profiles, for weekly hours."""

from collections.abc import Sequence

import grpc

from services.kernel.errors import NotFound, Unavailable
from services.kernel.ids import name
from services.pb.mentoring.profiles.v1.person_service_pb2 import BatchGetPeopleRequest
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from services.scheduling.domain.hours import Hours
from services.scheduling.wire.availability import hours
from services.scheduling.wire.names import person_name

_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class Profiles:
    """People's weekly hours, asked for with this service's own identity."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PersonServiceStub(channel)

    async def hours(self, tenant: str, people: Sequence[str]) -> list[Hours]:
        """Return people's weekly hours. NotFound PERSON_NOT_FOUND, Unavailable PROFILES_UNAVAILABLE."""
        request = BatchGetPeopleRequest(
            parent=name("organizations", tenant),
            names=[person_name(tenant, person) for person in people],
        )
        try:
            answer = await self._people.BatchGetPeople(request)
        except grpc.aio.AioRpcError as error:
            if error.code() in _PASSING:
                raise Unavailable("PROFILES_UNAVAILABLE", "weekly hours cannot be read now") from error
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise NotFound("PERSON_NOT_FOUND", "one of the people does not exist") from error
            raise
        return [hours(person) for person in answer.people]
