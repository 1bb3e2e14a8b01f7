"""Surveys of programs to and from protobuf; a survey plan is named by its program."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import survey_results
from services.mentorships.domain.checkins import USUAL, Rhythm
from services.mentorships.domain.survey import Form, Occasion, Question, QuestionKind, Said, Wording
from services.mentorships.domain.survey_plan import (
    Drafts,
    QuestionDraft,
    SurveyDraft,
    SurveyPlan,
    SurveyPlanUpdated,
)
from services.mentorships.domain.survey_results import Result
from services.mentorships.wire.agreements import DAY
from services.mentorships.wire.names import program_name
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import survey_service_pb2 as pb

SURVEY_PLAN: Final = "organizations/*/programs/*/surveyPlan"


def draft(message: pb.SurveyPlan) -> SurveyDraft:
    """Decode a survey plan as asked for. Raises Invalid for durations that are not whole days."""
    rhythm = Rhythm(
        first_days=_days(message, "first_check_in", USUAL.first_days),
        every_days=_days(message, "check_in_interval", USUAL.every_days),
    )
    return SurveyDraft(
        rhythm,
        {
            Occasion.CHECK_IN: _drafts(message.check_in_questions),
            Occasion.CLOSING: _drafts(message.closing_questions),
        },
    )


def occasion(code: pb.SurveyOccasion.ValueType) -> Occasion:
    """Decode when something is asked."""
    return Occasion(pb.SurveyOccasion.Name(code).removeprefix("SURVEY_OCCASION_"))


def said(answers: Iterable[pb.SurveyAnswer]) -> tuple[Said, ...]:
    """Decode answers."""
    return tuple(Said(one.question, one.rating, one.choice, one.words) for one in answers)


def plan(ref: Ref, stored: Versioned[SurveyPlan], revision: int = 0) -> pb.SurveyPlan:
    """Encode what a program said, or what is usual, with the questions of a revision, 0: the present ones."""
    state = stored.state
    at = revision or state.revision
    message = pb.SurveyPlan(
        name=_name(ref),
        first_check_in=Duration(seconds=state.rhythm.first_days * DAY),
        check_in_interval=Duration(seconds=state.rhythm.every_days * DAY),
        check_in_questions=form(state.form(Occasion.CHECK_IN, at)).questions,
        closing_questions=form(state.form(Occasion.CLOSING, at)).questions,
        revision=state.revision,
    )
    if stored.version:
        message.etag = stored.etag
        fields.set_time(message.update_time, stored.update_time)
    return message


def form(asked: Form) -> pb.SurveyForm:
    """Encode what is asked."""
    return pb.SurveyForm(revision=asked.revision, questions=[_question(one) for one in asked.questions])


def answers(given: Iterable[Said]) -> list[pb.SurveyAnswer]:
    """Encode answers; of words that are not shown only the question is left."""
    return [_answer(one) for one in given]


def told(form: int, given: Sequence[Said]) -> dict[str, Any]:
    """Encode answers for all to hear, as fields of an event: without words."""
    return {
        "survey_revision": form,
        "questions": [one.number for one in given],
        "values": [one.value for one in given],
    }


def results(counted: Sequence[Result]) -> pb.SurveyResults:
    """Encode what was answered."""
    return pb.SurveyResults(
        results=[
            pb.SurveyResults.Result(
                question=_question(one.question),
                people=one.people,
                answers=one.answers,
                mean=one.mean,
                counts=one.counts,
                hidden=one.hidden,
            )
            for one in counted
        ],
        csv=survey_results.table(counted).encode(),
    )


def survey_plan_outgoing(ref: Ref, state: SurveyPlan, _: SurveyPlanUpdated) -> Outgoing:
    """Encode that a program asks something else, keyed by the program; never in which words."""
    message = events.SurveyPlanUpdated(
        survey_plan=_name(ref), program=program_name(ref.tenant, ref.id), revision=state.revision
    )
    return Outgoing(message=message, subject=_name(ref), key=ref.id)


def _name(ref: Ref) -> str:
    return f"{program_name(ref.tenant, ref.id)}/surveyPlan"


def _days(message: pb.SurveyPlan, field: str, usual: int) -> int:
    if not message.HasField(field):  # type: ignore[arg-type]  # one of two names of fields
        return usual
    return fields.whole(getattr(message, field), DAY, f"survey_plan.{field}", "days")


def _drafts(questions: Iterable[pb.SurveyQuestion]) -> Drafts:
    return tuple(QuestionDraft(_wording(one), one.required) for one in questions)


def _wording(question: pb.SurveyQuestion) -> Wording:
    kind = QuestionKind(pb.SurveyQuestion.Kind.Name(question.kind).removeprefix("KIND_"))
    return Wording(kind, question.text, tuple(question.options))


def _question(question: Question) -> pb.SurveyQuestion:
    wording = question.wording
    return pb.SurveyQuestion(
        id=question.id,
        kind=pb.SurveyQuestion.Kind.Value(f"KIND_{wording.kind}"),
        text=wording.text,
        options=wording.options,
        required=question.required,
    )


def _answer(one: Said) -> pb.SurveyAnswer:
    message = pb.SurveyAnswer(question=one.number)
    if one.rating:
        message.rating = one.rating
    elif one.choice:
        message.choice = one.choice
    elif one.words:
        message.words = one.words
    return message
