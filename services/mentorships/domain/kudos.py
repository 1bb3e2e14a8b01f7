"""Kudos: thanks from one of the two to the other, in words for them only."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.personal import Personal
from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.partners import partner
from services.mentorships.domain.rules import not_found, words

DAILY: Final = 3
"""How often one may thank the other within a UTC day, by our own choice: by the dozen they mean nothing."""


class Category(StrEnum):
    """What somebody is thanked for."""

    GUIDANCE = "GUIDANCE"
    ENCOURAGEMENT = "ENCOURAGEMENT"
    SKILL = "SKILL"
    NETWORK = "NETWORK"
    EFFORT = "EFFORT"
    GROWTH = "GROWTH"


@dataclass(frozen=True, slots=True)
class KudosGiven:
    """Somebody was thanked."""


@dataclass(frozen=True, slots=True)
class KudosDraft:
    """Thanks as asked for."""

    category: Category
    words: str = ""


@dataclass(frozen=True, slots=True)
class Kudos:
    """Thanks within `people` (author, recipient); `claims` is its numbered place in the author's day."""

    mentorship: str
    people: tuple[str, str]
    category: Category
    words: Annotated[str, Personal("people.0")]
    claims: tuple[str, ...] = ()

    @property
    def author(self) -> str:
        """Who thanked."""
        return self.people[0]

    @property
    def recipient(self) -> str:
        """Who was thanked."""
        return self.people[1]

    def read_by(self, person: str, *, oversees: bool) -> "Kudos":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in self.people:
            return self
        if not oversees:
            raise not_found()
        return replace(self, words="")

    def placed(self, place: int, today: date) -> "Kudos":
        """Return it at a place of the day, from 0 to below `DAILY`."""
        return replace(self, claims=(f"{self.mentorship}/{self.author}/{today.isoformat()}/{place}",))


def give(key: str, mentorship: Mentorship, author: str, draft: KudosDraft) -> tuple[Kudos, list[KudosGiven]]:
    """Thank the other one of `mentorship`, whose id is `key`; it has no place in the day yet.

    Raises NotFound for others than the two, Refused MENTORSHIP_NOT_ACTIVE, Invalid TEXT_NOT_PLAIN.
    """
    people = (author, partner(mentorship, author))
    return Kudos(key, people, draft.category, words(draft.words, "kudos.words")), [KudosGiven()]
