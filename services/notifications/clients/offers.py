"""Times offered for meetings, asked for and picked for whom links were written for."""

from collections.abc import Mapping
from datetime import UTC

import grpc

from services.kernel import fields
from services.notifications.clients import linked
from services.notifications.domain.checkins import Stage
from services.notifications.domain.links import Action
from services.notifications.domain.offers import Offer, picked
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceStub


class Offers:
    """Offers as scheduling knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._meetings = MeetingServiceStub(channel)

    async def get(self, action: Action) -> Offer:
        """Return what can be picked. NotFound, Unavailable."""
        request = pb.GetLinkedProposalRequest(**linked.names(action))
        call = self._meetings.GetLinkedProposal(request, metadata=linked.behalf(action))
        return _offer(await linked.answered(call))

    async def answer(self, action: Action, form: Mapping[str, str]) -> Offer:
        """Pick a time, or none. Refusals are those of scheduling; Invalid ANSWER_MALFORMED, Unavailable."""
        start = picked(form)
        said = "" if start is None else start.astimezone(UTC).isoformat()
        request = pb.AnswerLinkedProposalRequest(
            **linked.names(action), request_id=linked.request_id(action, said)
        )
        if start is not None:
            fields.set_time(request.start_time, start)
        call = self._meetings.AnswerLinkedProposal(request, metadata=linked.behalf(action))
        return _offer(await linked.answered(call))


def _offer(found: pb.LinkedProposal) -> Offer:
    starts = tuple(one.start_time.ToDatetime(UTC) for one in found.options)
    if starts:
        return Offer(Stage.OPEN, starts)
    booked = found.state == pb.Meeting.STATE_BOOKED
    return Offer(Stage.ANSWERED if booked else Stage.EXPIRED)
