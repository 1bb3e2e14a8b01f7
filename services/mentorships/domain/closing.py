"""How a mentorship reaches its end: extended, closed by both, and looked back on."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.kernel.errors import Conflict, Refused
from services.mentorships.domain.days import months_later, require_ahead
from services.mentorships.domain.ending import over
from services.mentorships.domain.happenings import (
    ClosingProposed,
    ClosingSurveyAnswered,
    ExtensionProposed,
    MentorshipCompleted,
    MentorshipEvent,
    MentorshipExtended,
)
from services.mentorships.domain.mentorship import Extension, Mentorship, Over, Stage, Survey
from services.mentorships.domain.rules import invalid, words
from services.mentorships.domain.survey import NO_FORM, Form, Said

EXTENSION_MONTHS: Final = 3

Decision = tuple[Mentorship, list[MentorshipEvent]]


@dataclass(frozen=True, slots=True)
class Answers:
    """How somebody looks back; ranges are the contract's. `said` and `form` as of `Survey`."""

    satisfaction: int
    recommends: bool
    comment: str = ""
    said: tuple[Said, ...] = ()
    form: int = 0


def ask_for_more(mentorship: Mentorship, person: str, end_date: date | None, now: datetime) -> Decision:
    """Ask the other one for a later last day; None: three months more. It replaces what was asked before.

    Raises Denied NOT_A_PARTICIPANT, Refused NO_END_DATE or as `require_active`, Invalid END_DATE_NOT_LATER,
    END_DATE_PAST or END_DATE_TOO_FAR.
    """
    mentorship.require_participant(person)
    mentorship.require_active()
    present = _last_day(mentorship)
    wanted = end_date or months_later(present, EXTENSION_MONTHS)
    if wanted <= present:
        raise invalid("END_DATE_NOT_LATER", "end_date", "must be after the present last day")
    require_ahead(wanted, now, "end_date")
    return replace(mentorship, extension=Extension(person, wanted)), [ExtensionProposed()]


def extend(mentorship: Mentorship, person: str, end_date: date, now: datetime) -> Decision:
    """Agree to the last day that the other one asked for. Nobody closes what goes on.

    Raises Denied NOT_A_PARTICIPANT, Refused EXTENSION_MISSING, OWN_PROPOSAL or as `require_active`, Conflict
    EXTENSION_CHANGED when another day is asked for, Invalid END_DATE_PAST when it has gone by meanwhile.
    """
    mentorship.require_participant(person)
    mentorship.require_active()
    asked = mentorship.extension
    if asked is None:
        raise Refused("EXTENSION_MISSING", "nobody has asked for more time")
    if asked.person == person:
        raise Refused("OWN_PROPOSAL", "the other one has to agree")
    if asked.end_date != end_date:
        raise Conflict(
            "EXTENSION_CHANGED",
            "another last day is asked for",
            metadata={"end_date": asked.end_date.isoformat()},
        )
    require_ahead(end_date, now, "end_date")
    return replace(mentorship, end_date=end_date, extension=None, closing=""), [MentorshipExtended()]


def close(mentorship: Mentorship, person: str, now: datetime) -> Decision:
    """Say that it has reached its end; the second of the two completes it.

    Raises Denied NOT_A_PARTICIPANT, Refused CLOSING_PROPOSED when said before, or as `require_active`.
    """
    mentorship.require_participant(person)
    mentorship.require_active()
    if mentorship.closing == person:
        raise Refused("CLOSING_PROPOSED", "you have said so; the other one has to agree")
    if not mentorship.closing:
        return replace(mentorship, closing=person), [ClosingProposed()]
    return over(mentorship, Stage.COMPLETED, Over(now)), [MentorshipCompleted(lapsed=False)]


def look_back(
    mentorship: Mentorship, person: str, answers: Answers, now: datetime, form: Form = NO_FORM
) -> Decision:
    """Answer the closing survey, once it is over, when the program asks what is in `form`.

    Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_NOT_OVER, NEVER_ACTIVE or SURVEY_ANSWERED, Invalid
    TEXT_NOT_PLAIN, and as `Form.checked`.
    """
    mentorship.require_participant(person)
    if mentorship.is_open:
        raise Refused("MENTORSHIP_NOT_OVER", "look back when it is over")
    if mentorship.in_force is None:
        raise Refused("NEVER_ACTIVE", "the two have never agreed to work together")
    if any(survey.person == person for survey in mentorship.surveys):
        raise Refused("SURVEY_ANSWERED", "you have looked back already")
    comment = words(answers.comment, "survey.comment")
    said = form.checked(answers.form, answers.said, "survey.answers")
    survey = Survey(person, answers.satisfaction, answers.recommends, comment, now, said, form.revision)
    happened = ClosingSurveyAnswered(person, answers.satisfaction, answers.recommends)
    return replace(mentorship, surveys=(*mentorship.surveys, survey)), [happened]


def _last_day(mentorship: Mentorship) -> date:
    if mentorship.end_date is None:
        raise Refused("NO_END_DATE", "no last day is agreed; there is nothing to extend")
    return mentorship.end_date
