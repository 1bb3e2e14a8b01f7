"""Questions of a program's own, and the answers to them.

A question never changes, so that its answers always mean what was read: in other words it is another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Conflict, Invalid
from services.kernel.personal import Personal
from services.mentorships.domain.rules import invalid, line, words

HIGHEST_RATING: Final = 5


class Occasion(StrEnum):
    """When something is asked: while a mentorship runs, or when it is over."""

    CHECK_IN = "CHECK_IN"
    CLOSING = "CLOSING"


class QuestionKind(StrEnum):
    """How a question is answered."""

    RATING = "RATING"
    CHOICE = "CHOICE"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class Wording:
    """What makes two questions the same one; `options` are there for a choice only."""

    kind: QuestionKind
    text: str
    options: tuple[str, ...] = ()

    @property
    def highest(self) -> int:
        """The highest value of an answer; all begin with 1."""
        if self.kind is QuestionKind.RATING:
            return HIGHEST_RATING
        return len(self.options) or 1

    def checked(self, field: str) -> "Wording":
        """Return it in plain text. Invalid OPTIONS_{MISPLACED,MISSING,REPEATED}, and as `line`."""
        text = line(self.text, f"{field}.text")
        options = tuple(line(one, f"{field}.options[{place}]") for place, one in enumerate(self.options))
        if self.kind is not QuestionKind.CHOICE and options:
            raise invalid("OPTIONS_MISPLACED", f"{field}.options", "must be empty but for a choice")
        if self.kind is QuestionKind.CHOICE and len(options) < 2:
            raise invalid("OPTIONS_MISSING", f"{field}.options", "must be at least two")
        if len(set(options)) < len(options):
            raise invalid("OPTIONS_REPEATED", f"{field}.options", "must differ from each other")
        return Wording(self.kind, text, options)


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `id` is its number among all of its program.

    It is asked from the survey plan's revision `since` on, and from `until` on no more; 0: it still is.
    """

    id: str
    occasion: Occasion
    wording: Wording
    required: bool = False
    since: int = 0
    until: int = 0

    def asked_at(self, revision: int) -> bool:
        """Whether a revision of the survey plan asks it."""
        return self.since <= revision and (not self.until or revision < self.until)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer to a question, by its id: a rating, the place of an option from 1, or its author's words."""

    number: str
    rating: int = 0
    choice: int = 0
    words: Annotated[str, Personal("person")] = ""

    def checked(self, wording: Wording, field: str) -> "Said":
        """Return it with trimmed words. Invalid ANSWER_MISMATCHED or TEXT_NOT_PLAIN, naming `field`."""
        said = replace(self, words=words(self.words, f"{field}.words"))
        given = [name for name in _VALUE_OF.values() if getattr(said, name)]
        if given != [_VALUE_OF[wording.kind]] or not 1 <= said.value <= wording.highest:
            raise invalid("ANSWER_MISMATCHED", field, f"must have {_wanted(wording)}")
        return said

    @property
    def value(self) -> int:
        """The rating or choice; 1 for words, 0 for nothing."""
        return self.rating or self.choice or int(bool(self.words))


_VALUE_OF: Final = {QuestionKind.RATING: "rating", QuestionKind.CHOICE: "choice", QuestionKind.TEXT: "words"}


def _wanted(wording: Wording) -> str:
    value = _VALUE_OF[wording.kind]
    return value if wording.kind is QuestionKind.TEXT else f"a {value} from 1 to {wording.highest}"


@dataclass(frozen=True, slots=True)
class Form:
    """What a revision of a program's survey plan asks on one occasion."""

    revision: int = 0
    questions: tuple[Question, ...] = ()

    def checked(self, revision: int, said: Sequence[Said], field: str) -> tuple[Said, ...]:
        """Return answers to the form that `revision` numbers; 0 without answers: whichever is in force.

        Raises Conflict SURVEY_CHANGED, Invalid UNKNOWN_QUESTION, QUESTION_REPEATED, ANSWER_MISSING or as
        `Said.checked`; each names a part of the request's `field`.
        """
        if revision != self.revision and (revision or said):
            metadata = {"revision": str(self.revision)}
            raise Conflict("SURVEY_CHANGED", "other questions are asked now", metadata=metadata)
        known = {one.id: one for one in self.questions}
        checked: dict[str, Said] = {}
        for place, one in enumerate(said):
            here = f"{field}[{place}]"
            if one.number not in known:
                raise invalid(
                    "UNKNOWN_QUESTION", f"{here}.question", "must be the id of a question of the form"
                )
            if one.number in checked:
                raise invalid("QUESTION_REPEATED", f"{here}.question", "must be answered once")
            checked[one.number] = one.checked(known[one.number].wording, here)
        self._require_whole(checked, field)
        return tuple(checked.values())

    def _require_whole(self, said: dict[str, Said], field: str) -> None:
        missing = [one.id for one in self.questions if one.required and one.id not in said]
        if missing:
            fields = [(field, f"must answer question {one}") for one in missing]
            raise Invalid("ANSWER_MISSING", f"{field} must answer all required questions", fields=fields)


NO_FORM: Final = Form()
"""Of a program that asks nothing of its own, or of no program."""


def wordless(said: Sequence[Said]) -> tuple[Said, ...]:
    """Return answers as others than their author may read them."""
    return tuple(replace(one, words="") for one in said)
