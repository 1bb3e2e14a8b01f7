"""PersonService: decode, act, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from services.kernel.fields import masked
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceServicer
from services.profiles.app.people import Directory, Imports, Wanted
from services.profiles.domain import FIELDS
from services.profiles.wire import people as wire


class PersonService(PersonServiceServicer):
    """Serves `mentoring.profiles.v1.PersonService`; refusals travel as exceptions to the gate."""

    def __init__(self, directory: Directory, imports: Imports) -> None:
        self._directory = directory
        self._imports = imports

    async def GetPerson(self, request: pb.GetPersonRequest, _: object) -> pb.Person:
        """Return one person."""
        who = caller()
        person = wire.person_id(who.org, request.name, "name")
        return wire.stored(Ref(who.org, person), await self._directory.get(who, person))

    async def BatchGetPeople(self, request: pb.BatchGetPeopleRequest, _: object) -> pb.BatchGetPeopleResponse:
        """Return people in the order asked for."""
        who = caller()
        people = [wire.person_id(who.org, name, "names") for name in request.names]
        found = await self._directory.get_many(who, people)
        return pb.BatchGetPeopleResponse(
            people=[
                wire.stored(Ref(who.org, person), item) for person, item in zip(people, found, strict=True)
            ]
        )

    async def ListPeople(self, request: pb.ListPeopleRequest, _: object) -> pb.ListPeopleResponse:
        """Return one page."""
        who = caller()
        manager = wire.person_id(who.org, request.manager, "manager") if request.manager else ""
        wanted = Wanted(wire.role(request.role), wire.state(request.state), manager)
        found = await self._directory.list(who, wanted, (request.page_size, request.page_token))
        return wire.page(who.org, found)

    async def CreatePerson(self, request: pb.CreatePersonRequest, _: object) -> pb.Person:
        """Add one person."""
        who = caller()
        values = wire.values(who.org, request.person)
        made = await self._directory.create(who, request.person_id, values, cause(request))
        return wire.stored(Ref(who.org, request.person_id), made)

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, _: object) -> pb.Person:
        """Change the fields of the mask."""
        who, message = caller(), request.person
        person = wire.person_id(who.org, message.name, "person.name")
        values = wire.values(who.org, message, masked(message, request.update_mask, FIELDS))
        changed = await self._directory.update(who, person, values, message.etag, cause(request))
        return wire.stored(Ref(who.org, person), changed)

    async def ImportPeople(
        self, request_iterator: AsyncIterator[pb.ImportPeopleRequest], _: object
    ) -> AsyncIterator[pb.ImportPeopleResponse]:
        """Take a file, tell what becomes of it."""
        who, first = caller(), await anext(request_iterator)
        steps = self._imports.run(
            who, _chunks(first, request_iterator), cause(first), validate_only=first.validate_only
        )
        async with aclosing(steps):
            async for step in steps:
                yield wire.step(step)


async def _chunks(
    first: pb.ImportPeopleRequest, rest: AsyncIterator[pb.ImportPeopleRequest]
) -> AsyncIterator[bytes]:
    yield first.data
    async for request in rest:
        yield request.data
