"""Offering times to the other one, who picks: all of them are held meanwhile, so what is picked can be had.

An offer is the meeting itself before it has a time. So picking is one change of one document: the time picked
stays claimed, the others are free at once, and nobody can come in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.kernel.errors import Denied, Refused
from services.scheduling.domain import booking
from services.scheduling.domain.attendance import Names
from services.scheduling.domain.booking import Diaries, Wish
from services.scheduling.domain.meetings import Decision, Meeting, Option, Pair, Proposal, Stage
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.told import Closed, MeetingBooked, MeetingProposed


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
        mentorship=offer.wishes[0].mentorship,
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


def accept(meeting: Meeting, names: Names, start: datetime, now: datetime, policy: Policy) -> Decision:
    """Book the time that starts at `start`. The rest are free.

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
    picked = replace(
        meeting, stage=Stage.BOOKED, start=option.start, end=option.end, slots=option.slots, proposal=None
    )
    return booking.timed(picked, now, policy), [MeetingBooked()]


def close(meeting: Meeting, names: Names, now: datetime) -> Decision:
    """Take the offer back, or decline it.

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
