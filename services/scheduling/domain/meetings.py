"""What a meeting is and how it may change. People and mentorships are plain ids of one organization.

Two bookings never share a person and a quarter hour: each meeting claims `slots`, and the store keeps every
claim unique, so the rule needs neither a transaction nor a lock.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.kernel.errors import Denied, NotFound, Refused
from services.scheduling.domain.series import Recurrence
from services.scheduling.domain.told import (
    Closed,
    MeetingCancelled,
    MeetingCheckedIn,
    MeetingClaimClosed,
    MeetingEvent,
    MeetingHeld,
    MeetingMissed,
    MeetingProposalClosed,
    MeetingReminderDue,
    Notice,
    Reason,
    SeriesBooked,
    Status,
)


class Stage(StrEnum):
    """How the meeting went. One told afterwards is CLAIMED until the other confirms it, or REJECTED.

    One that is offered is PROPOSED until the other picks a time, or CLOSED.
    """

    BOOKED = "BOOKED"
    HELD = "HELD"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"
    CLAIMED = "CLAIMED"
    REJECTED = "REJECTED"
    PROPOSED = "PROPOSED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Pair:
    """What scheduling keeps of a mentorship: `people` are mentor and mentee, minutes and days as agreed.

    No lead and no program: it is an informal one. It is active unless it rests or is over.
    """

    people: tuple[str, str]
    lead: str
    meeting_minutes: int
    active: bool = True
    cadence_days: int = 14
    program: str = ""

    def require_active(self) -> None:
        """Raise Refused MENTORSHIP_NOT_ACTIVE while it rests and once it is over."""
        if not self.active:
            raise not_active()

    def require_participant(self, person: str) -> None:
        """Raise Denied NOT_A_PARTICIPANT unless `person` is one of the two."""
        require_participant(self.people, person)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said beforehand about coming; `minutes` late."""

    person: str
    notice: Notice
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """That a meeting took place, as `person` says; the other may answer until `until`."""

    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """That a meeting was called off; no person when the platform did."""

    person: str
    reason: Reason
    late: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered to the invitation, and when; `start` and `end` are what a counter asks for."""

    person: str
    status: Status
    time: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A time that is offered, in UTC, and what it claims of calendars."""

    start: datetime
    end: datetime
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """That `person` offers the other one these times, first one first, and holds them until `until`.

    Of a booked meeting it is the time that `person` asks for instead; `kept` is what it claims as it is.
    """

    person: str
    options: tuple[Option, ...]
    until: datetime
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of `people` (mentor, mentee), start inclusive and end exclusive in UTC.

    `early_time` is when checking in opens, `tardy_time` from when it is late, `check_time` when attendance is
    decided, `late_time` from when calling off is late; `reminders` are those still to come, first one first.
    `slots` are claims on both calendars, "<person>/<quarter hour>". `revision` counts what changes it for
    calendars. `present` checked in, `tardy` of them late, `told` beforehand that they come late or not.
    `answers` came from people's calendars. One of a `series` began at `occurrence` before it was moved;
    the first of it is `announced` once all are booked.
    `guests` come along: they are invited, but whether it was held is the two's alone. While it is proposed
    it claims every time of its `proposal` at once, and `start` and `end` are those of the first one; while
    it is booked and one of the two asks for another time, it claims both. `video` is the address of its
    room, with {meeting} for its id.
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
    tardy_time: datetime | None = None
    late_time: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    tardy: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    revision: int = 0
    claim: Claim | None = None
    call: Call | None = None
    answers: tuple[Answer, ...] = ()
    series: str = ""
    occurrence: datetime | None = None
    recurrence: Recurrence | None = None
    announced: bool = False
    guests: tuple[str, ...] = ()
    proposal: Proposal | None = None
    video: str = ""

    @property
    def everybody(self) -> tuple[str, ...]:
        """Mentor, mentee and guests."""
        return (*self.people, *self.guests)

    @property
    def starts(self) -> tuple[datetime, ...]:
        """When it starts, or could while times are offered."""
        if self.proposal is None:
            return (self.start,)
        offered = tuple(one.start for one in self.proposal.options)
        return offered if self.stage is Stage.PROPOSED else (self.start, *offered)

    def announce(self) -> "Decision":
        """Tell once that the series is booked of which this is the first."""
        return (self, []) if self.announced else (replace(self, announced=True), [SeriesBooked()])

    def require_under(self, mentorship: str) -> None:
        """Raise NotFound unless this is a meeting of that mentorship."""
        if mentorship != self.mentorship:
            raise meeting_not_found()

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two or a guest."""
        if person not in self.everybody:
            raise meeting_not_found()

    def require_actor(self, mentorship: str, person: str) -> None:
        """Raise NotFound unless it is of that mentorship, Denied unless `person` is one of the two."""
        self.require_under(mentorship)
        require_participant(self.people, person)

    def require_scheduled(self) -> None:
        """Raise Refused NOT_BOOKED_YET for one that has no time (yet)."""
        if self.stage in {Stage.PROPOSED, Stage.CLOSED}:
            raise Refused("NOT_BOOKED_YET", "none of the offered times was picked")

    def require_booked(self) -> None:
        """Raise Refused NOT_BOOKED_YET, MEETING_CANCELLED or MEETING_OVER unless it is ahead or running."""
        self.require_scheduled()
        if self.stage is Stage.CANCELLED:
            raise Refused("MEETING_CANCELLED", "this meeting was called off")
        if self.stage is not Stage.BOOKED:
            raise over()

    def check_in(self, mentorship: str, person: str, now: datetime) -> "Decision":
        """Say that `person` is there; the second one makes the meeting held. Saying it again changes nothing.

        Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER from the check on,
        or CHECK_IN_NOT_OPEN.
        """
        self.require_actor(mentorship, person)
        if person in self.present:
            return self, []
        self.require_booked()
        if now >= self.check_time:
            raise over()
        if now < self.early_time:
            raise Refused("CHECK_IN_NOT_OPEN", "it is too early to check in")
        late = self.tardy_time is not None and now > self.tardy_time
        there = replace(
            self,
            present=(*self.present, person),
            tardy=(*self.tardy, person) if late else self.tardy,
            told=tuple(told for told in self.told if told.person != person),
        )
        happened: list[MeetingEvent] = [MeetingCheckedIn(person, late)]
        if set(there.present) != set(self.people):
            return there, happened
        return replace(there.as_booked(), stage=Stage.HELD), [*happened, MeetingHeld()]

    def cancel(
        self, mentorship: str, person: str, now: datetime, reason: Reason = Reason.UNSPECIFIED
    ) -> "Decision":
        """Call the meeting off before it starts; both calendars are free again.

        Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER or MEETING_STARTED.
        """
        self.require_actor(mentorship, person)
        self.require_booked()
        if now >= self.start:
            raise Refused("MEETING_STARTED", "a meeting is cancelled before it starts")
        late = self.late_time is not None and now > self.late_time
        return self._called_off(Call(person, reason, late))

    def drop(self, now: datetime, reason: Reason = Reason.MENTORSHIP_ENDED) -> "Decision":
        """Call the meeting off as its mentorship is over or rests; one that has started stays as it is."""
        if self.stage is Stage.PROPOSED:
            return self.unpicked("", Closed.LAPSED)
        if self.stage is not Stage.BOOKED or now >= self.start:
            return self, []
        return self._called_off(Call("", reason, late=False))

    def fire(self, now: datetime) -> "Decision":
        """Do what is due: remind, decide at the check that it was missed, let a claim or an offer lapse."""
        if self.proposal is not None and now >= self.proposal.until:
            return self.unpicked("", Closed.LAPSED)
        if self.claim is not None and now >= self.claim.until:
            return self.unclaimed(Closed.LAPSED)
        if self.stage is not Stage.BOOKED:
            return self, []
        if now >= self.check_time:
            return self._missed()
        due = [moment for moment in self.reminders if moment <= now]
        if not due:
            return self, []
        reminded = replace(self, reminders=self.reminders[len(due) :])
        # Of reminders that a stopped platform could not send, the last says all.
        return reminded, [MeetingReminderDue(self.start - due[-1])] if now < self.start else []

    @property
    def due_at(self) -> datetime | None:
        """When something happens by itself, None if nothing does."""
        if self.claim is not None:
            return self.claim.until
        offer = () if self.proposal is None else (self.proposal.until,)
        own = (self.check_time, *self.reminders) if self.stage is Stage.BOOKED else ()
        return min((*offer, *own), default=None)

    def unclaimed(self, closed: Closed) -> "Decision":
        """Let the claim come to nothing. ValueError without one."""
        if self.claim is None:
            raise ValueError("nobody claims that it took place")
        told_afterwards = self.stage is Stage.CLAIMED
        stage, slots = (Stage.REJECTED, ()) if told_afterwards else (self.stage, self.slots)
        left = replace(self, stage=stage, slots=slots, claim=None)
        return left, [MeetingClaimClosed(self.claim.person, closed)]

    def unpicked(self, person: str, closed: Closed) -> "Decision":
        """Let the offer come to nothing; a booked meeting stays as it is booked."""
        closed_for_good = replace(self, stage=Stage.CLOSED, slots=(), proposal=None)
        left = closed_for_good if self.stage is Stage.PROPOSED else self.as_booked()
        return left, [MeetingProposalClosed(person, closed)]

    def as_booked(self) -> "Meeting":
        """Forget what somebody asked for instead of the booked time, and free it."""
        return self if self.proposal is None else replace(self, slots=self.proposal.kept, proposal=None)

    def _missed(self) -> "Decision":
        absent = tuple(person for person in self.people if person not in self.present)
        known = {told.person for told in self.told if told.notice is Notice.ABSENT}
        notified = tuple(person for person in absent if person in known)
        missed = replace(self, stage=Stage.MISSED, slots=(), proposal=None)
        return missed, [MeetingMissed(absent, notified)]

    def _called_off(self, call: Call) -> "Decision":
        revision = self.revision + 1
        off = replace(self, stage=Stage.CANCELLED, slots=(), proposal=None, revision=revision, call=call)
        return off, [MeetingCancelled(call.person, call.reason, call.late)]


Decision = tuple[Meeting, list[MeetingEvent]]


def require_participant(people: tuple[str, str], person: str) -> None:
    """Raise Denied NOT_A_PARTICIPANT unless `person` is one of the two."""
    if person not in people:
        raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee may do this")


def not_active() -> Refused:
    """Return the answer for mentorships that are unknown, not active yet, resting, or over."""
    return Refused("MENTORSHIP_NOT_ACTIVE", "the mentorship is not active")


def meeting_not_found() -> NotFound:
    """Return the one answer for absent and for hidden meetings."""
    return NotFound("MEETING_NOT_FOUND", "no such meeting")


def over() -> Refused:
    """Return the answer for what comes too late."""
    return Refused("MEETING_OVER", "attendance of this meeting is decided")
