"""What happened to a mentorship, to protobuf: one function per event, from the state after the change."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref
from services.mentorships import domain
from services.mentorships.domain import Mentorship
from services.mentorships.wire import surveys
from services.mentorships.wire.agreements import DAY, MINUTE
from services.mentorships.wire.days import day_message, optional_day
from services.mentorships.wire.names import mentorship_name, optional_person, optional_program, person_name
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events

P = TypeVar("P")


def mentorship_outgoing(ref: Ref, state: Mentorship, event: domain.MentorshipEvent) -> Outgoing:
    """Encode what happened to a mentorship, keyed by its id."""
    message = _ENCODE[type(event)](ref, state, event)
    return Outgoing(message=message, subject=mentorship_name(ref.tenant, ref.id), key=ref.id)


def _created(ref: Ref, state: Mentorship, _: domain.MentorshipCreated) -> Message:
    return events.MentorshipCreated(**_with_program(ref, state), lead=optional_person(ref.tenant, state.lead))


def _agreement_proposed(ref: Ref, state: Mentorship, event: domain.AgreementProposed) -> Message:
    person = person_name(ref.tenant, event.person)
    return events.AgreementProposed(**_pair(ref, state), person=person, revision=event.revision)


def _agreement_signed(ref: Ref, _: Mentorship, event: domain.AgreementSigned) -> Message:
    return events.AgreementSigned(**_by(ref, event.person), revision=event.revision)


def _agreement_withdrawn(ref: Ref, _: Mentorship, event: domain.AgreementWithdrawn) -> Message:
    return events.AgreementWithdrawn(**_by(ref, event.person), revision=event.revision)


def _activated(ref: Ref, state: Mentorship, event: domain.MentorshipActivated) -> Message:
    return events.MentorshipActivated(
        **_with_program(ref, state),
        lead=optional_person(ref.tenant, state.lead),
        cadence=Duration(seconds=event.cadence_days * DAY),
        meeting_length=Duration(seconds=event.meeting_minutes * MINUTE),
        end_date=optional_day(state.end_date),
    )


def _paused(ref: Ref, state: Mentorship, _: domain.MentorshipPaused) -> Message:
    pause = _there(state.pause)
    reason = codes.PauseReason.Value(f"PAUSE_REASON_{pause.reason}")
    message = events.MentorshipPaused(
        **_pair(ref, state), person=person_name(ref.tenant, pause.person), reason=reason
    )
    if pause.until is not None:
        fields.set_time(message.resume_time, pause.until)
    return message


def _resumed(ref: Ref, state: Mentorship, _: domain.MentorshipResumed) -> Message:
    return events.MentorshipResumed(**_pair(ref, state), end_date=optional_day(state.end_date))


def _extension_proposed(ref: Ref, state: Mentorship, _: domain.ExtensionProposed) -> Message:
    asked = _there(state.extension)
    person = person_name(ref.tenant, asked.person)
    return events.ExtensionProposed(**_pair(ref, state), person=person, end_date=day_message(asked.end_date))


def _extended(ref: Ref, state: Mentorship, _: domain.MentorshipExtended) -> Message:
    return events.MentorshipExtended(**_pair(ref, state), end_date=optional_day(state.end_date))


def _end_near(ref: Ref, state: Mentorship, _: domain.MentorshipEndNear) -> Message:
    return events.MentorshipEndNear(**_pair(ref, state), end_date=optional_day(state.end_date))


def _closing_proposed(ref: Ref, state: Mentorship, _: domain.ClosingProposed) -> Message:
    return events.ClosingProposed(**_pair(ref, state), person=person_name(ref.tenant, state.closing))


def _completed(ref: Ref, state: Mentorship, event: domain.MentorshipCompleted) -> Message:
    return events.MentorshipCompleted(**_with_program(ref, state), lapsed=event.lapsed)


def _ended(ref: Ref, state: Mentorship, _: domain.MentorshipEnded) -> Message:
    over = _there(state.over)
    return events.MentorshipEnded(
        **_with_program(ref, state),
        reason=codes.EndReason.Value(f"END_REASON_{over.reason}"),
        never_again=over.never_again,
        person_left=optional_person(ref.tenant, over.left),
    )


def _handed_over(ref: Ref, state: Mentorship, _: domain.MentorshipHandedOver) -> Message:
    successor = _there(state.successor)
    return events.MentorshipHandedOver(
        mentorship=mentorship_name(ref.tenant, ref.id),
        successor=mentorship_name(ref.tenant, successor.mentorship),
        from_mentor=person_name(ref.tenant, state.mentor),
        to_mentor=person_name(ref.tenant, successor.mentor),
        mentee=person_name(ref.tenant, state.mentee),
    )


def _survey_answered(ref: Ref, state: Mentorship, event: domain.ClosingSurveyAnswered) -> Message:
    survey = _there(next((one for one in state.surveys if one.person == event.person), None))
    return events.ClosingSurveyAnswered(
        **_by(ref, event.person),
        satisfaction=event.satisfaction,
        recommends=event.recommends,
        **surveys.told(survey.form, survey.said),
    )


_ENCODE: Mapping[type, Callable[[Ref, Mentorship, Any], Message]] = {
    domain.MentorshipCreated: _created,
    domain.AgreementProposed: _agreement_proposed,
    domain.AgreementSigned: _agreement_signed,
    domain.AgreementWithdrawn: _agreement_withdrawn,
    domain.MentorshipActivated: _activated,
    domain.MentorshipPaused: _paused,
    domain.MentorshipResumed: _resumed,
    domain.ExtensionProposed: _extension_proposed,
    domain.MentorshipExtended: _extended,
    domain.MentorshipEndNear: _end_near,
    domain.ClosingProposed: _closing_proposed,
    domain.MentorshipCompleted: _completed,
    domain.MentorshipEnded: _ended,
    domain.MentorshipHandedOver: _handed_over,
    domain.ClosingSurveyAnswered: _survey_answered,
}


def _by(ref: Ref, person: str) -> dict[str, Any]:
    return {
        "mentorship": mentorship_name(ref.tenant, ref.id),
        "person": person_name(ref.tenant, person),
    }


def _pair(ref: Ref, state: Mentorship) -> dict[str, Any]:
    return {
        "mentorship": mentorship_name(ref.tenant, ref.id),
        "mentor": person_name(ref.tenant, state.mentor),
        "mentee": person_name(ref.tenant, state.mentee),
    }


def _with_program(ref: Ref, state: Mentorship) -> dict[str, Any]:
    return {**_pair(ref, state), "program": optional_program(ref.tenant, state.program)}


def _there(part: P | None) -> P:
    """Return what the state must hold when its event is told."""
    if part is None:
        raise TypeError("the event tells what the state does not hold")
    return part
