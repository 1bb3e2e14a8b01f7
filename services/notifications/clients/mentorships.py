"""Check-ins, asked for and answered with this service's own identity for whom links were written for.

The person stands in every request, which mentorships holds against whom it asks, and in the metadata that its
audit log keeps: they acted, by a link.
"""

from collections.abc import Awaitable
from typing import Any, Final, TypeVar

import grpc

from services.kernel import ids
from services.kernel.errors import Unavailable
from services.kernel.rpc.recording import BEHALF
from services.kernel.rpc.status import refusal_of
from services.notifications.domain.checkins import Answer, CheckIn, Kind, Question, Said, Stage
from services.notifications.domain.links import Action
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.survey_service_pb2 import SurveyAnswer, SurveyQuestion

T = TypeVar("T")
_FIELDS: Final = {Kind.RATING: "rating", Kind.CHOICE: "choice"}
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class Mentorships:
    """Check-ins as mentorships knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._check_ins = CheckInServiceStub(channel)

    async def get(self, action: Action) -> CheckIn:
        """Return what is asked. NotFound, Unavailable."""
        request = pb.GetLinkedCheckInRequest(**_names(action))
        found = await _answered(self._check_ins.GetLinkedCheckIn(request, metadata=_behalf(action)))
        return CheckIn(
            Stage(pb.CheckIn.State.Name(found.state).removeprefix("STATE_")),
            found.form.revision,
            tuple(_question(one) for one in found.form.questions),
        )

    async def answer(self, action: Action, answer: Answer) -> None:
        """Answer. Refusals are those of mentorships; Unavailable.

        The request's id belongs to person, check-in and answer, so a repeat is one.
        """
        ratings: dict[str, Any] = {**answer.ratings}
        said = pb.CheckInAnswer(
            **ratings,
            answers=[_said(one) for one in answer.said],
            survey_revision=answer.revision,
        )
        digest = said.SerializeToString(deterministic=True).hex()
        request = pb.AnswerLinkedCheckInRequest(
            **_names(action),
            answer=said,
            request_id=ids.derived_id("link", action.tenant, action.person, action.resource, digest),
        )
        await _answered(self._check_ins.AnswerLinkedCheckIn(request, metadata=_behalf(action)))


def _names(action: Action) -> dict[str, Any]:
    organization = ids.name("organizations", action.tenant)
    return {"name": f"{organization}/{action.resource}", "person": f"{organization}/people/{action.person}"}


def _behalf(action: Action) -> tuple[tuple[str, str], ...]:
    return ((BEHALF, action.person),)


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() in _PASSING:
            raise Unavailable("MENTORSHIPS_UNAVAILABLE", "check-ins cannot be answered now") from error
        if (refusal := refusal_of(error)) is not None:
            raise refusal from error
        raise


def _question(one: SurveyQuestion) -> Question:
    kind = Kind(SurveyQuestion.Kind.Name(one.kind).removeprefix("KIND_"))
    return Question(one.id, kind, one.text, tuple(one.options), one.required)


def _said(one: Said) -> SurveyAnswer:
    if one.kind is Kind.TEXT:
        return SurveyAnswer(question=one.question, words=one.words)
    values: dict[str, Any] = {_FIELDS[one.kind]: one.value}
    return SurveyAnswer(question=one.question, **values)
