"""Names and addresses of people, asked for with this service's own identity and stored nowhere.

They are remembered for 5 seconds, as one event's messages name the same people, and not after an erasure.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import grpc

from services.kernel import ids
from services.kernel.errors import Unavailable
from services.kernel.mongo import Cause
from services.kernel.mongo.together import Together
from services.kernel.privacy.erasing import Erasure
from services.kernel.rpc.client import PASSING
from services.notifications.app import ports as app
from services.notifications.app.remembered import Remembered
from services.notifications.wire import messages as wire
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub

_Asked = tuple[str, str]
"""Organization and person."""


class Profiles:
    """People as profiles knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PersonServiceStub(channel)
        self._ask = Together(self._asked)
        self._known = Remembered(self._ask)

    async def find(self, tenant: str, person: str) -> app.Person | None:
        """Return one, None if there is no such person. Raises Unavailable PROFILES_UNAVAILABLE.

        Who is asked for at the same time is asked for in one call.
        """
        try:
            found = await self._known.of((tenant, person))
        except grpc.aio.AioRpcError as error:
            if error.code() in PASSING:
                raise Unavailable("PROFILES_UNAVAILABLE", "people cannot be read now") from error
            raise
        if found is None:
            self._known.forget((tenant, person))
        return found

    async def forget(self, erasure: Erasure, _: Cause) -> None:
        """Remember an erased person no longer."""
        self._known.forget((erasure.person.tenant, erasure.person.id))

    async def _asked(self, asked: Sequence[_Asked]) -> Sequence[app.Person | Exception | None]:
        """Answer each; those of one organization by one call."""
        people = defaultdict[str, set[str]](set)
        for tenant, person in asked:
            people[tenant].add(wire.person_name(tenant, person))
        found = await asyncio.gather(
            *(self._found(tenant, sorted(names)) for tenant, names in people.items())
        )
        known = {name: answer for answers in found for name, answer in answers.items()}
        return [known[wire.person_name(*one)] for one in asked]

    async def _found(self, tenant: str, names: Sequence[str]) -> Mapping[str, app.Person | Exception | None]:
        if len(names) > 1:
            request = pb.BatchGetPeopleRequest(parent=ids.name("organizations", tenant), names=names)
            try:
                people = (await self._people.BatchGetPeople(request)).people
                return {name: person_of(person) for name, person in zip(names, people, strict=True)}
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    return dict.fromkeys(names, error)
        # One of several is not there, and the answer does not say who.
        return dict(zip(names, await asyncio.gather(*map(self._one, names)), strict=True))

    async def _one(self, name: str) -> app.Person | Exception | None:
        try:
            return person_of(await self._people.GetPerson(pb.GetPersonRequest(name=name)))
        except grpc.aio.AioRpcError as error:
            return None if error.code() is grpc.StatusCode.NOT_FOUND else error


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
