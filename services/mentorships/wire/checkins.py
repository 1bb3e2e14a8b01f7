"""Check-ins to and from protobuf; stored ids become full names of their organization.

A check-in's id is "<plan>.<ordinal>": what a person is asked in a mentorship is one aggregate.
"""

from typing import Any

from google.protobuf.message import Message

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.mentorships.domain import checkins as domain
from services.mentorships.domain.rules import not_found
from services.mentorships.domain.survey import Occasion
from services.mentorships.domain.survey_plan import SurveyPlan
from services.mentorships.wire import surveys
from services.mentorships.wire.mentorships import mentorship_of
from services.mentorships.wire.names import (
    CHECK_IN,
    PERSON,
    below,
    mentorship_name,
    optional_id,
    path,
    person_id,
    person_name,
)
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events


def check_in_path(name: str) -> tuple[str, str, int]:
    """Return (mentorship, plan, ordinal). Raises Invalid for a malformed name, NotFound for an odd id."""
    mentorship, ref = path(CHECK_IN, name)
    plan, _, ordinal = ref.id.rpartition(".")
    if not plan or not ordinal.isdecimal() or len(ordinal) > 9:
        raise not_found()
    return mentorship, plan, int(ordinal)


def answer(message: pb.CheckInAnswer) -> domain.Answer:
    """Decode an answer."""
    wish = codes.ChangeWish
    return domain.Answer(
        quality=message.quality,
        progress=message.progress,
        confidence=message.confidence,
        satisfaction=message.satisfaction,
        changes=tuple(domain.Wish(wish.Name(one).removeprefix("CHANGE_WISH_")) for one in message.changes),
        words=message.words,
        said=surveys.said(message.answers),
        form=message.survey_revision,
    )


def activated(tenant: str, message: events.MentorshipActivated) -> tuple[Ref, tuple[str, str], str]:
    """Decode (mentorship, people, lead). Raises Invalid for malformed and foreign names."""
    mentor = person_id(tenant, message.mentor, "mentor")
    mentee = person_id(tenant, message.mentee, "mentee")
    lead = optional_id(tenant, PERSON, message.lead, "lead")
    return mentorship_of(tenant, message.mentorship), (mentor, mentee), lead


def check_in(ref: Ref, seen: tuple[Versioned[domain.CheckInPlan], SurveyPlan], ordinal: int) -> pb.CheckIn:
    """Encode one check-in of a stored plan, with what the program asks."""
    stored, asks = seen
    plan, one = stored.state, stored.state.check_in(ordinal)
    message = pb.CheckIn(
        name=_name(ref, plan, ordinal),
        person=person_name(ref.tenant, plan.person),
        ordinal=ordinal,
        state=pb.CheckIn.State.Value(f"STATE_{one.stage}"),
        etag=stored.etag,
    )
    fields.set_time(message.open_time, one.open_time)
    fields.set_time(message.expire_time, one.expire_time)
    if one.answer is not None and one.answer_time is not None:
        message.answer.CopyFrom(_answer(one.answer))
        message.amendment_suggested = one.answer.amendment_suggested
        fields.set_time(message.answer_time, one.answer_time)
    if one.stage is not domain.Stage.EXPIRED:
        revision = None if one.answer is None else one.answer.form
        message.form.CopyFrom(surveys.form(asks.form(Occasion.CHECK_IN, revision)))
    return message


def linked(
    ref: Ref, seen: tuple[Versioned[domain.CheckInPlan], SurveyPlan], ordinal: int
) -> pb.LinkedCheckIn:
    """Encode what a page behind a link shows of a check-in."""
    whole = check_in(ref, seen, ordinal)
    shown = pb.LinkedCheckIn(name=whole.name, state=whole.state)
    if whole.state == pb.CheckIn.STATE_OPEN:
        shown.form.CopyFrom(whole.form)
    return shown


def check_in_outgoing(ref: Ref, plan: domain.CheckInPlan, event: domain.CheckInEvent) -> Outgoing:
    """Encode what happened to check-ins, keyed by their mentorship's id; never words."""
    subject = below(ref.tenant, plan.mentorship, "checkInPlans", ref.id)
    return Outgoing(message=_event(ref, plan, event), subject=subject, key=plan.mentorship)


def _event(ref: Ref, plan: domain.CheckInPlan, event: domain.CheckInEvent) -> Message:
    mentorship = mentorship_name(ref.tenant, plan.mentorship)
    about: dict[str, Any] = {"mentorship": mentorship, "person": person_name(ref.tenant, plan.person)}
    match event:
        case domain.CheckInsScheduled():
            scheduled = events.CheckInsScheduled(**about)
            if plan.moves:
                fields.set_time(scheduled.open_time, plan.next_time)
            return scheduled
        case domain.CheckInOpened(ordinal):
            opened = events.CheckInOpened(check_in=_name(ref, plan, ordinal), ordinal=ordinal, **about)
            fields.set_time(opened.expire_time, plan.check_in(ordinal).expire_time)
            return opened
        case domain.CheckInAnswered(ordinal):
            said = plan.check_in(ordinal).answer or domain.Answer()
            return events.CheckInAnswered(
                check_in=_name(ref, plan, ordinal),
                quality=said.quality,
                progress=said.progress,
                confidence=said.confidence,
                satisfaction=said.satisfaction,
                changes=_changes(said),
                **surveys.told(said.form, said.said),
                **about,
            )
        case domain.CheckInExpired(ordinal):
            return events.CheckInExpired(check_in=_name(ref, plan, ordinal), **about)


def _answer(said: domain.Answer) -> pb.CheckInAnswer:
    return pb.CheckInAnswer(
        quality=said.quality,
        progress=said.progress,
        confidence=said.confidence,
        satisfaction=said.satisfaction,
        changes=_changes(said),
        words=said.words,
        answers=surveys.answers(said.said),
        survey_revision=said.form,
    )


def _changes(said: domain.Answer) -> list[codes.ChangeWish.ValueType]:
    return [codes.ChangeWish.Value(f"CHANGE_WISH_{wish}") for wish in said.changes]


def _name(ref: Ref, plan: domain.CheckInPlan, ordinal: int) -> str:
    return below(ref.tenant, plan.mentorship, "checkIns", f"{ref.id}.{ordinal}")
