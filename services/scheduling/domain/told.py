"""What meetings tell, and the codes in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a meeting is called off; people give the first seven, the platform the last two."""

    UNSPECIFIED = "UNSPECIFIED"
    TIME_CONFLICT = "TIME_CONFLICT"
    ILLNESS = "ILLNESS"
    TRAVEL = "TRAVEL"
    WORKLOAD = "WORKLOAD"
    NOT_NEEDED = "NOT_NEEDED"
    OTHER = "OTHER"
    MENTORSHIP_ENDED = "MENTORSHIP_ENDED"
    MENTORSHIP_PAUSED = "MENTORSHIP_PAUSED"


class Notice(StrEnum):
    """What somebody says beforehand about coming."""

    LATE = "LATE"
    ABSENT = "ABSENT"


class Status(StrEnum):
    """What somebody answered to the invitation in their calendar."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"
    COUNTERED = "COUNTERED"


class Closed(StrEnum):
    """Why nobody waits any more for the answer to a claim, or to an offer of times."""

    WITHDRAWN = "WITHDRAWN"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True)
class MeetingProposed:
    """Somebody offers the other one times, which are held."""

    person: str


@dataclass(frozen=True, slots=True)
class MeetingProposalClosed:
    """None of the times was picked; no person when it expired or the platform closed it."""

    person: str
    closed: Closed


@dataclass(frozen=True, slots=True)
class MeetingBooked:
    """A meeting is booked."""


@dataclass(frozen=True, slots=True)
class SeriesBooked:
    """A series of meetings is booked, of which this is the first."""


@dataclass(frozen=True, slots=True)
class MeetingRescheduled:
    """Somebody moved it; `start` and `end` are the old ones."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class MeetingReminderDue:
    """It begins in `before`."""

    before: timedelta


@dataclass(frozen=True, slots=True)
class MeetingNoticeGiven:
    """Somebody said beforehand that they come late, by so many minutes, or not at all."""

    person: str
    notice: Notice
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class MeetingCheckedIn:
    """Somebody is there."""

    person: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class MeetingHeld:
    """Both were there; `claimed` if the two said so afterwards. Of a group: a mentor and a member were."""

    claimed: bool = False


@dataclass(frozen=True, slots=True)
class MeetingMissed:
    """Somebody was not there when the grace period ended; `notified` had said so before."""

    absent: tuple[str, ...]
    notified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingClaimed:
    """Somebody says that a meeting took place which the platform does not know, or takes for missed."""

    person: str


@dataclass(frozen=True, slots=True)
class MeetingClaimClosed:
    """The claim of `person` came to nothing."""

    person: str
    closed: Closed


@dataclass(frozen=True, slots=True)
class MeetingCancelled:
    """Somebody called it off; no person when the platform did."""

    person: str
    reason: Reason = Reason.UNSPECIFIED
    late: bool = False


@dataclass(frozen=True, slots=True)
class MeetingAnswered:
    """Somebody answered the invitation in their calendar; `start` and `end` are what a counter asks for."""

    person: str
    status: Status
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class MeetingAttendeeAdded:
    """Somebody who came into the group is invited too; `told_of_series`: another one of it tells."""

    person: str
    told_of_series: bool = False


@dataclass(frozen=True, slots=True)
class MeetingAttendeeRemoved:
    """Somebody who left the group is not invited any more; `told_of_series` as for who came."""

    person: str
    told_of_series: bool = False


GroupEvent = MeetingAttendeeAdded | MeetingAttendeeRemoved
"""What happens to meetings of groups alone."""

PersonalEvent = (
    MeetingProposed
    | MeetingProposalClosed
    | MeetingRescheduled
    | MeetingNoticeGiven
    | MeetingCheckedIn
    | MeetingClaimed
    | MeetingClaimClosed
    | MeetingCancelled
    | MeetingAnswered
)
"""What somebody did."""

PairEvent = PersonalEvent | MeetingBooked | SeriesBooked | MeetingReminderDue | MeetingHeld | MeetingMissed
"""What happens to meetings of two."""

MeetingEvent = PairEvent | GroupEvent
