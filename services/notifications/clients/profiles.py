"""Names and addresses of people, asked for with this service's own identity at each use and kept nowhere."""

import grpc

from services.kernel.errors import Unavailable
from services.notifications.app import ports as app
from services.notifications.wire import messages as wire
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub

_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class Profiles:
    """People as profiles knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PersonServiceStub(channel)

    async def find(self, tenant: str, person: str) -> app.Person | None:
        """Return one, None if there is no such person. Raises Unavailable PROFILES_UNAVAILABLE."""
        request = pb.GetPersonRequest(name=wire.person_name(tenant, person))
        try:
            found = await self._people.GetPerson(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            if error.code() in _PASSING:
                raise Unavailable("PROFILES_UNAVAILABLE", "people cannot be read now") from error
            raise
        return person_of(found)


def person_of(found: pb.Person) -> app.Person:
    """Decode a person."""
    called = found.preferred_name or found.given_name
    return app.Person(
        greeting=called,
        full_name=f"{called} {found.family_name}",
        address=found.email,
        employed=found.state != pb.Person.STATE_TERMINATED,
        zone=found.time_zone,
        languages=tuple(found.languages),
    )
