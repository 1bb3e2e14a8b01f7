"""Whom mentorships asks: profiles, who works here, and matching, which programs run and who takes part."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import grpc

from services.kernel.errors import NotFound, Refused, Unavailable
from services.kernel.ids import name
from services.kernel.rpc.client import PASSING
from services.mentorships.domain.participation import NOBODY, Participation
from services.mentorships.wire.names import person_name, program_name
from services.mentorships.wire.participation import participation
from services.pb.mentoring.matching.v1.program_service_pb2 import (
    GetProgramRequest,
    ListEnrolmentsRequest,
    Program,
)
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2 import BatchGetPeopleRequest, Person
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub

T = TypeVar("T")


class Profiles:
    """People, asked for with this service's own identity."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PersonServiceStub(channel)

    async def require_working(self, tenant: str, people: Sequence[str]) -> None:
        """Raise NotFound PERSON_NOT_FOUND, Refused PERSON_LEFT, or Unavailable PROFILES_UNAVAILABLE."""
        request = BatchGetPeopleRequest(
            parent=name("organizations", tenant), names=[person_name(tenant, person) for person in people]
        )
        try:
            answer = await self._people.BatchGetPeople(request)
        except grpc.aio.AioRpcError as error:
            if error.code() in PASSING:
                raise Unavailable("PROFILES_UNAVAILABLE", "people cannot be looked up now") from error
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise NotFound("PERSON_NOT_FOUND", "one of the two people does not exist") from error
            raise
        if any(person.state == Person.STATE_TERMINATED for person in answer.people):
            raise Refused("PERSON_LEFT", "one of the two people has left")


class Matching:
    """Programs, asked for with this service's own identity; without a channel no answer comes."""

    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._programs = None if channel is None else ProgramServiceStub(channel)

    async def require_open(self, tenant: str, program: str) -> None:
        """Raise NotFound PROGRAM_NOT_FOUND, Refused PROGRAM_CLOSED, or Unavailable MATCHING_UNAVAILABLE."""
        asked = GetProgramRequest(name=program_name(tenant, program))
        found = await _answer(self._stub.GetProgram(asked))
        if found.state == Program.STATE_CLOSED:
            raise Refused("PROGRAM_CLOSED", "this program is over")

    async def participation(self, tenant: str, program: str, person: str) -> Participation:
        """Return how somebody takes part. NotFound PROGRAM_NOT_FOUND, Unavailable MATCHING_UNAVAILABLE."""
        asked = ListEnrolmentsRequest(
            parent=program_name(tenant, program), person=person_name(tenant, person)
        )
        found = (await _answer(self._stub.ListEnrolments(asked))).enrolments
        if any(one.person != asked.person for one in found):
            raise _no_programs()  # a matching of before one could ask for a person lists everybody
        return participation(found[0]) if found else NOBODY

    async def enrolled(self, tenant: str, program: str) -> int:
        """Return how many ever took part. NotFound PROGRAM_NOT_FOUND, Unavailable MATCHING_UNAVAILABLE."""
        asked = ListEnrolmentsRequest(parent=program_name(tenant, program), page_size=1)
        return (await _answer(self._stub.ListEnrolments(asked))).total_size

    @property
    def _stub(self) -> ProgramServiceStub:
        if self._programs is None:
            raise _no_programs()
        return self._programs


async def _answer(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except grpc.aio.AioRpcError as error:
        if error.code() in PASSING:
            raise _no_programs() from error
        if error.code() is grpc.StatusCode.NOT_FOUND:
            raise NotFound("PROGRAM_NOT_FOUND", "no such program") from error
        raise


def _no_programs() -> Unavailable:
    return Unavailable("MATCHING_UNAVAILABLE", "programs cannot be looked up now")
