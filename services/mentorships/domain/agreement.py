"""What two people agree on, revision after revision. What both have signed never changes."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.days import require_ahead
from services.mentorships.domain.rules import line, words

MOST_AMENDMENTS: Final = 30
"""Signed revisions lie in the mentorship's one document, which is read and written with each change."""


class Channel(StrEnum):
    """How the two communicate."""

    VIDEO = "VIDEO"
    IN_PERSON = "IN_PERSON"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CHAT = "CHAT"


class Confidentiality(StrEnum):
    """What of it may be told to others."""

    NOTHING_LEAVES = "NOTHING_LEAVES"
    TOPICS_ONLY = "TOPICS_ONLY"
    WITH_CONSENT = "WITH_CONSENT"


@dataclass(frozen=True, slots=True)
class Terms:
    """What two people agree on. Ranges are the contract's.

    Focus areas and expectations are the pair's own words. None and "" mean: not agreed.
    """

    cadence_days: int
    meeting_minutes: int
    channels: tuple[Channel, ...]
    focus_areas: Annotated[tuple[str, ...], Personal("mentors.0|people.1")]
    mentor_expectations: Annotated[str, Personal("mentors.0|people.0")] = ""
    mentee_expectations: Annotated[str, Personal("mentors.0|people.1")] = ""
    confidentiality: Confidentiality | None = None
    end_date: date | None = None

    def checked(self, now: datetime) -> "Terms":
        """Return them in plain text.

        Raises Invalid for focus areas that say nothing, and END_DATE_PAST or END_DATE_TOO_FAR.
        """
        require_ahead(self.end_date, now, "agreement.end_date")
        return replace(
            self,
            focus_areas=tuple(line(area, "agreement.focus_areas") for area in self.focus_areas),
            mentor_expectations=words(self.mentor_expectations, "agreement.mentor_expectations"),
            mentee_expectations=words(self.mentee_expectations, "agreement.mentee_expectations"),
        )

    def without_words(self) -> "Terms":
        """Return what others than the two may read."""
        return replace(self, focus_areas=(), mentor_expectations="", mentee_expectations="")


@dataclass(frozen=True, slots=True)
class Usual:
    """What a first proposal in a program may start from; focus areas are codes, 0 days: no end."""

    cadence_days: int
    meeting_minutes: int
    channels: tuple[Channel, ...] = ()
    focus_areas: tuple[str, ...] = ()
    length_days: int = 0

    def terms(self, first_day: date) -> Terms:
        """Return it as terms of a mentorship that begins on `first_day`."""
        end_date = first_day + timedelta(self.length_days) if self.length_days else None
        return Terms(
            self.cadence_days, self.meeting_minutes, self.channels, self.focus_areas, end_date=end_date
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """One revision of the terms (counted from 1), who has signed it, and when the second of the two did."""

    terms: Terms
    revision: int
    signed_by: tuple[str, ...] = ()
    sign_time: datetime | None = None

    def in_force_between(self, people: tuple[str, str]) -> bool:
        """Whether both have signed."""
        return set(self.signed_by) == set(people)

    def sign(self, person: str, people: tuple[str, str], now: datetime) -> "Agreement":
        """Sign for one of `people`. Raises Refused ALREADY_SIGNED."""
        if person in self.signed_by:
            raise Refused("ALREADY_SIGNED", "you have signed this revision")
        signed = replace(self, signed_by=(*self.signed_by, person))
        return replace(signed, sign_time=now) if signed.in_force_between(people) else signed

    def without_words(self) -> "Agreement":
        """Return what others than the two may read."""
        return replace(self, terms=self.terms.without_words())
