"""Groups, and how what they are changes their meetings.

A meeting of a group takes its mentors' time as that of two is taken, so it begins when all of them are free.
Its members are invited, and their time is taken where it is free: with up to fifty of them no time would suit
all, and one who has something else then decides for themselves. It took place if a mentor and a member were
there; who of the others was not is known of each, and the group goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.scheduling.domain.diary import claim, is_claim_of
from services.scheduling.domain.hours import quarters_of
from services.scheduling.domain.meetings import Decision, Meeting, Stage
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.told import MeetingAttendeeAdded, MeetingAttendeeRemoved


@dataclass(frozen=True, slots=True)
class Group:
    """What scheduling keeps of a group: `mentors` guide, `members` have a seat, minutes and days as agreed.

    No program: it is one of its own. It runs until it is completed or ended.
    """

    mentors: tuple[str, ...]
    members: tuple[str, ...]
    meeting_minutes: int
    program: str = ""
    active: bool = True
    cadence_days: int = 14

    @property
    def people(self) -> tuple[str, ...]:
        """Those whose hours decide when it meets."""
        return self.mentors

    def require_active(self) -> None:
        """Raise Refused GROUP_OVER once it is over."""
        if not self.active:
            raise Refused("GROUP_OVER", "this group is over")

    def require_participant(self, person: str) -> None:
        """Raise NotFound for who is not in it, Denied NOT_A_MENTOR for members."""
        if person not in (*self.mentors, *self.members):
            raise group_not_found()
        if person not in self.mentors:
            raise Denied("NOT_A_MENTOR", "only who guides this group may do this")

    def require_searcher(self, person: str) -> None:
        """Raise as `require_participant`: times are shown to those who book."""
        self.require_participant(person)


@dataclass(frozen=True, slots=True)
class Following:
    """How a meeting follows its group.

    claiming        whether it takes the time of who came, which may be taken already
    told_of_series  whether another meeting of the same series tells who comes and goes
    """

    claiming: bool = True
    told_of_series: bool = False


def follow(meeting: Meeting, group: Group, now: datetime, how: Following) -> Decision:
    """Invite who came into the group since it was booked, and let go who left. One that has begun stays."""
    if meeting.stage is not Stage.BOOKED or now >= meeting.start:
        return meeting, []
    if not group.active:
        return meeting.drop(now)
    wanted = (*group.mentors, *group.members)
    new = [one for one in wanted if one not in meeting.everybody]
    gone = [one for one in meeting.everybody if one not in wanted]
    if not new and not gone:
        return meeting, []
    kept = tuple(one for one in meeting.slots if not any(is_claim_of(left, one) for left in gone))
    changed = replace(
        meeting,
        mentors=group.mentors,
        guests=wanted,
        slots=(*kept, *(_claims(meeting, new) if how.claiming else ())),
        present=tuple(one for one in meeting.present if one in wanted),
        tardy=tuple(one for one in meeting.tardy if one in wanted),
        told=tuple(one for one in meeting.told if one.person in wanted),
        answers=tuple(one for one in meeting.answers if one.person in wanted),
        revision=meeting.revision + 1,
        regrouped=meeting.regrouped + 1,
    )
    added = [MeetingAttendeeAdded(one, how.told_of_series) for one in new]
    return changed, [*added, *(MeetingAttendeeRemoved(one, how.told_of_series) for one in gone)]


def record(
    meeting: Meeting, names: tuple[str, str], present: tuple[str, ...], now: datetime, policy: Policy
) -> Decision:
    """Say who was there, as a mentor, in place of what was known; `names` are (parent, person).

    Raises as `Meeting.require_actor`, Refused MEETING_CANCELLED, NOT_STARTED or ATTENDANCE_TOO_LATE, Invalid
    NOT_INVITED.
    """
    meeting.require_actor(*names)
    if meeting.stage is Stage.CANCELLED:
        raise Refused("MEETING_CANCELLED", "this meeting was called off")
    if now < meeting.start:
        raise Refused("NOT_STARTED", "attendance is recorded from the start on")
    if now >= meeting.end + policy.dispute:
        limit = f"attendance is recorded until {policy.dispute.days} days after the end"
        raise Refused("ATTENDANCE_TOO_LATE", limit)
    if not set(present) <= set(meeting.everybody):
        description = "must be people who were invited"
        raise Invalid("NOT_INVITED", f"present {description}", fields=(("present", description),))
    ordered = tuple(one for one in meeting.everybody if one in present)
    if meeting.stage is not Stage.BOOKED and ordered == meeting.present:
        return meeting, []
    tardy = tuple(one for one in meeting.tardy if one in ordered)
    return replace(meeting, present=ordered, tardy=tardy).decided()


def _claims(meeting: Meeting, people: Iterable[str]) -> tuple[str, ...]:
    quarters = quarters_of(meeting.start, meeting.end)
    return tuple(claim(person, quarter) for person in people for quarter in quarters)


def group_not_found() -> NotFound:
    """Return the one answer for groups that are unknown, and for those who are not in them."""
    return NotFound("GROUP_NOT_FOUND", "no such group")
