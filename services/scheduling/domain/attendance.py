"""Who comes, who came, and what the two say about it afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.kernel.errors import Denied, Refused
from services.scheduling.domain import booking
from services.scheduling.domain.booking import Wish, invalid
from services.scheduling.domain.diary import is_claim_of
from services.scheduling.domain.meetings import Decision, Meeting, Pair, Stage
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.said import Answer, Claim, Told
from services.scheduling.domain.told import (
    Closed,
    MeetingAnswered,
    MeetingClaimed,
    MeetingEvent,
    MeetingHeld,
    MeetingNoticeGiven,
    Notice,
    Status,
)

Names = tuple[str, str]
"""Who acts on a meeting of whom: (parent, person)."""

Said = tuple[Notice, int]
"""What somebody says about coming, and by how many minutes late."""


def give_notice(meeting: Meeting, names: Names, said: Said, now: datetime, policy: Policy) -> Decision:
    """Say before the start that one comes late or not at all; saying it anew replaces.

    Attendance is decided so much later as the one who comes latest asked for, but not after the end. Raises
    NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER, MEETING_STARTED or
    ALREADY_CHECKED_IN.
    """
    parent, person = names
    meeting.require_comer(parent, person)
    meeting.require_booked()
    if now >= meeting.start:
        raise Refused("MEETING_STARTED", "notice is given before the start")
    if person in meeting.present:
        raise Refused("ALREADY_CHECKED_IN", "this person is there already")
    told = Told(person, *said)
    if told in meeting.told:
        return meeting, []
    others = tuple(one for one in meeting.told if one.person != person)
    noticed = replace(meeting, told=(*others, told))
    return replace(noticed, check_time=_check(noticed, policy)), [MeetingNoticeGiven(person, *said)]


def _check(meeting: Meeting, policy: Policy) -> datetime:
    """Return when attendance is decided after what people told beforehand; of a group at the end anyway."""
    if meeting.group:
        return meeting.check_time
    latest = meeting.start + timedelta(minutes=max(one.minutes for one in meeting.told))
    return max(meeting.start, min(latest, meeting.end - policy.grace)) + policy.grace


def answer(meeting: Meeting, told: Answer, revision: int, now: datetime) -> Decision:
    """Take over what somebody answered in their calendar to the invitation of that revision.

    For the two, to decline before the start is to give notice of not coming; a guest's time is free again,
    and so is that of a group's member. Who came into a group or left it makes no answer of others outdated.
    Whatever somebody answers takes back the other time that they asked for before.
    Raises NotFound, Refused MEETING_CANCELLED, MEETING_OVER or ANSWER_OUTDATED.
    """
    person = told.person
    meeting.require_reader(person)
    meeting.require_booked()
    known = next((one for one in meeting.answers if one.person == person), None)
    if revision < meeting.revision - meeting.regrouped or _is_older(told, known):
        raise Refused("ANSWER_OUTDATED", "the meeting was changed, or answered anew, since this was answered")
    if told == known:
        return meeting, []
    others = tuple(one for one in meeting.answers if one is not known)
    happened: list[MeetingEvent] = [MeetingAnswered(person, told.status, told.start, told.end)]
    if meeting.proposal is not None and meeting.proposal.person == person:
        meeting, withdrawn = meeting.unpicked(person, Closed.WITHDRAWN)
        happened += withdrawn
    answered = replace(meeting, answers=(*others, told))
    if now >= meeting.start or person in meeting.present:
        return answered, happened
    if person in meeting.guests and person not in meeting.mentors:
        return _guest_answered(answered, told), happened
    return _noticed(answered, told, happened)


def _is_older(told: Answer, known: Answer | None) -> bool:
    """Whether mail overtook mail: a calendar wrote this before what is known."""
    return known is not None and told.time is not None and known.time is not None and told.time < known.time


def _guest_answered(meeting: Meeting, told: Answer) -> Meeting:
    """Free the time of a guest who declines; a later yes claims nothing, as the time may be gone."""
    if told.status is not Status.DECLINED:
        return meeting
    freed = replace(meeting, slots=_without(told.person, meeting.slots))
    if meeting.proposal is None:
        return freed
    return replace(
        freed, proposal=replace(meeting.proposal, kept=_without(told.person, meeting.proposal.kept))
    )


def _without(person: str, claims: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in claims if not is_claim_of(person, one))


def _noticed(answered: Meeting, told: Answer, happened: list[MeetingEvent]) -> Decision:
    """Take a decline for notice of not coming, and anything else as its end."""
    person = told.person
    absent = Told(person, Notice.ABSENT)
    if told.status is not Status.DECLINED:
        return replace(answered, told=tuple(one for one in answered.told if one != absent)), happened
    if absent in answered.told:
        return answered, happened
    rest = tuple(one for one in answered.told if one.person != person)
    return replace(answered, told=(*rest, absent)), [*happened, MeetingNoticeGiven(person, Notice.ABSENT)]


def log(pair: Pair, person: str, wish: Wish, now: datetime, policy: Policy) -> Decision:
    """Tell of a meeting that took place elsewhere; it counts once the other one has confirmed it.

    Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_NOT_ACTIVE, Invalid END_IN_FUTURE, START_TOO_LONG_AGO,
    LENGTH_OUT_OF_RANGE or GUEST_TAKES_PART.
    """
    pair.require_participant(person)
    pair.require_active()
    booking.require_guests(pair, wish)
    booking.require_length(wish, policy, "meeting.end_time")
    if wish.end > now:
        raise invalid("END_IN_FUTURE", "meeting.end_time", "must be over")
    if wish.start < now - policy.logged:
        limit = f"must be at most {policy.logged.days} days ago"
        raise invalid("START_TOO_LONG_AGO", "meeting.start_time", limit)
    meeting = Meeting(
        mentorship=wish.parent,
        people=pair.people,
        lead=pair.lead,
        start=wish.start,
        end=wish.end,
        early_time=wish.start,
        check_time=wish.end,
        slots=booking.claims(booking.bare(pair.people), wish),
        guests=wish.guests,
        stage=Stage.CLAIMED,
        claim=Claim(person, now + policy.dispute),
    )
    return meeting, [MeetingClaimed(person)]


def dispute(meeting: Meeting, names: Names, now: datetime, policy: Policy) -> Decision:
    """Say that a missed meeting was held: by one who was there it is settled, else when the other confirms.

    Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_NOT_MISSED or DISPUTE_TOO_LATE.
    """
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    if meeting.claim is not None and meeting.claim.person == person:
        return meeting, []
    if meeting.stage is not Stage.MISSED:
        raise Refused("MEETING_NOT_MISSED", "only a missed meeting is disputed")
    if now >= meeting.check_time + policy.dispute:
        raise Refused("DISPUTE_TOO_LATE", f"a miss is disputed within {policy.dispute.days} days")
    if person in meeting.present or meeting.claim is not None:
        return _held(meeting)
    return replace(meeting, claim=Claim(person, now + policy.dispute)), [MeetingClaimed(person)]


def confirm(meeting: Meeting, names: Names) -> Decision:
    """Agree with the other one that the meeting took place.

    Raises NotFound, Denied NOT_A_PARTICIPANT or OWN_CLAIM, Refused NOTHING_CLAIMED.
    """
    _require_claim_of_other(meeting, names)
    return _held(meeting)


def reject(meeting: Meeting, names: Names) -> Decision:
    """Disagree; raises as `confirm`."""
    _require_claim_of_other(meeting, names)
    return meeting.unclaimed(Closed.REJECTED)


def withdraw(meeting: Meeting, names: Names) -> Decision:
    """Take back one's own claim.

    Raises NotFound, Denied NOT_A_PARTICIPANT or NOT_YOURS, Refused NOTHING_CLAIMED.
    """
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    if meeting.claim is None:
        raise nothing_claimed()
    if meeting.claim.person != person:
        raise Denied("NOT_YOURS", "only who claimed it takes it back")
    return meeting.unclaimed(Closed.WITHDRAWN)


def _require_claim_of_other(meeting: Meeting, names: Names) -> None:
    mentorship, person = names
    meeting.require_actor(mentorship, person)
    if meeting.claim is None:
        raise nothing_claimed()
    if meeting.claim.person == person:
        raise Denied("OWN_CLAIM", "the other one has to answer")


def _held(meeting: Meeting) -> Decision:
    """Settle that it took place: both were there, and nobody can claim the same time once more."""
    wish = Wish(meeting.parent, meeting.start, meeting.end)
    slots = booking.claims(booking.bare(meeting.people), wish)
    held = replace(meeting, stage=Stage.HELD, present=meeting.people, slots=slots, claim=None)
    return held, [MeetingHeld(claimed=True)]


def nothing_claimed() -> Refused:
    """Return the answer where nothing waits to be confirmed."""
    return Refused("NOTHING_CLAIMED", "nothing waits for an answer here")
