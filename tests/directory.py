"""Profiles and matching in one server, with the people, programs and participants that a test gives them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from services.pb.mentoring.matching.v1.program_service_pb2 import (
    Enrolment,
    GetProgramRequest,
    ListEnrolmentsRequest,
    ListEnrolmentsResponse,
    Program,
)
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb

Context = grpc.aio.ServicerContext[Any, Any]


class OwnIdentity:
    """A service's own identity; the token only tells the organization."""

    async def token(self, org: str) -> str:
        return f"token-of-{org}"


class Directory:
    """People and programs by full name, and who takes part, by (program, person).

    `failure` is answered instead, while it is set; `tokens` are those that came. `calls` counts requests.
    """

    def __init__(self) -> None:
        self.address = ""
        self.people: dict[str, pb.Person] = {}
        self.programs: dict[str, Program] = {}
        self.enrolments: dict[tuple[str, str], Enrolment] = {}
        self.failure: grpc.StatusCode | None = None
        self.tokens: list[str] = []
        self.calls = 0

    def add(self, *people: pb.Person) -> None:
        """Hold these people too."""
        self.people.update({person.name: person for person in people})

    async def get(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:
        """Answer GetPerson."""
        self.calls += 1
        return await self._found(request.name, context)

    async def batch(self, request: pb.BatchGetPeopleRequest, context: Context) -> pb.BatchGetPeopleResponse:
        """Answer BatchGetPeople."""
        self.calls += 1
        return pb.BatchGetPeopleResponse(people=[await self._found(name, context) for name in request.names])

    async def program(self, request: GetProgramRequest, context: Context) -> Program:
        """Answer GetProgram."""
        await self._asked(context)
        if request.name not in self.programs:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such program")
        return self.programs[request.name]

    async def taking_part(self, request: ListEnrolmentsRequest, context: Context) -> ListEnrolmentsResponse:
        """Answer ListEnrolments of one person, or tell how many there are."""
        await self._asked(context)
        if request.parent not in self.programs:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such program")
        found = self.enrolments.get((request.parent, request.person))
        number = sum(program == request.parent for program, _ in self.enrolments)
        return ListEnrolmentsResponse(enrolments=[] if found is None else [found], total_size=number)

    def enrol(self, program: str, person: str, **enrolment: Any) -> None:
        """Let somebody take part, in a state or as what is given; as a mentor and now, if nothing is."""
        usual: dict[str, Any] = {"roles": [pb.Person.ROLE_MENTOR], "state": Enrolment.STATE_ACTIVE}
        self.enrolments[program, person] = Enrolment(person=person, **(usual | enrolment))

    async def _found(self, name: str, context: Context) -> pb.Person:
        await self._asked(context)
        if name not in self.people:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such person")
        return self.people[name]

    async def _asked(self, context: Context) -> None:
        self.tokens.extend(
            str(value) for key, value in context.invocation_metadata() or () if key == "authorization"
        )
        if self.failure is not None:
            await context.abort(self.failure, "as the test wants it")


@asynccontextmanager
async def directory() -> AsyncIterator[Directory]:
    """Serve an empty directory on a free port, without a gate."""
    held = Directory()
    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "GetPerson": grpc.unary_unary_rpc_method_handler(
            held.get, pb.GetPersonRequest.FromString, pb.Person.SerializeToString
        ),
        "BatchGetPeople": grpc.unary_unary_rpc_method_handler(
            held.batch, pb.BatchGetPeopleRequest.FromString, pb.BatchGetPeopleResponse.SerializeToString
        ),
    }
    programs: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "GetProgram": grpc.unary_unary_rpc_method_handler(
            held.program, GetProgramRequest.FromString, Program.SerializeToString
        ),
        "ListEnrolments": grpc.unary_unary_rpc_method_handler(
            held.taking_part, ListEnrolmentsRequest.FromString, ListEnrolmentsResponse.SerializeToString
        ),
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("mentoring.profiles.v1.PersonService", methods),
            grpc.method_handlers_generic_handler("mentoring.matching.v1.ProgramService", programs),
        )
    )
    held.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield held
    await server.stop(None)
