"""Blocks: somebody keeps away from a person for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.mentorships.domain import ending
from services.mentorships.domain.happenings import MentorshipEvent
from services.mentorships.domain.mentorship import EndReason, Mentorship, Who
from services.mentorships.domain.rules import invalid

_FOR_SAFETY: Final = ending.Parting(EndReason.SAFETY, never_again=True)
_ON_BEHALF_OF_HR: Final = Who("", oversees=True, hr=True)


@dataclass(frozen=True, slots=True)
class PersonBlocked:
    """Somebody will not be brought together with somebody else again."""


@dataclass(frozen=True, slots=True)
class Block:
    """Who keeps away from whom."""

    blocker: str
    blocked: str

    @property
    def people(self) -> list[str]:
        """Both."""
        return [self.blocker, self.blocked]


def block(blocker: str, blocked: str) -> tuple[Block, list[PersonBlocked]]:
    """Keep away from a person. Raises Invalid SAME_PERSON."""
    if blocker == blocked:
        raise invalid("SAME_PERSON", "person", "must be somebody else")
    return Block(blocker, blocked), [PersonBlocked()]


def separate(mentorship: Mentorship, now: datetime) -> tuple[Mentorship, list[MentorshipEvent]]:
    """Finish a mentorship of two people who must not meet; one that is over already stays as it is."""
    if not mentorship.is_open:
        return mentorship, []
    return ending.end(mentorship, _ON_BEHALF_OF_HR, _FOR_SAFETY, now)
