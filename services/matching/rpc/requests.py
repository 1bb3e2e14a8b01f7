"""MatchRequestService: decode, act, encode."""

from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.matching.app.ports import Wanted
from services.matching.app.requests import How, Requests, Selection
from services.matching.domain.asking import words
from services.matching.wire import names
from services.matching.wire import requests as wire
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as pb
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import MatchRequestServiceServicer


class MatchRequestService(MatchRequestServiceServicer):
    """Serves `mentoring.matching.v1.MatchRequestService`."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def CreateMatchRequest(self, request: pb.CreateMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Ask a person."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        wish = wire.wish(who.org, program, who.subject, request)
        return wire.request(*await self._requests.create(who, wish, cause(request)))

    async def GetMatchRequest(self, request: pb.GetMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Return one request."""
        ref, name = _request(request.name)
        return wire.request(ref, await self._requests.get(caller(), name))

    async def ListMatchRequests(
        self, request: pb.ListMatchRequestsRequest, _: object
    ) -> pb.ListMatchRequestsResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        asked = Selection(
            program,
            names.person_id(who.org, request.person, "person") if request.person else "",
            wire.stage(request.state) if request.state else None,
        )
        found = await self._requests.list(who, asked, Wanted(request.page_size, request.page_token))
        return pb.ListMatchRequestsResponse(
            match_requests=[wire.request(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def AcceptMatchRequest(self, request: pb.AcceptMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Say yes."""
        ref, name = _request(request.name)
        return wire.request(ref, await self._requests.accept(caller(), name, _how(request)))

    async def DeclineMatchRequest(self, request: pb.DeclineMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Say no."""
        ref, name = _request(request.name)
        return wire.request(ref, await self._requests.decline(caller(), name, _how(request)))

    async def GetLinkedMatchRequest(
        self, request: pb.GetLinkedMatchRequestRequest, _: object
    ) -> pb.LinkedMatchRequest:
        """Return how a request stands for who followed a link."""
        ref, name = _request(request.name)
        return wire.linked(ref, await self._requests.get(_linked(request.person), name))

    async def AnswerLinkedMatchRequest(
        self, request: pb.AnswerLinkedMatchRequestRequest, _: object
    ) -> pb.LinkedMatchRequest:
        """Say yes or no for who followed a link."""
        ref, name = _request(request.name)
        accepts = request.answer == pb.AnswerLinkedMatchRequestRequest.ANSWER_ACCEPT
        answer = self._requests.accept if accepts else self._requests.decline
        return wire.linked(ref, await answer(_linked(request.person), name, ("", cause(request))))

    async def AskForMore(self, request: pb.AskForMoreRequest, _: object) -> pb.MatchRequest:
        """Ask the requester something."""
        ref, name = _request(request.name)
        question = words(request.question, "question", needed=True)
        return wire.request(ref, await self._requests.ask_more(caller(), name, question, _how(request)))

    async def AnswerMatchRequest(self, request: pb.AnswerMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Answer the question."""
        ref, name = _request(request.name)
        answer = words(request.answer, "answer", needed=True)
        return wire.request(ref, await self._requests.tell_more(caller(), name, answer, _how(request)))

    async def WithdrawMatchRequest(
        self, request: pb.WithdrawMatchRequestRequest, _: object
    ) -> pb.MatchRequest:
        """Take it back."""
        ref, name = _request(request.name)
        return wire.request(ref, await self._requests.withdraw(caller(), name, _how(request)))

    async def RemindMatchRequest(self, request: pb.RemindMatchRequestRequest, _: object) -> pb.MatchRequest:
        """Remind the person asked."""
        ref, name = _request(request.name)
        return wire.request(ref, await self._requests.remind(caller(), name, _how(request)))


def _linked(person: str) -> Caller:
    """Return the person a service vouches for, who may do only what everybody asked may."""
    org = caller().org
    return Caller(org, names.person_id(org, person, "person"), frozenset())


def _request(name: str) -> tuple[Ref, tuple[str, str]]:
    tenant, program, request = ids.parse_name(names.REQUEST, name)
    return Ref(tenant, request), (program, request)


def _how(request: Any) -> How:
    return request.etag, cause(request)
