"""Offering times to the other one, who picks: all of them are held meanwhile, so what is picked can be had.

An offer is the meeting itself before it has a time. So picking is one change of one document: the time picked
stays claimed, the others are free at once, and nobody can come in between. Who asks from their calendar for
another time than booked offers that one: it is held beside the booked one until the other moves the meeting
there, or leaves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.kernel.errors import Denied, Invalid, Refused
from services.scheduling.domain import booking
from services.scheduling.domain.attendance import Names
from services.scheduling.domain.booking import Diaries, Wish
from services.scheduling.domain.meetings import Decision, Meeting, Pair, Stage
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.said import Answer, Option, Proposal
from services.scheduling.domain.told import Closed, MeetingBooked, MeetingProposalClosed, MeetingProposed


@dataclass(frozen=True, slots=True)
class Offer:
    """Times offered to the other one, and how long they are held; None: as the policy says."""

    wishes: tuple[Wish, ...]
    hold: timedelta | None = None


def propose(
    pair: Pair, person: str, offer: Offer, now: datetime, policy: Policy, diaries: Diaries = ()
) -> Decision:
    """Offer times of which each could be booked now. Raises as `booking.book` for each."""
    pair.require_participant(person)
    pair.require_active()
    known = diaries or booking.bare(pair.people)
    for wish in offer.wishes:
        booking.require_bookable(wish, now, policy, known)
    options = tuple(_option(wish, known) for wish in sorted(offer.wishes, key=lambda one: one.start))
    first, last = options[0], options[-1]
    meeting = Meeting(
        mentorship=offer.wishes[0].parent,
        people=pair.people,
        lead=pair.lead,
        start=first.start,
        end=first.end,
        early_time=first.start,
        check_time=first.start,
        slots=tuple(dict.fromkeys(slot for option in options for slot in option.slots)),
        stage=Stage.PROPOSED,
        proposal=Proposal(person, options, min(now + (offer.hold or policy.hold), last.start)),
    )
    return meeting, [MeetingProposed(person)]


def counter(
    answered: Decision, asked: Answer, now: datetime, policy: Policy, diaries: Diaries = ()
) -> Decision:
    """Hold the other time that one of the two asks for by their answer, for the other one to accept.

    It is held as long as offers are, and as the meeting can still be moved; it replaces what the other one
    asked for. A time that cannot be had, and what a guest or somebody of a group asks for, is told all the
    same and not held.
    """
    meeting, happened = answered
    if not happened or asked.start is None or asked.end is None or asked.person not in meeting.people:
        return answered
    kept = meeting.as_booked()
    if (asked.start, asked.end) == (kept.start, kept.end):
        return answered
    wish, known = Wish(kept.parent, asked.start, asked.end), diaries or booking.bare(kept.everybody)
    try:
        option = booking.other_time(kept, wish, now, policy, known)
    except (Refused, Invalid):
        return answered
    until = min(now + policy.hold, wish.start, booking.last_call(kept, policy, known))
    proposal = Proposal(asked.person, (option,), until, kept.slots)
    slots = tuple(dict.fromkeys((*kept.slots, *option.slots)))
    closed = [] if meeting.proposal is None else [MeetingProposalClosed(asked.person, Closed.REJECTED)]
    return replace(kept, slots=slots, proposal=proposal), [*happened, *closed]


def accept(meeting: Meeting, names: Names, start: datetime, now: datetime, policy: Policy) -> Decision:
    """Book the time that starts at `start`, or move what is booked there. The rest are free.

    Raises NotFound, Denied NOT_A_PARTICIPANT or OWN_PROPOSAL, Refused NOTHING_PROPOSED or NO_SUCH_OPTION.
    """
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    proposal = _open(meeting, now)
    if person == proposal.person:
        raise Denied("OWN_PROPOSAL", "the other one picks a time")
    option = next((one for one in proposal.options if one.start == start), None)
    if option is None or start <= now:
        raise Refused("NO_SUCH_OPTION", "this time is not offered, or has passed")
    if meeting.stage is Stage.BOOKED:
        return booking.moved(meeting, person, option, now, policy)
    picked = replace(
        meeting, stage=Stage.BOOKED, start=option.start, end=option.end, slots=option.slots, proposal=None
    )
    return booking.timed(picked, now, policy), [MeetingBooked()]


def offered(meeting: Meeting, names: Names, now: datetime) -> Sequence[Option]:
    """Return the times that the person may pick now. Raises NotFound, Denied NOT_A_PARTICIPANT."""
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    proposal = meeting.proposal
    if proposal is None or now >= proposal.until or person == proposal.person:
        return ()
    return [one for one in proposal.options if one.start > now]


def decline(meeting: Meeting, names: Names, now: datetime) -> Decision:
    """Close what the other one offers. Raises as `close`, Denied OWN_PROPOSAL."""
    if names[1] == _open(meeting, now).person:
        raise Denied("OWN_PROPOSAL", "the other one declines it")
    return close(meeting, names, now)


def close(meeting: Meeting, names: Names, now: datetime) -> Decision:
    """Take the offer back, or decline it; what is booked stays so.

    Raises NotFound, Denied NOT_A_PARTICIPANT, Refused NOTHING_PROPOSED.
    """
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    own = person == _open(meeting, now).person
    return meeting.unpicked(person, Closed.WITHDRAWN if own else Closed.REJECTED)


def span(wishes: Sequence[Wish]) -> tuple[datetime, datetime]:
    """Return from when until when the times of an offer reach."""
    return min(wish.start for wish in wishes), max(wish.end for wish in wishes)


def _option(wish: Wish, diaries: Diaries) -> Option:
    return Option(wish.start, wish.end, booking.claims(diaries, wish))


def _open(meeting: Meeting, now: datetime) -> Proposal:
    """Return what is offered still: the clock decides, not when the timer fires."""
    if meeting.proposal is None or now >= meeting.proposal.until:
        raise Refused("NOTHING_PROPOSED", "no time is offered, or it was closed or picked since")
    return meeting.proposal
