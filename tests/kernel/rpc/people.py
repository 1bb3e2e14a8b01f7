# ruff: noqa: N802 -- names and arguments are the contract's
"""A PersonService without storage: answers, waits or fails as the test says, and notes what reached it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from services.kernel import log, tracing
from services.kernel.rpc import caller, request_id
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceServicer

ADA = "organizations/acme/people/ada"
NAME = "mentoring.profiles.v1.PersonService"
GET = f"/{NAME}/GetPerson"
Context = grpc.aio.ServicerContext[Any, Any]


class People(PersonServiceServicer):
    """`error` is raised by every method; while `hold` is set, GetPerson waits for `release`.

    `left` are the seconds that a call still had when it was `cancelled`.
    """

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.hold = False
        self.on_call: Callable[[], None] = lambda: None
        self.answer: Any = None
        self.release = asyncio.Event()
        self.arrived = asyncio.Queue[str]()
        self.cancelled = asyncio.Event()
        self.left = 0.0
        self.requests: list[Any] = []
        self.traces: list[tracing.Trace | None] = []

    async def _seen(self, request: Any, context: Context) -> None:
        self.requests.append(request)
        self.traces.append(tracing.current())
        self.arrived.put_nowait(f"{caller().org}/{caller().subject}/{request_id()}")
        log.get_logger().info("handling")
        self.on_call()
        if self.error is not None:
            raise self.error
        if not self.hold:
            return
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.left = context.time_remaining()
            self.cancelled.set()
            raise

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:
        await self._seen(request, context)
        known: pb.Person = self.answer or pb.Person(name=request.name)
        return known

    async def BatchGetPeople(
        self, request: pb.BatchGetPeopleRequest, context: Context
    ) -> pb.BatchGetPeopleResponse:
        await self._seen(request, context)
        return pb.BatchGetPeopleResponse(people=[pb.Person(name=name) for name in request.names])

    async def ListPeople(self, request: pb.ListPeopleRequest, context: Context) -> pb.ListPeopleResponse:
        await self._seen(request, context)
        await context.abort(grpc.StatusCode.OUT_OF_RANGE, "aborted by hand")

    async def CreatePerson(self, request: pb.CreatePersonRequest, context: Context) -> pb.Person:
        await self._seen(request, context)
        return request.person

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, context: Context) -> pb.Person:
        await self._seen(request, context)
        return request.person

    async def ImportPeople(
        self, request_iterator: AsyncIterator[pb.ImportPeopleRequest], context: Context
    ) -> AsyncIterator[pb.ImportPeopleResponse]:
        done = 0
        async for request in request_iterator:
            done += len(request.data)
            yield pb.ImportPeopleResponse(progress=pb.ImportProgress(done=done))
            await self._seen(request, context)
        yield pb.ImportPeopleResponse(summary=pb.ImportSummary(created=done))


def person(**changes: Any) -> pb.Person:
    """Return a person that satisfies the contract, with changes."""
    good: dict[str, Any] = {
        "email": "ada@example.com",
        "given_name": "Ada",
        "family_name": "L",
        "grade": 5,
        "country": "GB",
        "time_zone": "Europe/London",
        "languages": ["en"],
    }
    return pb.Person(**{**good, **changes})
