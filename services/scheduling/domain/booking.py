"""Booking a meeting and moving it: which times can be had, and what it claims of calendars."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.kernel.errors import Invalid, Refused
from services.scheduling.domain import hours
from services.scheduling.domain.diary import Diary
from services.scheduling.domain.groups import Group
from services.scheduling.domain.meetings import NOBODY, Decision, Meeting, Pair
from services.scheduling.domain.parents import group_of
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.said import Option
from services.scheduling.domain.series import Recurrence
from services.scheduling.domain.told import MeetingBooked, MeetingRescheduled

Diaries = tuple[Diary, ...]
"""Of mentor, mentee and guests; or of the mentors and members of a group."""

Circle = Pair | Group
"""Who meets."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A meeting as asked for, start inclusive and end exclusive in UTC; alone or in a series, with guests."""

    parent: str
    start: datetime
    end: datetime
    series: str = ""
    guests: tuple[str, ...] = ()
    recurrence: Recurrence | None = None


def book(
    circle: Circle, person: str, wish: Wish, now: datetime, policy: Policy, diaries: Diaries = ()
) -> Decision:
    """Book a meeting of an active pair, by one of the two, if the `diaries` of all allow it (none: bare).

    Of a group that runs: by one of its mentors.
    Raises as `require_participant` and `require_active`, Invalid START_NOT_ON_QUARTER_HOUR, START_IN_PAST,
    START_TOO_FAR_AHEAD, LENGTH_OUT_OF_RANGE, GUEST_TAKES_PART or GUESTS_OF_GROUP, and what `Diary.require`
    raises.
    """
    circle.require_participant(person)
    circle.require_active()
    require_guests(circle, wish)
    known = diaries or bare(comers(circle, wish))
    require_bookable(wish, now, policy, known)
    meeting = Meeting(
        **_whose(circle, wish),
        start=wish.start,
        end=wish.end,
        early_time=wish.start,
        check_time=wish.start,
        slots=claims(known, wish),
        series=wish.series,
        occurrence=wish.start if wish.series else None,
        recurrence=wish.recurrence,
    )
    return timed(meeting, now, policy), [MeetingBooked()]


def move(
    meeting: Meeting, person: str, wish: Wish, now: datetime, policy: Policy, diaries: Diaries = ()
) -> Decision:
    """Give a meeting another time, for which all have to check in anew; the same time changes nothing.

    Raises as `Meeting.require_actor`, Refused MEETING_CANCELLED, MEETING_OVER, RESCHEDULED_TOO_LATE,
    and what `book` raises for the new time.
    """
    meeting.require_actor(wish.parent, person)
    meeting.require_booked()
    if (meeting.start, meeting.end) == (wish.start, wish.end):
        return meeting, []
    known = diaries or bare(meeting.everybody)
    option = other_time(meeting, wish, now, policy, known)
    return moved(meeting, person, option, now, policy)


def _whose(circle: Circle, wish: Wish) -> dict[str, Any]:
    """Return the fields of a meeting that say whose it is, and who comes."""
    if isinstance(circle, Pair):
        lead = circle.lead
        return {"mentorship": wish.parent, "people": circle.people, "lead": lead, "guests": wish.guests}
    group = {"group": group_of(wish.parent), "mentors": circle.mentors, "guests": comers(circle, wish)}
    return {"mentorship": "", "people": NOBODY, "lead": "", **group}


def comers(circle: Circle, wish: Wish) -> tuple[str, ...]:
    """Return who comes: the two and their guests, or all in the group."""
    if isinstance(circle, Pair):
        return (*circle.people, *wish.guests)
    return (*circle.mentors, *circle.members)


def other_time(meeting: Meeting, wish: Wish, now: datetime, policy: Policy, known: Diaries) -> Option:
    """Return what a booked meeting would claim at another time. Raises as `move` for that time."""
    if now > last_call(meeting, policy, known):
        raise Refused("RESCHEDULED_TOO_LATE", "it is too late to move this meeting")
    require_bookable(wish, now, policy, known)
    return Option(wish.start, wish.end, claims(known, wish))


def last_call(meeting: Meeting, policy: Policy, known: Diaries) -> datetime:
    """Return until when a booked meeting may be moved."""
    return meeting.start - max(policy.reschedule, *(diary.moving for diary in known))


def moved(meeting: Meeting, person: str, to: Option, now: datetime, policy: Policy) -> Decision:
    """Give a booked meeting another time that it can have; what was asked for beside it is settled so."""
    elsewhere = replace(
        meeting,
        start=to.start,
        end=to.end,
        slots=to.slots,
        present=(),
        tardy=(),
        told=(),
        answers=(),
        proposal=None,
        revision=meeting.revision + 1,
        regrouped=0,
    )
    return timed(elsewhere, now, policy), [MeetingRescheduled(person, meeting.start, meeting.end)]


def timed(meeting: Meeting, now: datetime, policy: Policy) -> Meeting:
    """Return the meeting with all that hangs on its times."""
    start = meeting.start
    reminders = sorted(start - before for before in policy.reminders)
    return replace(
        meeting,
        early_time=start - policy.early,
        tardy_time=start + policy.tardy,
        check_time=meeting.end if meeting.group else start + policy.grace,
        late_time=start - policy.late_notice(meeting.end - start),
        reminders=tuple(moment for moment in reminders if moment > now),
        video=policy.video,
    )


def require_bookable(wish: Wish, now: datetime, policy: Policy, diaries: Diaries) -> None:
    """Raise as `book` unless everybody can meet at that time."""
    start, end = "meeting.start_time", "meeting.end_time"
    if not hours.on_quarter(wish.start):
        raise invalid("START_NOT_ON_QUARTER_HOUR", start, "must be on a quarter hour")
    if wish.start <= now:
        raise invalid("START_IN_PAST", start, "must be in the future")
    if wish.start > now + policy.ahead:
        raise invalid("START_TOO_FAR_AHEAD", start, f"must be at most {policy.ahead.days} days ahead")
    require_length(wish, policy, end)
    for diary in diaries:
        diary.require(wish.start, wish.end, now)


def require_length(wish: Wish, policy: Policy, field: str) -> None:
    """Raise Invalid LENGTH_OUT_OF_RANGE unless the meeting is as long as meetings may be."""
    if not policy.shortest <= wish.end - wish.start <= policy.longest:
        shortest, longest = (int(limit / timedelta(minutes=1)) for limit in (policy.shortest, policy.longest))
        raise invalid(
            "LENGTH_OUT_OF_RANGE", field, f"must be {shortest} to {longest} minutes after the start"
        )


def require_guests(circle: Circle, wish: Wish) -> None:
    """Raise Invalid GUEST_TAKES_PART for guests who are mentor or mentee, GUESTS_OF_GROUP for a group's."""
    if wish.guests and isinstance(circle, Group):
        raise invalid("GUESTS_OF_GROUP", "meeting.guests", "must be empty for a group: all in it are invited")
    if not set(wish.guests).isdisjoint(circle.people):
        raise invalid("GUEST_TAKES_PART", "meeting.guests", "must be others than the mentor and the mentee")


def claims(diaries: Diaries, wish: Wish) -> tuple[str, ...]:
    """Return the claims of a meeting on the calendars of all. Refused LIMIT_REACHED."""
    return tuple(claim for diary in diaries for claim in diary.claims_for(wish.start, wish.end))


def bare(people: tuple[str, ...]) -> Diaries:
    """Return the diaries of people who set nothing."""
    return tuple(Diary(person) for person in people)


def invalid(reason: str, field: str, description: str) -> Invalid:
    """Return a refusal of one field."""
    return Invalid(reason, f"{field} {description}", fields=((field, description),))
