"""A profiles service that holds the people a test gives it, for services that ask for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb

Context = grpc.aio.ServicerContext[Any, Any]


class OwnIdentity:
    """A service's own identity; the token only tells the organization."""

    async def token(self, org: str) -> str:
        return f"token-of-{org}"


class Directory:
    """People by full name. `failure` is answered instead, while it is set; `tokens` are those that came.

    `calls` counts requests.
    """

    def __init__(self) -> None:
        self.address = ""
        self.people: dict[str, pb.Person] = {}
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

    async def _found(self, name: str, context: Context) -> pb.Person:
        self.tokens.extend(
            str(value) for key, value in context.invocation_metadata() or () if key == "authorization"
        )
        if self.failure is not None:
            await context.abort(self.failure, "as the test wants it")
        if name not in self.people:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such person")
        return self.people[name]


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
    server = grpc.aio.server()
    name = "mentoring.profiles.v1.PersonService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))
    held.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield held
    await server.stop(None)
