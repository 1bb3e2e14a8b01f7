"""When a program asks its mentorships how it goes, and what of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from services.kernel.errors import Refused
from services.mentorships.domain.checkins import USUAL, Rhythm
from services.mentorships.domain.rules import invalid
from services.mentorships.domain.survey import Form, Occasion, Question, Wording

MOST_QUESTIONS: Final = 200
"""All that a program ever asked are kept, for their answers, in one document."""


@dataclass(frozen=True, slots=True)
class SurveyPlanUpdated:
    """What is asked, or when, has changed."""


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question as asked for."""

    wording: Wording
    required: bool = False


Drafts = tuple[QuestionDraft, ...]

FIELD_OF: Final[Mapping[Occasion, str]] = {
    Occasion.CHECK_IN: "survey_plan.check_in_questions",
    Occasion.CLOSING: "survey_plan.closing_questions",
}
"""Where a request has the questions of an occasion."""


@dataclass(frozen=True, slots=True)
class SurveyDraft:
    """A survey plan as asked for."""

    rhythm: Rhythm = USUAL
    questions: Mapping[Occasion, Drafts] = field(default_factory=dict)

    def checked(self) -> "SurveyDraft":
        """Return it in plain text. Invalid QUESTION_REPEATED or as `Wording.checked`."""
        questions = {
            occasion: _checked(drafts, FIELD_OF[occasion]) for occasion, drafts in self.questions.items()
        }
        return replace(self, questions=questions)


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """What a program asks and ever asked, those asked now last, in their order; `numbered` counts them all.

    `revision` counts the changes; 0: the program has said nothing.
    """

    rhythm: Rhythm = USUAL
    questions: tuple[Question, ...] = ()
    revision: int = 0
    numbered: int = 0

    def form(self, occasion: Occasion, revision: int | None = None) -> Form:
        """Return what a revision asks, the present one if none is given; earlier ones in the order of ids."""
        at = self.revision if revision is None else revision
        asked = [one for one in self.of(occasion) if one.asked_at(at)]
        return Form(at, tuple(asked if at == self.revision else sorted(asked, key=by_number)))

    def of(self, occasion: Occasion) -> tuple[Question, ...]:
        """Return all that was ever asked on an occasion."""
        return tuple(one for one in self.questions if one.occasion is occasion)


Decision = tuple[SurveyPlan, list[SurveyPlanUpdated]]

NOTHING_SAID: Final = SurveyPlan()


def by_number(question: Question) -> int:
    """Return the place of a question among all of its program."""
    return int(question.id)


def put(known: SurveyPlan, draft: SurveyDraft) -> Decision:
    """Set all of it; questions in the same words stay what they are, the others are asked no more.

    Raises Refused TOO_MANY_QUESTIONS, Invalid as `SurveyDraft.checked`.
    """
    wanted = draft.checked()
    new = _asking(replace(known, rhythm=wanted.rhythm), wanted)
    if new == known:
        return known, []
    if len(new.questions) > MOST_QUESTIONS:
        raise Refused(
            "TOO_MANY_QUESTIONS", f"a program asks at most {MOST_QUESTIONS} in all, old ones included"
        )
    return replace(new, revision=known.revision + 1), [SurveyPlanUpdated()]


def _asking(known: SurveyPlan, wanted: SurveyDraft) -> SurveyPlan:
    revision, numbered = known.revision + 1, known.numbered
    before = {(one.occasion, one.wording): one for one in known.questions if not one.until}
    asked = []
    for occasion, drafts in wanted.questions.items():
        for draft in drafts:
            same = before.pop((occasion, draft.wording), None)
            if same is None:
                numbered += 1
                same = Question(str(numbered), occasion, draft.wording, since=revision)
            asked.append(replace(same, required=draft.required))
    gone = [
        one if one.until else replace(one, until=revision) for one in known.questions if _is_gone(one, asked)
    ]
    return replace(known, questions=(*gone, *asked), numbered=numbered)


def _is_gone(question: Question, asked: list[Question]) -> bool:
    return all(question.id != one.id for one in asked)


def _checked(drafts: Drafts, path: str) -> Drafts:
    checked: list[QuestionDraft] = []
    for place, draft in enumerate(drafts):
        wording = draft.wording.checked(f"{path}[{place}]")
        if any(one.wording == wording for one in checked):
            raise invalid(
                "QUESTION_REPEATED", f"{path}[{place}].text", "must differ from the other questions"
            )
        checked.append(replace(draft, wording=wording))
    return tuple(checked)
