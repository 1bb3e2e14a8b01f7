"""Questions of a program's own: what may be asked, how it changes, what may be answered, what is counted."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Invalid, Refused
from services.mentorships.domain.checkins import Answer, Rhythm, Wish, plan
from services.mentorships.domain.survey import (
    Form,
    Occasion,
    Question,
    QuestionKind,
    Said,
    Wording,
    wordless,
)
from services.mentorships.domain.survey_plan import (
    MOST_QUESTIONS,
    NOTHING_SAID,
    QuestionDraft,
    SurveyDraft,
    SurveyPlan,
    SurveyPlanUpdated,
    put,
)
from services.mentorships.domain.survey_results import (
    OF_ALL,
    SMALLEST_GROUP,
    Heard,
    Result,
    checked_in,
    counted,
    table,
)
from tests.mentorships.factories import ID, LEAD, MENTEE, NOON

CHECK_IN = Occasion.CHECK_IN
HELPFUL = Wording(QuestionKind.RATING, "How helpful is the program?")
PLACE = Wording(QuestionKind.CHOICE, "Where do you meet?", ("Office", "Online"))
WHY = Wording(QuestionKind.TEXT, "What would help you?")


def asking(*wordings: Wording, known: SurveyPlan = NOTHING_SAID, required: bool = False) -> SurveyPlan:
    """Return a plan whose check-ins ask this, set after what is known."""
    drafts = tuple(QuestionDraft(one, required) for one in wordings)
    return put(known, SurveyDraft(questions={CHECK_IN: drafts}))[0]


def form(*wordings: Wording, required: bool = False) -> Form:
    return asking(*wordings, required=required).form(CHECK_IN)


def ids(asked: SurveyPlan, revision: int | None = None) -> list[str]:
    return [one.id for one in asked.form(CHECK_IN, revision).questions]


def test_a_program_sets_when_it_asks_and_what() -> None:
    draft = SurveyDraft(
        Rhythm(14, 30),
        {CHECK_IN: (QuestionDraft(replace(HELPFUL, text="  How   helpful? ")),), Occasion.CLOSING: ()},
    )
    asked, told = put(NOTHING_SAID, draft)
    (question,) = asked.form(CHECK_IN).questions
    assert (question.id, question.wording.text, question.since) == ("1", "How helpful?", 1)
    assert (asked.rhythm, asked.revision, told) == (Rhythm(14, 30), 1, [SurveyPlanUpdated()])
    assert asked.form(Occasion.CLOSING) == Form(1)
    assert put(asked, draft) == (asked, []), "the same again is no change"


def test_what_nobody_has_set_asks_nothing_in_the_usual_rhythm() -> None:
    assert NOTHING_SAID.form(CHECK_IN) == Form()
    assert (NOTHING_SAID.rhythm.first_days, NOTHING_SAID.rhythm.every_days) == (30, 60)
    assert put(NOTHING_SAID, SurveyDraft()) == (NOTHING_SAID, [])


def test_questions_keep_their_ids_in_another_order_and_get_new_ones_in_other_words() -> None:
    first = asking(HELPFUL, PLACE)
    second = asking(PLACE, HELPFUL, known=first)
    third = asking(PLACE, replace(HELPFUL, text="How helpful is it?"), known=second)
    fourth = asking(HELPFUL, known=third)
    assert [ids(one) for one in (first, second, third, fourth)] == [["1", "2"], ["2", "1"], ["2", "3"], ["4"]]
    assert sorted(ids(fourth, 1)) == sorted(ids(fourth, 2)) == ["1", "2"]
    assert (ids(fourth, 3), ids(fourth, 4), ids(fourth, 0)) == (["2", "3"], ["4"], [])


def test_whether_an_answer_is_required_may_change_and_is_no_other_question() -> None:
    loose = asking(HELPFUL)
    strict = asking(HELPFUL, known=loose, required=True)
    assert (ids(strict), strict.revision, strict.form(CHECK_IN).questions[0].required) == (["1"], 2, True)


def test_the_same_words_on_two_occasions_are_two_questions() -> None:
    both = {occasion: (QuestionDraft(HELPFUL),) for occasion in Occasion}
    asked, _ = put(NOTHING_SAID, SurveyDraft(questions=both))
    assert [[one.id for one in asked.form(occasion).questions] for occasion in Occasion] == [["1"], ["2"]]


@pytest.mark.parametrize(
    ("wording", "reason", "field"),
    [
        (replace(HELPFUL, text=" "), "TEXT_BLANK", "text"),
        (replace(HELPFUL, text="a\x1bb"), "TEXT_NOT_PLAIN", "text"),
        (replace(HELPFUL, options=("a", "b")), "OPTIONS_MISPLACED", "options"),
        (replace(WHY, options=("a",)), "OPTIONS_MISPLACED", "options"),
        (replace(PLACE, options=("a",)), "OPTIONS_MISSING", "options"),
        (replace(PLACE, options=("a", " a ")), "OPTIONS_REPEATED", "options"),
        (replace(PLACE, options=("a", " ")), "TEXT_BLANK", "options[1]"),
        (replace(WHY, text=f" {WHY.text}"), "QUESTION_REPEATED", "text"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_by_its_field(
    wording: Wording, reason: str, field: str
) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        asking(WHY, wording)
    assert [name for name, _ in refusal.value.fields] == [f"survey_plan.check_in_questions[1].{field}"]


def test_a_program_cannot_ask_without_end() -> None:
    asked = NOTHING_SAID
    for number in range(MOST_QUESTIONS // 10):
        asked = asking(*(replace(WHY, text=f"{number} {one}") for one in range(10)), known=asked)
    with pytest.raises(Refused, match="TOO_MANY_QUESTIONS"):
        asking(WHY, known=asked)


def test_answers_of_each_kind_are_taken_with_trimmed_words() -> None:
    said = (Said("1", rating=5), Said("2", choice=2), Said("3", words=" More time. "))
    taken = form(HELPFUL, PLACE, WHY).checked(1, said, "answers")
    assert taken == (*said[:2], Said("3", words="More time."))
    assert wordless(taken) == (*said[:2], Said("3"))


@pytest.mark.parametrize(
    ("said", "reason", "field"),
    [
        (Said("1"), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("1", rating=6), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("1", rating=-1), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("1", choice=1), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("1", rating=1, words="and more"), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("2", choice=3), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("2", words="Office"), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("3", words="  "), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("3", words="\x1b"), "TEXT_NOT_PLAIN", "answers[0].words"),
        (Said("3", rating=1), "ANSWER_MISMATCHED", "answers[0]"),
        (Said("4", rating=1), "UNKNOWN_QUESTION", "answers[0].question"),
    ],
)
def test_an_answer_that_does_not_fit_its_question_is_refused_by_its_field(
    said: Said, reason: str, field: str
) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        form(HELPFUL, PLACE, WHY).checked(1, [said], "answers")
    assert [name for name, _ in refusal.value.fields] == [field]


def test_a_question_is_answered_once() -> None:
    with pytest.raises(Invalid, match="QUESTION_REPEATED") as refusal:
        form(HELPFUL).checked(1, [Said("1", rating=5), Said("1", rating=4)], "answers")
    assert [name for name, _ in refusal.value.fields] == ["answers[1].question"]


def test_every_required_question_that_is_left_out_is_named() -> None:
    with pytest.raises(Invalid, match="ANSWER_MISSING") as refusal:
        form(HELPFUL, PLACE, WHY, required=True).checked(1, [Said("2", choice=1)], "answers")
    assert [problem for _, problem in refusal.value.fields] == [
        "must answer question 1",
        "must answer question 3",
    ]
    assert form(HELPFUL).checked(0, (), "answers") == (), "who has read no form may answer nothing of it"


@pytest.mark.parametrize(
    ("revision", "said"), [(0, (Said("1", rating=5),)), (2, ()), (2, (Said("1", rating=5),))]
)
def test_answers_to_another_form_are_refused_with_the_revision_to_read(
    revision: int, said: Sequence[Said]
) -> None:
    with pytest.raises(Conflict, match="SURVEY_CHANGED") as refusal:
        form(HELPFUL).checked(revision, said, "answers")
    assert refusal.value.metadata == {"revision": "1"}


RATED = Question("1", CHECK_IN, HELPFUL)
CHOSEN = Question("2", CHECK_IN, PLACE)
WORDED = Question("3", CHECK_IN, WHY)


def heard(question: str, *values: int) -> list[Heard]:
    """Return a person's answer for every value."""
    return [Heard(f"p{place}", question, value) for place, value in enumerate(values)]


def test_answers_are_counted_by_question() -> None:
    rated, chosen, worded = counted(
        [RATED, CHOSEN, WORDED],
        [*heard("1", 5, 5, 4, 3, 1), *heard("2", 1, 2, 2, 2, 2, 2), *heard("3", 1, 1, 1, 1, 1)],
    )
    assert rated == Result(RATED, 5, 5, mean=3.6, counts=(1, 0, 1, 1, 2))
    assert chosen == Result(CHOSEN, 6, 6, counts=(1, 5))
    assert worded == Result(WORDED, 5, 5)


def test_what_few_people_say_is_not_told_however_often_they_say_it() -> None:
    few = heard("1", *[5] * (SMALLEST_GROUP - 1))
    assert counted([RATED, CHOSEN], few * 3) == [Result(RATED, hidden=True), Result(CHOSEN)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=40))
def test_counts_add_up_or_nothing_is_told(answers: list[tuple[int, int]]) -> None:
    (result,) = counted([RATED], [Heard(str(person), "1", value) for person, value in answers])
    people = len({person for person, _ in answers})
    if people < SMALLEST_GROUP:
        assert result == Result(RATED, hidden=people > 0)
        return
    assert (result.people, result.answers, sum(result.counts)) == (people, len(answers), len(answers))
    total = sum(place * times for place, times in enumerate(result.counts, start=1))
    assert result.mean == pytest.approx(total / len(answers))


def test_the_ratings_of_all_programs_are_counted_like_their_own_questions() -> None:
    answer = Answer(quality=4, changes=(Wish.CADENCE, Wish.GOALS), said=(Said("1", rating=2),), form=1)
    opened = plan(ID, MENTEE, LEAD, NOON)[0].fire(NOON.replace(year=2027))[0]
    answered, _ = opened.answer(1, MENTEE, answer, NOON, form(HELPFUL))
    assert [(one.person, one.question, one.value) for one in checked_in(answered)] == [
        (MENTEE, "quality", 4),
        (MENTEE, "changes", 2),
        (MENTEE, "changes", 6),
        (MENTEE, "1", 2),
    ]
    assert list(checked_in(opened)) == []
    assert {one.id for one in OF_ALL[CHECK_IN]} == {
        "quality",
        "progress",
        "confidence",
        "satisfaction",
        "changes",
    }


def test_the_table_has_a_row_per_value_and_no_formulas() -> None:
    wording = Wording(QuestionKind.CHOICE, "=1+1", ("Office", "@home"))
    results = counted(
        [RATED, replace(CHOSEN, wording=wording), WORDED], [*heard("2", 1, 1, 1, 2, 2), *heard("3", 1)]
    )
    assert table(results).splitlines() == [
        "question,kind,text,people,answers,mean,option,count",
        "1,RATING,How helpful is the program?,0,0,,,",
        "2,CHOICE,'=1+1,5,5,,Office,3",
        "2,CHOICE,'=1+1,5,5,,'@home,2",
        "3,TEXT,What would help you?,hidden,hidden,hidden,,",
    ]
