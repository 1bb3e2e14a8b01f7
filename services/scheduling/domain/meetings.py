"""What a meeting is and how it may change. People and mentorships are plain ids of one organization.

Two bookings never share a person and a quarter hour: each meeting claims `slots`, and the store keeps every
claim unique, so the rule needs neither a transaction nor a lock.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.scheduling.domain import hours


@dataclass(frozen=True, slots=True)
class Policy:
    """Times that an operator may set. A grace of 10 minutes is the rule that ADPList publishes."""

    grace: timedelta = timedelta(minutes=10)
    early: timedelta = timedelta(minutes=15)
    notice: timedelta = timedelta(hours=1)
    ahead: timedelta = timedelta(days=180)
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=4)


class Stage(StrEnum):
    """How the meeting went."""

    BOOKED = "BOOKED"
    HELD = "HELD"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class MeetingBooked:
    """A meeting is booked."""


@dataclass(frozen=True, slots=True)
class MeetingCheckedIn:
    """One of the two is there."""

    person: str


@dataclass(frozen=True, slots=True)
class MeetingHeld:
    """Both were there."""


@dataclass(frozen=True, slots=True)
class MeetingMissed:
    """Somebody was not there when the grace period ended."""

    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeetingCancelled:
    """Somebody called it off; no person when the mentorship ended or rests before it."""

    person: str


MeetingEvent = MeetingBooked | MeetingCheckedIn | MeetingHeld | MeetingMissed | MeetingCancelled


@dataclass(frozen=True, slots=True)
class Pair:
    """What scheduling keeps of a mentorship: `people` are mentor and mentee, minutes as they agreed.

    No lead: it is an informal one. It is active unless it rests or is over.
    """

    people: tuple[str, str]
    lead: str
    meeting_minutes: int
    active: bool = True

    def require_active(self) -> None:
        """Raise Refused MENTORSHIP_NOT_ACTIVE while it rests and once it is over."""
        if not self.active:
            raise not_active()


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of `people` (mentor, mentee), start inclusive and end exclusive in UTC.

    `check_time` is when attendance is decided, `early_time` when checking in opens. `slots` are claims on
    both calendars, "<person>/<quarter hour>".
    """

    mentorship: str
    people: tuple[str, str]
    lead: str
    start: datetime
    end: datetime
    early_time: datetime
    check_time: datetime
    slots: tuple[str, ...]
    stage: Stage = Stage.BOOKED
    present: tuple[str, ...] = ()

    def require_under(self, mentorship: str) -> None:
        """Raise NotFound unless this is a meeting of that mentorship."""
        if mentorship != self.mentorship:
            raise meeting_not_found()

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two."""
        if person not in self.people:
            raise meeting_not_found()

    def check_in(self, mentorship: str, person: str, now: datetime) -> tuple["Meeting", list[MeetingEvent]]:
        """Say that `person` is there; the second one makes the meeting held. Saying it again changes nothing.

        Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER from the check on,
        or CHECK_IN_NOT_OPEN.
        """
        self.require_under(mentorship)
        self._require_participant(person)
        if person in self.present:
            return self, []
        self._require_booked()
        if now >= self.check_time:
            raise _over()
        if now < self.early_time:
            raise Refused("CHECK_IN_NOT_OPEN", "it is too early to check in")
        there = replace(self, present=(*self.present, person))
        happened: list[MeetingEvent] = [MeetingCheckedIn(person)]
        if set(there.present) != set(self.people):
            return there, happened
        return replace(there, stage=Stage.HELD), [*happened, MeetingHeld()]

    def cancel(self, mentorship: str, person: str, now: datetime) -> tuple["Meeting", list[MeetingEvent]]:
        """Call the meeting off before it starts; both calendars are free again.

        Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER or MEETING_STARTED.
        """
        self.require_under(mentorship)
        self._require_participant(person)
        self._require_booked()
        if now >= self.start:
            raise Refused("MEETING_STARTED", "a meeting is cancelled before it starts")
        return self._cancelled(person)

    def drop(self, now: datetime) -> tuple["Meeting", list[MeetingEvent]]:
        """Call it off because its mentorship rests or is over; one that has started stays as it is."""
        if self.stage is not Stage.BOOKED or now >= self.start:
            return self, []
        return self._cancelled("")

    def fire(self, now: datetime) -> tuple["Meeting", list[MeetingEvent]]:
        """Decide at the check that the meeting was missed, unless it was decided before."""
        if self.stage is not Stage.BOOKED or now < self.check_time:
            return self, []
        absent = tuple(person for person in self.people if person not in self.present)
        return replace(self, stage=Stage.MISSED, slots=()), [MeetingMissed(absent)]

    @property
    def due_at(self) -> datetime | None:
        """When attendance must be decided, None once it is."""
        return self.check_time if self.stage is Stage.BOOKED else None

    def _cancelled(self, person: str) -> tuple["Meeting", list[MeetingEvent]]:
        return replace(self, stage=Stage.CANCELLED, slots=()), [MeetingCancelled(person)]

    def _require_participant(self, person: str) -> None:
        if person not in self.people:
            raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee may do this")

    def _require_booked(self) -> None:
        if self.stage is Stage.CANCELLED:
            raise Refused("MEETING_CANCELLED", "this meeting was called off")
        if self.stage is not Stage.BOOKED:
            raise _over()


@dataclass(frozen=True, slots=True)
class Wish:
    """A meeting as asked for, start inclusive and end exclusive in UTC."""

    mentorship: str
    start: datetime
    end: datetime


def book(
    pair: Pair, person: str, wish: Wish, now: datetime, policy: Policy
) -> tuple[Meeting, list[MeetingEvent]]:
    """Book a meeting of an active pair, by one of the two.

    Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_NOT_ACTIVE, Invalid START_NOT_ON_QUARTER_HOUR,
    START_IN_PAST, START_TOO_FAR_AHEAD or LENGTH_OUT_OF_RANGE.
    """
    if person not in pair.people:
        raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee may do this")
    pair.require_active()
    _require_bookable(wish, now, policy)
    meeting = Meeting(
        mentorship=wish.mentorship,
        people=pair.people,
        lead=pair.lead,
        start=wish.start,
        end=wish.end,
        early_time=wish.start - policy.early,
        check_time=wish.start + policy.grace,
        slots=_claims(pair.people, wish),
    )
    return meeting, [MeetingBooked()]


def _require_bookable(wish: Wish, now: datetime, policy: Policy) -> None:
    start, end = "meeting.start_time", "meeting.end_time"
    if not hours.on_quarter(wish.start):
        raise _invalid("START_NOT_ON_QUARTER_HOUR", start, "must be on a quarter hour")
    if wish.start <= now:
        raise _invalid("START_IN_PAST", start, "must be in the future")
    if wish.start > now + policy.ahead:
        raise _invalid("START_TOO_FAR_AHEAD", start, f"must be at most {policy.ahead.days} days ahead")
    if not policy.shortest <= wish.end - wish.start <= policy.longest:
        shortest, longest = (int(limit / timedelta(minutes=1)) for limit in (policy.shortest, policy.longest))
        raise _invalid("LENGTH_OUT_OF_RANGE", end, f"must be {shortest} to {longest} minutes after the start")


def _claims(people: tuple[str, str], wish: Wish) -> tuple[str, ...]:
    quarters = hours.quarters_of(wish.start, wish.end)
    return tuple(claim(person, quarter) for person in people for quarter in quarters)


def claim(person: str, quarter: datetime) -> str:
    """Return the claim of `person` on a quarter hour, such as "e0100746/2026-03-02T12:15Z"."""
    return f"{person}/{quarter.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def not_active() -> Refused:
    """Return the answer for mentorships that are unknown, not active yet, resting, or over."""
    return Refused("MENTORSHIP_NOT_ACTIVE", "the mentorship is not active")


def meeting_not_found() -> NotFound:
    """Return the one answer for absent and for hidden meetings."""
    return NotFound("MEETING_NOT_FOUND", "no such meeting")


def _over() -> Refused:
    return Refused("MEETING_OVER", "attendance of this meeting is decided")


def _invalid(reason: str, field: str, description: str) -> Invalid:
    return Invalid(reason, f"{field} {description}", fields=((field, description),))
