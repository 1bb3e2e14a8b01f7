"""What the participants of a program answered, counted by question; nothing tells how a few people did."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.kernel.tables import inert
from services.mentorships.domain.checkins import Answer, CheckInPlan, Wish
from services.mentorships.domain.mentorship import Survey
from services.mentorships.domain.survey import HIGHEST_RATING, Occasion, Question, QuestionKind, Said, Wording

SMALLEST_GROUP: Final = 5
"""As for the shares of cohort reports."""

RATINGS: Final = ("quality", "progress", "confidence", "satisfaction")
CHANGES: Final = tuple(Wish)
HEADER: Final = ("question", "kind", "text", "people", "answers", "mean", "option", "count")

_RATED: Final = Wording(QuestionKind.RATING, "")


def _asked_of_all(occasion: Occasion, wordings: Mapping[str, Wording]) -> tuple[Question, ...]:
    return tuple(Question(name, occasion, wording) for name, wording in wordings.items())


OF_ALL: Final[Mapping[Occasion, tuple[Question, ...]]] = {
    Occasion.CHECK_IN: _asked_of_all(
        Occasion.CHECK_IN,
        {**dict.fromkeys(RATINGS, _RATED), "changes": Wording(QuestionKind.CHOICE, "", CHANGES)},
    ),
    Occasion.CLOSING: _asked_of_all(
        Occasion.CLOSING,
        {"satisfaction": _RATED, "recommends": Wording(QuestionKind.CHOICE, "", ("YES", "NO"))},
    ),
}
"""What all programs ask, under the names of the contract's fields."""


@dataclass(frozen=True, slots=True)
class Heard:
    """That a person answered a question, with a rating, the place of an option from 1, or words (1)."""

    person: str
    question: str
    value: int


@dataclass(frozen=True, slots=True)
class Result:
    """How a question was answered. `counts` are by rating or option, () for words.

    `hidden`: so few people answered that nothing is told, and all is 0.
    """

    question: Question
    people: int = 0
    answers: int = 0
    mean: float = 0.0
    counts: tuple[int, ...] = ()
    hidden: bool = False


def checked_in(plan: CheckInPlan) -> Iterator[Heard]:
    """Yield what a person answered in the check-ins of one mentorship."""
    for answer in (one.answer for one in plan.check_ins if one.answer is not None):
        yield from (Heard(plan.person, *rated) for rated in _rated(answer))
        yield from (Heard(plan.person, "changes", CHANGES.index(wish) + 1) for wish in answer.changes)
        yield from _said(plan.person, answer.said)


def looked_back(survey: Survey) -> Iterator[Heard]:
    """Yield what a person answered when a mentorship was over."""
    yield Heard(survey.person, "satisfaction", survey.satisfaction)
    yield Heard(survey.person, "recommends", 1 if survey.recommends else 2)
    yield from _said(survey.person, survey.said)


def counted(questions: Sequence[Question], heard: Iterable[Heard]) -> list[Result]:
    """Count what was heard, by question, in their order."""
    by_question: dict[str, list[Heard]] = {}
    for one in heard:
        by_question.setdefault(one.question, []).append(one)
    return [_result(question, by_question.get(question.id, [])) for question in questions]


def table(results: Iterable[Result]) -> str:
    """Return RFC 4180 text with a header: a row per rating or option, one for words or what is hidden."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for one in results:
        writer.writerows(_rows(one))
    return text.getvalue()


def _result(question: Question, heard: Sequence[Heard]) -> Result:
    people, values = len({one.person for one in heard}), [one.value for one in heard]
    if people < SMALLEST_GROUP:
        return Result(question, hidden=people > 0)
    times, rated = Counter(values), question.wording.kind is QuestionKind.RATING
    counts = tuple(times[place + 1] for place in range(len(_labels(question.wording))))
    return Result(question, people, len(values), sum(values) / len(values) if rated else 0.0, counts)


def _labels(wording: Wording) -> Sequence[str]:
    if wording.kind is QuestionKind.RATING:
        return [str(rating) for rating in range(1, HIGHEST_RATING + 1)]
    return wording.options


def _rows(result: Result) -> Iterator[tuple[object, ...]]:
    wording = result.question.wording
    shown = ("hidden",) * 3 if result.hidden else (result.people, result.answers, _mean(result))
    about = (result.question.id, wording.kind, inert(wording.text), *shown)
    if not result.counts:
        yield (*about, "", "")
    for label, times in zip(_labels(wording), result.counts, strict=False):
        yield (*about, inert(label), times)


def _mean(result: Result) -> str:
    rated = result.answers and result.question.wording.kind is QuestionKind.RATING
    return f"{result.mean:.2f}" if rated else ""


def _rated(answer: Answer) -> Iterator[tuple[str, int]]:
    return ((name, value) for name in RATINGS if (value := getattr(answer, name)))


def _said(person: str, said: Iterable[Said]) -> Iterator[Heard]:
    return (Heard(person, one.number, one.value) for one in said)
