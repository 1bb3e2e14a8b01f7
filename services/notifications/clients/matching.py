"""Requests to be matched, asked for and answered for whom links were written for."""

from collections.abc import Mapping
from typing import Final

import grpc

from services.notifications.clients import linked
from services.notifications.domain.checkins import Stage
from services.notifications.domain.links import Action
from services.notifications.domain.match_requests import MatchRequest, says_yes
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as pb
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import MatchRequestServiceStub

_STAGES: Final = {
    pb.MatchRequest.STATE_PENDING: Stage.OPEN,
    pb.MatchRequest.STATE_MORE_ASKED: Stage.OPEN,
    pb.MatchRequest.STATE_WAITLISTED: Stage.OPEN,
    pb.MatchRequest.STATE_ACCEPTED: Stage.ANSWERED,
    pb.MatchRequest.STATE_MATCHED: Stage.ANSWERED,
    pb.MatchRequest.STATE_DECLINED: Stage.ANSWERED,
}
"""All others are over without an answer."""


class Matching:
    """Requests as matching knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._requests = MatchRequestServiceStub(channel)

    async def get(self, action: Action) -> MatchRequest:
        """Return how a request stands. NotFound, Unavailable."""
        request = pb.GetLinkedMatchRequestRequest(**linked.names(action))
        call = self._requests.GetLinkedMatchRequest(request, metadata=linked.behalf(action))
        return _request(await linked.answered(call))

    async def answer(self, action: Action, form: Mapping[str, str]) -> MatchRequest:
        """Say yes or no. Refusals are those of matching; Invalid ANSWER_MALFORMED, Unavailable."""
        kind = pb.AnswerLinkedMatchRequestRequest
        said = kind.ANSWER_ACCEPT if says_yes(form) else kind.ANSWER_DECLINE
        request = kind(
            **linked.names(action), answer=said, request_id=linked.request_id(action, kind.Answer.Name(said))
        )
        call = self._requests.AnswerLinkedMatchRequest(request, metadata=linked.behalf(action))
        return _request(await linked.answered(call))


def _request(found: pb.LinkedMatchRequest) -> MatchRequest:
    return MatchRequest(_STAGES.get(found.state, Stage.EXPIRED))
