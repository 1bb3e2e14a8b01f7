"""How a relationship goes, as the stream processor told; until it has, it is too early to say."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.mentorships.domain.mentorship import Mentorship


class Status(StrEnum):
    """How it goes."""

    UNSPECIFIED = "UNSPECIFIED"
    """In a way that a newer build knows."""
    TOO_EARLY = "TOO_EARLY"
    ON_TRACK = "ON_TRACK"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    AT_RISK = "AT_RISK"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True, slots=True)
class Finding:
    """That it goes so since `since`; `reasons` are the processor's codes, the gravest first."""

    status: Status
    since: datetime
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairHealth:
    """How a mentorship of `people` (mentor, mentee) goes; `over`: it does no more."""

    mentorship: str
    people: tuple[str, str]
    program: str
    lead: str
    since: datetime
    status: Status = Status.TOO_EARLY
    reasons: tuple[str, ...] = ()
    over: bool = False

    def found(self, finding: Finding) -> "PairHealth":
        """Return it as found."""
        return replace(self, status=finding.status, since=finding.since, reasons=finding.reasons)

    def ended(self) -> "PairHealth":
        """Return it as it was last, of a mentorship that is over."""
        return replace(self, over=True)


def unknown(key: str, mentorship: Mentorship, since: datetime) -> PairHealth:
    """Return what is known of a mentorship, whose id is `key`, before anything was found."""
    return PairHealth(key, mentorship.people, mentorship.program, mentorship.lead, since)
