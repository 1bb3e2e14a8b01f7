"""What is heard of a pair. People and mentorships are full resource names that pass through unread."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Names:
    """Who it is about; `lead` is empty for an informal mentorship, all that is not known is empty."""

    mentorship: str = ""
    mentor: str = ""
    mentee: str = ""
    lead: str = ""

    @property
    def people(self) -> tuple[str, str]:
        """Return both."""
        return (self.mentor, self.mentee)


class Fit(StrEnum):
    """Whether the two fit."""

    FITS = "FITS"
    UNSURE = "UNSURE"
    NO = "NO"


NOBODY = Names()


@dataclass(frozen=True, slots=True)
class MentorshipCreated:
    """Two people want to work together."""


@dataclass(frozen=True, slots=True)
class MentorshipActivated:
    """Both signed, the first time or an amendment. `cadence` is zero where none is agreed."""

    cadence: timedelta
    end: date | None


@dataclass(frozen=True, slots=True)
class MentorshipExtended:
    """Both want more time."""

    end: date


@dataclass(frozen=True, slots=True)
class MentorshipPaused:
    """Clocks stop."""


@dataclass(frozen=True, slots=True)
class MentorshipResumed:
    """Clocks go on."""


@dataclass(frozen=True, slots=True)
class MentorshipCompleted:
    """Both say that it reached its end."""


@dataclass(frozen=True, slots=True)
class MentorshipEnded:
    """It is over before that."""


@dataclass(frozen=True, slots=True)
class GoalDated:
    """A goal is set or changed, with its target date as it is now."""

    target: date | None


@dataclass(frozen=True, slots=True)
class GoalCompleted:
    """A goal is reached."""

    goal: str


@dataclass(frozen=True, slots=True)
class GoalReopened:
    """A reached goal is open again."""


@dataclass(frozen=True, slots=True)
class GoalDropped:
    """A goal is given up."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A person said how it goes, in a check-in or as feedback; `lowest` is 1 to 5, 0 for none."""

    person: str
    lowest: int = 0
    check_in: bool = True


@dataclass(frozen=True, slots=True)
class CheckInOpened:
    """A person is asked how it goes."""

    person: str


@dataclass(frozen=True, slots=True)
class CheckInExpired:
    """A person did not answer in time."""

    person: str


@dataclass(frozen=True, slots=True)
class FitAnswered:
    """A person said whether the two fit."""

    person: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class KudosGiven:
    """One thanked the other."""

    author: str
    recipient: str


@dataclass(frozen=True, slots=True)
class MeetingBooked:
    """A meeting is booked."""

    start: datetime


@dataclass(frozen=True, slots=True)
class MeetingHeld:
    """Both were there."""


@dataclass(frozen=True, slots=True)
class MeetingMissed:
    """Somebody was not there."""

    meeting: str
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingCancelled:
    """A meeting is called off; `person` is empty when nobody did it."""

    person: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A person got the last warning, or has heard enough this week and gets it at `again` at the earliest."""

    person: str
    again: datetime | None


Fact = (
    MentorshipCreated
    | MentorshipActivated
    | MentorshipExtended
    | MentorshipPaused
    | MentorshipResumed
    | MentorshipCompleted
    | MentorshipEnded
    | GoalDated
    | GoalCompleted
    | GoalReopened
    | GoalDropped
    | Answered
    | CheckInOpened
    | CheckInExpired
    | FitAnswered
    | KudosGiven
    | MeetingBooked
    | MeetingHeld
    | MeetingMissed
    | MeetingCancelled
    | Warned
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of a mentorship: its id, whom it names, when it happened, what it says.

    `subject` is a short key of what it is about, the same in all events about that; `sequence` its version.
    """

    event: str
    names: Names
    subject: str
    sequence: int
    time: datetime
    fact: Fact
