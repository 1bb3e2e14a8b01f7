"""Whether the two fit: asked each of them after their first meeting, and never shown to the other one."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.rules import not_found, words


class Fit(StrEnum):
    """An answer."""

    FITS = "FITS"
    UNSURE = "UNSURE"
    NO = "NO"


@dataclass(frozen=True, slots=True)
class FitQuestionOpened:
    """A participant is asked."""


@dataclass(frozen=True, slots=True)
class FitAnswered:
    """A participant answered."""


FitEvent = FitQuestionOpened | FitAnswered


@dataclass(frozen=True, slots=True)
class FitQuestion:
    """What `person`, one of `people` (mentor, mentee), is asked; `lead` is the program's, "" for none."""

    mentorship: str
    people: tuple[str, str]
    person: str
    lead: str
    fit: Fit | None = None
    words: Annotated[str, Personal("person")] = ""

    def answer(self, person: str, fit: Fit, said: str) -> tuple["FitQuestion", list[FitEvent]]:
        """Answer, as the person asked; only who was unsure answers again. Nothing ends by it.

        Raises NotFound for anybody else, Refused FIT_ANSWERED, Invalid TEXT_NOT_PLAIN.
        """
        if person != self.person:
            raise not_found()
        if self.fit not in {None, Fit.UNSURE}:
            raise Refused("FIT_ANSWERED", "you have said whether the two fit")
        return replace(self, fit=fit, words=words(said, "words")), [FitAnswered()]

    def read_by(self, person: str, *, leads: bool, oversees: bool) -> "FitQuestion":
        """Return what `person` may read: the lead of the program and overseers get no words.

        NotFound for everybody else, also for the other participant.
        """
        if person == self.person:
            return self
        if not oversees and not (leads and person == self.lead):
            raise not_found()
        return replace(self, words="")


def ask(
    mentorship: str, people: tuple[str, str], person: str, lead: str
) -> tuple[FitQuestion, list[FitEvent]]:
    """Ask one of the two."""
    return FitQuestion(mentorship, people, person, lead), [FitQuestionOpened()]
