"""People as the profiles service knows them."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, TypeVar

import grpc

from services.kernel.errors import NotFound, Unavailable
from services.kernel.rpc import status
from services.kernel.rpc.client import PASSING
from services.matching.domain.members import Member
from services.matching.wire import names
from services.matching.wire import people as wire
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub

R = TypeVar("R")

MOST = 1000
"""People per call, the contract's limit."""

_PASSING = PASSING | {grpc.StatusCode.CANCELLED}


class ProfilesPeople:
    """People as the profiles service knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PersonServiceStub(channel)
        self._undecoded: Any = channel.unary_unary(
            "/mentoring.profiles.v1.PersonService/BatchGetPeople",
            request_serializer=pb.BatchGetPeopleRequest.SerializeToString,
        )

    async def get_many(self, tenant: str, people: Sequence[str]) -> list[Member]:
        """Return people in the order asked for. NotFound PERSON_NOT_FOUND, Unavailable."""
        found: list[Member] = []
        for start in range(0, len(people), MOST):
            request = pb.BatchGetPeopleRequest(
                parent=names.organization_name(tenant),
                names=names.person_names(tenant, people[start : start + MOST]),
            )
            found.extend(wire.member(person) for person in (await self._ask(request)).people)
        return found

    async def reports(self, tenant: str, manager: str) -> list[str]:
        """Return who reports to somebody directly and has not left. Unavailable."""
        name = names.person_name(tenant, manager)
        request = pb.ListPeopleRequest(parent=names.organization_name(tenant), page_size=MOST, manager=name)
        found: list[str] = []
        while True:
            page = await _answered(self._stub.ListPeople(request))
            # Looked at again: a profiles service of before there was this filter answers with everybody.
            found += [
                wire.member(one).id for one in page.people if one.manager == name and not _has_left(one)
            ]
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def raw(self, tenant: str, people: Sequence[str], at_once: int) -> AsyncIterator[bytes]:
        """Yield people undecoded, `at_once` to a message, for another process. Refusals as of `get_many`."""
        for start in range(0, len(people), at_once):
            request = pb.BatchGetPeopleRequest(
                parent=names.organization_name(tenant),
                names=names.person_names(tenant, people[start : start + at_once]),
            )
            yield await _answered(self._undecoded(request))

    async def _ask(self, request: pb.BatchGetPeopleRequest) -> pb.BatchGetPeopleResponse:
        return await _answered(self._stub.BatchGetPeople(request))


def _has_left(person: pb.Person) -> bool:
    return person.state == pb.Person.STATE_TERMINATED


async def _answered(call: Awaitable[R]) -> R:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() in _PASSING:
            raise Unavailable("PROFILES_UNAVAILABLE", "people cannot be read now") from error
        if isinstance(refusal := status.refusal_of(error), NotFound):
            raise NotFound("PERSON_NOT_FOUND", "a person is not known", fields=refusal.fields) from error
        raise
