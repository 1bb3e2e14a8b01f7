"""What happened to a mentorship; its state after the change tells the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MentorshipCreated:
    """Two people want to work together, or one of them asks the other."""


@dataclass(frozen=True, slots=True)
class AgreementProposed:
    """One of the two proposed terms."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class AgreementSigned:
    """One of the two signed."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class AgreementWithdrawn:
    """One of the two took unsigned terms off the table."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class MentorshipActivated:
    """Both signed, now or an amendment."""

    cadence_days: int
    meeting_minutes: int


@dataclass(frozen=True, slots=True)
class MentorshipPaused:
    """It rests."""


@dataclass(frozen=True, slots=True)
class MentorshipResumed:
    """It goes on."""


@dataclass(frozen=True, slots=True)
class ExtensionProposed:
    """One of the two asks for more time."""


@dataclass(frozen=True, slots=True)
class MentorshipExtended:
    """Both want more time."""


@dataclass(frozen=True, slots=True)
class MentorshipEndNear:
    """The last day is two weeks ahead, or less."""


@dataclass(frozen=True, slots=True)
class ClosingProposed:
    """One of the two says that it has reached its end."""


@dataclass(frozen=True, slots=True)
class MentorshipCompleted:
    """It has reached its end; `lapsed`: nobody said so in time."""

    lapsed: bool


@dataclass(frozen=True, slots=True)
class MentorshipEnded:
    """It is over before both said that it reached its end."""


@dataclass(frozen=True, slots=True)
class MentorshipHandedOver:
    """Another mentor goes on."""


@dataclass(frozen=True, slots=True)
class ClosingSurveyAnswered:
    """One of the two looked back."""

    person: str
    satisfaction: int
    recommends: bool


MentorshipEvent = (
    MentorshipCreated
    | AgreementProposed
    | AgreementSigned
    | AgreementWithdrawn
    | MentorshipActivated
    | MentorshipPaused
    | MentorshipResumed
    | ExtensionProposed
    | MentorshipExtended
    | MentorshipEndNear
    | ClosingProposed
    | MentorshipCompleted
    | MentorshipEnded
    | MentorshipHandedOver
    | ClosingSurveyAnswered
)
