"""What happened, to protobuf: one function per kind of aggregate; keys as architecture rule 3 says."""

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.mongo import Outgoing, Ref
from services.matching.domain import enrolments, matches, programs, requests, runs, seats
from services.matching.wire.names import (
    enrolment_name,
    match_name,
    mentorship_name,
    person_name,
    person_names,
    program_name,
    request_name,
    run_name,
    seats_name,
)
from services.matching.wire.programs import FIELD_OF
from services.pb.mentoring.matching.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement

_DAY = 86_400
_MINUTE = 60


def program_outgoing(ref: Ref, state: programs.Program, event: programs.Event) -> Outgoing:
    """Encode what happened to a program."""
    name = program_name(ref.tenant, ref.id)
    message: Message
    match event:
        case programs.ProgramCreated():
            message = events.ProgramCreated(program=name, lead=person_name(ref.tenant, state.lead))
        case programs.ProgramUpdated(fields):
            changed = [FIELD_OF[field] for field in fields]
            message = events.ProgramUpdated(program=name, revision=state.revision, changed_fields=changed)
        case programs.ProgramClosed():
            message = events.ProgramClosed(program=name)
    return Outgoing(message=message, subject=name, key=ref.id)


def enrolment_outgoing(ref: Ref, state: enrolments.Enrolment, event: enrolments.Event) -> Outgoing:
    """Encode what happened to an enrolment."""
    name = enrolment_name(ref.tenant, state.program, ref.id)
    about = {
        "enrolment": name,
        "program": program_name(ref.tenant, state.program),
        "person": person_name(ref.tenant, state.person),
    }
    message: Message
    match event:
        case enrolments.EnrolmentRequested(lead):
            message = events.EnrolmentRequested(**about, lead=person_name(ref.tenant, lead))
        case enrolments.PersonEnrolled():
            message = events.PersonEnrolled(**about)
        case enrolments.EnrolmentUpdated():
            message = events.EnrolmentUpdated(**about)
        case enrolments.EnrolmentPaused():
            message = events.EnrolmentPaused(**about)
        case enrolments.EnrolmentResumed():
            message = events.EnrolmentResumed(**about)
        case enrolments.EnrolmentEnded():
            message = events.EnrolmentEnded(**about, reason=state.end_reason)
    return Outgoing(message=message, subject=name, key=ref.id)


def run_outgoing(ref: Ref, state: runs.CohortRun, event: runs.Event) -> Outgoing:
    """Encode what happened to a run."""
    name = run_name(ref.tenant, state.program, ref.id)
    message: Message
    match event:
        case runs.CohortRunRequested():
            message = events.CohortRunRequested(cohort_run=name)
        case runs.CohortRunProgressed():
            at = state.progress
            message = events.CohortRunProgressed(
                cohort_run=name, stage=at.stage, done=at.done, total=at.total
            )
        case runs.CohortRunReady():
            matched = state.report.matched if state.report else 0
            message = events.CohortRunReady(cohort_run=name, matched=matched, unmatched=state.leftovers)
        case runs.CohortRunCancelled():
            message = events.CohortRunCancelled(cohort_run=name)
        case runs.CohortRunFailed():
            message = events.CohortRunFailed(cohort_run=name, reason=state.failure_reason)
        case runs.CohortRunPublished():
            message = events.CohortRunPublished(cohort_run=name)
    return Outgoing(message=message, subject=name, key=ref.id)


def nothing_outgoing(ref: Ref, _: object, event: object) -> Outgoing:
    """Parts of runs and revisions of programs tell nothing: what they belong to does."""
    raise TypeError(f"{ref.id} cannot tell {event!r}")


def match_outgoing(ref: Ref, state: matches.Match, event: matches.Event) -> Outgoing:
    """Encode what happened to a match, keyed by the mentorship that it becomes."""
    return Outgoing(
        message=_match_event(ref, state, event),
        subject=match_name(ref.tenant, state.origin.program, ref.id),
        key=state.origin.mentorship,
    )


def _match_event(ref: Ref, state: matches.Match, event: matches.Event) -> Message:
    name, origin = match_name(ref.tenant, state.origin.program, ref.id), state.origin
    mentor, mentee = person_names(ref.tenant, state.people)
    match event:
        case matches.MatchProposed():
            return events.MatchProposed(match=name, mentor=mentor, mentee=mentee, score_ppm=state.score_ppm)
        case matches.MatchAccepted(person):
            return events.MatchAccepted(match=name, person=person_name(ref.tenant, person))
        case matches.MatchDeclined(person):
            return events.MatchDeclined(match=name, person=person_name(ref.tenant, person))
        case matches.MatchConfirmed():
            return events.MatchConfirmed(
                match=name,
                mentorship=mentorship_name(ref.tenant, origin.mentorship),
                program=program_name(ref.tenant, origin.program),
                lead=person_name(ref.tenant, origin.lead),
                mentor=mentor,
                mentee=mentee,
                cadence=Duration(seconds=origin.cadence_days * _DAY),
                meeting_length=Duration(seconds=origin.meeting_minutes * _MINUTE),
                channels=[Agreement.Channel.Value(f"CHANNEL_{one}") for one in origin.agreement.channels],
                focus_areas=origin.agreement.focus_areas,
                length=Duration(seconds=origin.agreement.length_days * _DAY),
            )
        case matches.MatchAdopted() | matches.MatchEnded():
            kind = events.MatchEnded if isinstance(event, matches.MatchEnded) else events.MatchAdopted
            mentorship = mentorship_name(ref.tenant, origin.mentorship)
            return kind(match=name, mentorship=mentorship, mentor=mentor, mentee=mentee)


def request_outgoing(ref: Ref, state: requests.MatchRequest, event: requests.Event) -> Outgoing:
    """Encode what happened to a request. All its events tell who asked whom where, three of them more."""
    name = request_name(ref.tenant, state.program, ref.id)
    told: dict[str, Any] = {
        "match_request": name,
        "program": program_name(ref.tenant, state.program),
        "requester": person_name(ref.tenant, state.requester),
        "recipient": person_name(ref.tenant, state.recipient),
    }
    if event is requests.Event.REQUESTED:
        told["waitlisted"] = state.stage is requests.Stage.WAITLISTED
    if event is requests.Event.MATCHED:
        told["match"] = match_name(ref.tenant, state.program, state.match)
    if event is requests.Event.CLOSED:
        told["reason"] = state.close_reason
    return Outgoing(message=getattr(events, event.value)(**told), subject=name, key=ref.id)


def seats_outgoing(ref: Ref, state: seats.Seats, event: seats.Event) -> Outgoing:
    """Encode what happened to a mentor's seats."""
    kind = events.MentorSeatsTaken if isinstance(event, seats.SeatsTaken) else events.MentorSeatsFreed
    message = kind(mentor=person_name(ref.tenant, ref.id), held=len(state.held))
    return Outgoing(message=message, subject=seats_name(ref.tenant, ref.id), key=ref.id)
