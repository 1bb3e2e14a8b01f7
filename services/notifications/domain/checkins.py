"""A check-in as the page behind a link shows it, and what its form says."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.kernel.errors import Invalid

RATINGS: Final = ("quality", "progress", "confidence", "satisfaction")
"""What every check-in asks, from 1 (poor) to 5 (very good); one answer is enough."""
HIGHEST: Final = 5
LONGEST_WORDS: Final = 1000
REVISION: Final = "revision"
_MOST_DIGITS: Final = 9


class Stage(StrEnum):
    """What became of a check-in."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"


class Kind(StrEnum):
    """How a program's own question is answered."""

    RATING = "RATING"
    CHOICE = "CHOICE"
    TEXT = "TEXT"


_NUMBERED: Final = (Kind.RATING, Kind.CHOICE)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the program's own."""

    id: str
    kind: Kind
    text: str
    options: tuple[str, ...] = ()
    required: bool = False

    @property
    def field(self) -> str:
        """Its name in the form, which tells its kind so that answers can be read without the question."""
        return f"{self.kind}.{self.id}"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What is asked, while it is open; `revision` numbers the program's own questions."""

    stage: Stage
    revision: int = 0
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one of the program's questions: a number, or words."""

    question: str
    kind: Kind
    value: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a form says; ratings by name."""

    ratings: Mapping[str, int]
    revision: int = 0
    said: tuple[Said, ...] = ()


def answer_of(form: Mapping[str, str]) -> Answer:
    """Read a form; what is left empty is left out. Invalid ANSWER_MALFORMED for what is no number."""
    filled = {name: value.strip() for name, value in form.items() if value.strip()}
    return Answer(
        ratings={name: _number(name, filled[name]) for name in RATINGS if name in filled},
        revision=_number(REVISION, filled.get(REVISION, "0")),
        said=tuple(said for name, value in filled.items() if (said := _said(name, value))),
    )


def _said(name: str, value: str) -> Said | None:
    kind, _, question = name.partition(".")
    if kind == Kind.TEXT:
        return Said(question, Kind.TEXT, words=value)
    return Said(question, Kind(kind), _number(name, value)) if kind in _NUMBERED else None


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS):
        raise Invalid("ANSWER_MALFORMED", "an answer is no number", fields=((name[:64], "must be a number"),))
    return int(value)
