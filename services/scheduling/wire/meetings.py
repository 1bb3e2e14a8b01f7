"""Meetings to and from protobuf."""

from collections.abc import Sequence
from typing import Any

from services.kernel import fields, ids
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain import meetings, said
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.proposals import Offer
from services.scheduling.wire import codes
from services.scheduling.wire.names import (
    MENTORSHIP,
    PERSON,
    meeting_name,
    moment_of,
    parent_of,
    person_name,
    stamp_of,
)


def wish(parent: str, message: pb.Meeting) -> Wish:
    """Decode a meeting to be booked under the mentorship or group named `parent`."""
    tenant, under = parent_of(parent)
    return Wish(
        parent=under,
        start=moment_of(message.start_time, "meeting.start_time"),
        end=moment_of(message.end_time, "meeting.end_time"),
        guests=tuple(fields.owned_id(tenant, PERSON, name, "meeting.guests") for name in message.guests),
    )


def offer(request: pb.ProposeMeetingRequest) -> Offer:
    """Decode times to be offered."""
    _, mentorship = ids.parse_name(MENTORSHIP, request.parent, "parent")
    wishes = tuple(
        Wish(
            mentorship,
            moment_of(one.start_time, "options.start_time"),
            moment_of(one.end_time, "options.end_time"),
        )
        for one in request.options
    )
    return Offer(wishes, request.hold.ToTimedelta() if request.HasField("hold") else None)


def new_times(parent: str, request: pb.RescheduleMeetingRequest, known: meetings.Meeting) -> Wish:
    """Decode to when a meeting shall be moved; it keeps its length unless an end is given."""
    start = moment_of(request.start_time, "start_time")
    if not request.HasField("end_time"):
        return Wish(parent, start, start + (known.end - known.start))
    return Wish(parent, start, moment_of(request.end_time, "end_time"))


def meeting(ref: Ref, stored: Versioned[meetings.Meeting]) -> pb.Meeting:
    """Encode a stored meeting."""
    state = stored.state
    message = pb.Meeting(
        name=meeting_name(ref, state.parent),
        **_attendees(ref.tenant, state),
        start_time=stamp_of(state.start),
        end_time=stamp_of(state.end),
        state=pb.Meeting.State.Value(f"STATE_{state.stage}"),
        present=[person_name(ref.tenant, person) for person in state.present],
        etag=stored.etag,
        create_time=stamp_of(stored.create_time),
        update_time=stamp_of(stored.update_time),
        sequence=state.revision,
        tardy=[person_name(ref.tenant, person) for person in state.tardy],
        series=state.series,
        notices=[_notice(ref.tenant, told) for told in state.told],
        answers=[_answer(ref.tenant, answer) for answer in state.answers],
        video_url=room(ref, state),
    )
    if state.occurrence is not None:
        message.occurrence_time.CopyFrom(stamp_of(state.occurrence))
    if (proposal := state.proposal) is not None:
        message.proposal.CopyFrom(_proposal(ref.tenant, proposal))
    if (claim := state.claim) is not None:
        who = person_name(ref.tenant, claim.person)
        message.claim.CopyFrom(pb.Meeting.Claim(person=who, expire_time=stamp_of(claim.until)))
    if (call := state.call) is not None:
        message.cancellation.CopyFrom(_cancellation(ref.tenant, call))
    return message


def _attendees(tenant: str, state: meetings.Meeting) -> dict[str, Any]:
    """Return who comes: the two and their guests, or those of a group."""
    mentors, members, guests = (
        [person_name(tenant, one) for one in some] for some in (state.mentors, state.members, state.guests)
    )
    if state.group:
        return {"mentors": mentors, "members": members}
    mentor, mentee = (person_name(tenant, person) for person in state.people)
    return {"mentor": mentor, "mentee": mentee, "guests": guests}


def room(ref: Ref, state: meetings.Meeting) -> str:
    """Return the address of a meeting's video room, empty for none."""
    return state.video.replace("{meeting}", ref.id)


def linked(
    ref: Ref, stored: Versioned[meetings.Meeting], options: Sequence[said.Option]
) -> pb.LinkedProposal:
    """Encode what a page behind a link shows of an offer."""
    whole = meeting(ref, stored)
    return pb.LinkedProposal(name=whole.name, state=whole.state, options=_options(options))


def _options(options: Sequence[said.Option]) -> list[pb.Meeting.Option]:
    return [pb.Meeting.Option(start_time=stamp_of(one.start), end_time=stamp_of(one.end)) for one in options]


def _proposal(tenant: str, proposal: said.Proposal) -> pb.Meeting.Proposal:
    return pb.Meeting.Proposal(
        person=person_name(tenant, proposal.person),
        options=_options(proposal.options),
        expire_time=stamp_of(proposal.until),
    )


def _notice(tenant: str, told: said.Told) -> pb.Meeting.NoticeGiven:
    who = person_name(tenant, told.person)
    return pb.Meeting.NoticeGiven(person=who, notice=codes.notice(told.notice), minutes_late=told.minutes)


def _answer(tenant: str, answer: said.Answer) -> pb.Meeting.Answer:
    who, status = person_name(tenant, answer.person), codes.answer_status(answer.status)
    message = pb.Meeting.Answer(person=who, status=status)
    if answer.start is not None and answer.end is not None:
        message.proposed_start_time.CopyFrom(stamp_of(answer.start))
        message.proposed_end_time.CopyFrom(stamp_of(answer.end))
    return message


def _cancellation(tenant: str, call: said.Call) -> pb.Meeting.Cancellation:
    who = person_name(tenant, call.person) if call.person else ""
    return pb.Meeting.Cancellation(person=who, reason=codes.cancel_reason(call.reason), late=call.late)
