"""What a meeting is and how it may change. People, mentorships and groups are plain ids of one organization.

Two bookings never share a person and a quarter hour: each meeting claims `slots`, and the store keeps every
claim unique, so the rule needs neither a transaction nor a lock.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.kernel.errors import Denied, NotFound, Refused
from services.scheduling.domain.parents import in_group
from services.scheduling.domain.said import Answer, Call, Claim, Proposal, Told
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


NOBODY: Final = ("", "")


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

    @property
    def members(self) -> tuple[str, ...]:
        """Nobody: the two have to be there, unlike the members of a group."""
        return ()

    def require_searcher(self, person: str) -> None:
        """Raise Refused MENTORSHIP_NOT_ACTIVE, as for an unknown one, unless `person` is one of the two."""
        if person not in self.people:
            raise not_active()


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

    One of a `group` has neither mentorship nor two people, but NOBODY, which releases before groups can read.
    `guests` are all in the group, `mentors` those of them who guide it; it is decided at its end. So many
    last revisions as `regrouped` says changed nothing but who is invited.
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
    group: str = ""
    mentors: tuple[str, ...] = ()
    regrouped: int = 0

    @property
    def parent(self) -> str:
        """Whose it is."""
        return in_group(self.group) if self.group else self.mentorship

    @property
    def everybody(self) -> tuple[str, ...]:
        """Mentor, mentee and guests; or all in the group."""
        return self.guests if self.group else (*self.people, *self.guests)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who books, moves and calls it off: the two, or the mentors of the group."""
        return self.mentors if self.group else self.people

    @property
    def members(self) -> tuple[str, ...]:
        """Who has a seat in the group; nobody for a meeting of two."""
        return tuple(one for one in self.guests if one not in self.mentors) if self.group else ()

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

    def require_under(self, parent: str) -> None:
        """Raise NotFound unless this is a meeting of that mentorship or group."""
        if parent != self.parent:
            raise meeting_not_found()

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two or a guest, or in the group."""
        if person not in self.everybody:
            raise meeting_not_found()

    def require_actor(self, parent: str, person: str) -> None:
        """Raise NotFound unless it is of that parent, Denied unless `person` is one of the two.

        Of a group: NotFound for who is not in it, Denied NOT_A_MENTOR unless `person` guides it.
        """
        self.require_under(parent)
        if not self.group:
            return require_participant(self.people, person)
        self.require_reader(person)
        if person not in self.mentors:
            raise Denied("NOT_A_MENTOR", "only who guides the group may do this")
        return None

    def require_comer(self, parent: str, person: str) -> None:
        """Raise as `require_actor` unless `person` is one of the two, or in the group."""
        if not self.group:
            return self.require_actor(parent, person)
        self.require_under(parent)
        return self.require_reader(person)

    def require_pair(self) -> None:
        """Raise Refused NOT_OF_A_PAIR for a meeting of a group."""
        if self.group:
            raise Refused("NOT_OF_A_PAIR", "a meeting of a group goes to the addresses that profiles knows")

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

    def check_in(self, parent: str, person: str, now: datetime) -> "Decision":
        """Say that `person` is there; the second of two makes it held. Saying it again changes nothing.

        Raises NotFound, Denied NOT_A_PARTICIPANT, Refused MEETING_CANCELLED, MEETING_OVER from the check on,
        or CHECK_IN_NOT_OPEN.
        """
        self.require_comer(parent, person)
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
        if self.group or set(there.present) != set(self.people):
            return there, happened
        return replace(there.as_booked(), stage=Stage.HELD), [*happened, MeetingHeld()]

    def cancel(
        self, parent: str, person: str, now: datetime, reason: Reason = Reason.UNSPECIFIED
    ) -> "Decision":
        """Call the meeting off before it starts; all calendars are free again.

        Raises as `require_actor`, Refused MEETING_CANCELLED, MEETING_OVER or MEETING_STARTED.
        """
        self.require_actor(parent, person)
        self.require_booked()
        if now >= self.start:
            raise Refused("MEETING_STARTED", "a meeting is cancelled before it starts")
        late = self.late_time is not None and now > self.late_time
        return self._called_off(Call(person, reason, late))

    def drop(self, now: datetime, reason: Reason = Reason.MENTORSHIP_ENDED) -> "Decision":
        """Call it off as its mentorship or group is over, or rests; one that has started stays as it is."""
        if self.stage is Stage.PROPOSED:
            return self.unpicked("", Closed.LAPSED)
        if self.stage is not Stage.BOOKED or now >= self.start:
            return self, []
        return self._called_off(Call("", reason, late=False))

    def fire(self, now: datetime) -> "Decision":
        """Do what is due: remind, decide at the check how it went, let a claim or an offer lapse."""
        if self.proposal is not None and now >= self.proposal.until:
            return self.unpicked("", Closed.LAPSED)
        if self.claim is not None and now >= self.claim.until:
            return self.unclaimed(Closed.LAPSED)
        if self.stage is not Stage.BOOKED:
            return self, []
        if now >= self.check_time:
            return self.decided()
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

    def decided(self) -> "Decision":
        """Say how it went: one of two that is not held yet was missed; of a group see `groups`."""
        if self.group and all(set(side) & set(self.present) for side in (self.mentors, self.members)):
            return replace(self, stage=Stage.HELD), [MeetingHeld()]
        missed = replace(self, stage=Stage.MISSED, slots=(), proposal=None)
        return missed, [MeetingMissed(self.absent, self.notified)]

    @property
    def absent(self) -> tuple[str, ...]:
        """Who of those that count was not there."""
        awaited = self.everybody if self.group else self.people
        return tuple(person for person in awaited if person not in self.present)

    @property
    def notified(self) -> tuple[str, ...]:
        """Who of the absent had said so; members of a group say it in their calendars too."""
        known = {told.person for told in self.told if told.notice is Notice.ABSENT}
        if self.group:
            known |= {answer.person for answer in self.answers if answer.status is Status.DECLINED}
        return tuple(person for person in self.absent if person in known)

    def withdrawn_from(self, person: str) -> "Meeting":
        """Return it as the calendar of somebody sees it who left the group. NotFound for a meeting of two."""
        if not self.group:
            raise meeting_not_found()
        return replace(self, stage=Stage.CANCELLED, guests=(person,), mentors=())

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is seen so."""
        return bool(self.group) and not self.mentors

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
