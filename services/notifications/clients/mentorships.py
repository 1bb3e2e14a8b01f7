"""Check-ins, asked for and answered for whom links were written for."""

from collections.abc import Mapping
from typing import Any, Final

import grpc

from services.notifications.clients import linked
from services.notifications.domain.checkins import CheckIn, Kind, Question, Said, Stage, answer_of
from services.notifications.domain.links import Action
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.survey_service_pb2 import SurveyAnswer, SurveyQuestion

_FIELDS: Final = {Kind.RATING: "rating", Kind.CHOICE: "choice"}


class Mentorships:
    """Check-ins as mentorships knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._check_ins = CheckInServiceStub(channel)

    async def get(self, action: Action) -> CheckIn:
        """Return what is asked. NotFound, Unavailable."""
        request = pb.GetLinkedCheckInRequest(**linked.names(action))
        call = self._check_ins.GetLinkedCheckIn(request, metadata=linked.behalf(action))
        return _check_in(await linked.answered(call))

    async def answer(self, action: Action, form: Mapping[str, str]) -> CheckIn:
        """Answer. Refusals are those of mentorships; Invalid ANSWER_MALFORMED, Unavailable."""
        answer = answer_of(form)
        ratings: dict[str, Any] = {**answer.ratings}
        said = pb.CheckInAnswer(
            **ratings, answers=[_said(one) for one in answer.said], survey_revision=answer.revision
        )
        request = pb.AnswerLinkedCheckInRequest(
            **linked.names(action),
            answer=said,
            request_id=linked.request_id(action, said.SerializeToString(deterministic=True).hex()),
        )
        call = self._check_ins.AnswerLinkedCheckIn(request, metadata=linked.behalf(action))
        return _check_in(await linked.answered(call))


def _check_in(found: pb.LinkedCheckIn) -> CheckIn:
    return CheckIn(
        Stage(pb.CheckIn.State.Name(found.state).removeprefix("STATE_")),
        found.form.revision,
        tuple(_question(one) for one in found.form.questions),
    )


def _question(one: SurveyQuestion) -> Question:
    kind = Kind(SurveyQuestion.Kind.Name(one.kind).removeprefix("KIND_"))
    return Question(one.id, kind, one.text, tuple(one.options), one.required)


def _said(one: Said) -> SurveyAnswer:
    if one.kind is Kind.TEXT:
        return SurveyAnswer(question=one.question, words=one.words)
    values: dict[str, Any] = {_FIELDS[one.kind]: one.value}
    return SurveyAnswer(question=one.question, **values)
