"""What is heard of a pair. People and mentorships are full resource names that pass through unread.

Structs, as in `state`: each event makes three.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Names(Struct, frozen=True):
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


class MentorshipCreated(Struct, frozen=True):
    """Two people want to work together."""


class MentorshipActivated(Struct, frozen=True):
    """Both signed, the first time or an amendment. `cadence` is zero where none is agreed."""

    cadence: timedelta
    end: date | None


class MentorshipExtended(Struct, frozen=True):
    """Both want more time."""

    end: date


class MentorshipPaused(Struct, frozen=True):
    """Clocks stop."""


class MentorshipResumed(Struct, frozen=True):
    """Clocks go on."""


class MentorshipCompleted(Struct, frozen=True):
    """Both say that it reached its end."""


class MentorshipEnded(Struct, frozen=True):
    """It is over before that."""


class GoalDated(Struct, frozen=True):
    """A goal is set or changed, with its target date as it is now."""

    target: date | None


class GoalCompleted(Struct, frozen=True):
    """A goal is reached."""

    goal: str


class GoalReopened(Struct, frozen=True):
    """A reached goal is open again."""


class GoalDropped(Struct, frozen=True):
    """A goal is given up."""


class Answered(Struct, frozen=True):
    """A person said how it goes, in a check-in or as feedback; `lowest` is 1 to 5, 0 for none."""

    person: str
    lowest: int = 0
    check_in: bool = True


class CheckInOpened(Struct, frozen=True):
    """A person is asked how it goes."""

    person: str


class CheckInExpired(Struct, frozen=True):
    """A person did not answer in time."""

    person: str


class FitAnswered(Struct, frozen=True):
    """A person said whether the two fit."""

    person: str
    fit: Fit


class KudosGiven(Struct, frozen=True):
    """One thanked the other."""

    author: str
    recipient: str


class MeetingBooked(Struct, frozen=True):
    """A meeting is booked."""

    start: datetime


class MeetingHeld(Struct, frozen=True):
    """Both were there."""


class MeetingMissed(Struct, frozen=True):
    """Somebody was not there."""

    meeting: str
    absent: tuple[str, ...] = ()


class MeetingCancelled(Struct, frozen=True):
    """A meeting is called off; `person` is empty when nobody did it."""

    person: str


class Warned(Struct, frozen=True):
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


class Heard(Struct, frozen=True):
    """One event of a mentorship: its id, whom it names, when it happened, what it says.

    `subject` is a short key of what it is about, the same in all events about that; `sequence` its version.
    """

    event: str
    names: Names
    subject: str
    sequence: int
    time: datetime
    fact: Fact
