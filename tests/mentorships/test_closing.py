"""How a mentorship reaches its end, without any server: in time, later, by itself, and seen from after."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Denied, Invalid, Refusal, Refused
from services.mentorships.domain import (
    ClosingProposed,
    ClosingSurveyAnswered,
    Extension,
    ExtensionProposed,
    Mentorship,
    MentorshipCompleted,
    MentorshipEndNear,
    MentorshipEvent,
    MentorshipExtended,
    Over,
    Stage,
    Survey,
    Who,
    agreeing,
    ending,
    timers,
)
from services.mentorships.domain.closing import Answers, ask_for_more, close, extend, look_back
from services.mentorships.domain.days import months_later, over_time
from tests.mentorships.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    STRANGER,
    TERMS,
    active,
    agreed,
    dated,
    ended,
    paused,
    proposed,
    signed,
)

DAY = timedelta(days=1)
END = date(2026, 6, 30)
THREE_MONTHS_ON = date(2026, 9, 30)
NEAR = datetime(2026, 6, 16, tzinfo=UTC)
LAPSE = datetime(2026, 7, 15, 12, tzinfo=UTC)
"""Two weeks after the last place on earth has seen the end of June 30th."""


def asked() -> Mentorship:
    """Return a mentorship until END whose mentor asks for three months more."""
    return ask_for_more(dated(END), MENTOR, None, NOON)[0]


def half_closed() -> Mentorship:
    return close(dated(END), MENTEE, NOON)[0]


def completed() -> Mentorship:
    return close(half_closed(), MENTOR, NOON)[0]


def test_one_asks_for_three_months_more_and_the_other_agrees() -> None:
    waiting, events = ask_for_more(dated(END), MENTOR, None, NOON)
    assert (waiting.extension, events) == (Extension(MENTOR, THREE_MONTHS_ON), [ExtensionProposed()])
    assert waiting.end_date == END, "nothing is extended before both agree"
    extended, events = extend(waiting, MENTEE, THREE_MONTHS_ON, NOON)
    assert (extended.end_date, extended.extension, events) == (THREE_MONTHS_ON, None, [MentorshipExtended()])
    assert extended.in_force == dated(END).in_force


def test_a_new_question_replaces_the_one_before() -> None:
    other = date(2026, 8, 1)
    counter, _ = ask_for_more(asked(), MENTEE, other, NOON)
    assert counter.extension == Extension(MENTEE, other)
    with pytest.raises(Refused, match="OWN_PROPOSAL"):
        extend(counter, MENTEE, other, NOON)
    with pytest.raises(Conflict, match="EXTENSION_CHANGED") as refusal:
        extend(counter, MENTOR, THREE_MONTHS_ON, NOON)
    assert refusal.value.metadata == {"end_date": "2026-08-01"}


@pytest.mark.parametrize(
    ("mentorship", "person", "end_date", "kind", "reason"),
    [
        pytest.param(dated(END), STRANGER, None, Denied, "NOT_A_PARTICIPANT", id="stranger"),
        pytest.param(active(), MENTOR, None, Refused, "NO_END_DATE", id="open end"),
        pytest.param(proposed(), MENTOR, None, Refused, "MENTORSHIP_NOT_ACTIVE", id="not begun"),
        pytest.param(paused(dated(END)), MENTOR, None, Refused, "MENTORSHIP_PAUSED", id="rests"),
        pytest.param(completed(), MENTOR, None, Refused, "MENTORSHIP_ENDED", id="over"),
        pytest.param(dated(END), MENTOR, END, Invalid, "END_DATE_NOT_LATER", id="same day"),
        pytest.param(dated(END), MENTOR, date(2099, 1, 1), Invalid, "END_DATE_TOO_FAR", id="too far"),
    ],
)
def test_questions_that_are_refused(
    mentorship: Mentorship, person: str, end_date: date | None, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        ask_for_more(mentorship, person, end_date, NOON)


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "reason"),
    [
        (asked(), STRANGER, Denied, "NOT_A_PARTICIPANT"),
        (asked(), MENTOR, Refused, "OWN_PROPOSAL"),
        (dated(END), MENTEE, Refused, "EXTENSION_MISSING"),
    ],
)
def test_consents_that_are_refused(
    mentorship: Mentorship, person: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        extend(mentorship, person, THREE_MONTHS_ON, NOON)


def test_signed_terms_say_the_last_day_whatever_was_asked_before() -> None:
    amendment = replace(TERMS, end_date=date(2026, 12, 1))
    mentorship = signed(agreeing.propose(asked(), MENTEE, amendment, NOON)[0], MENTEE, MENTOR)
    assert (mentorship.end_date, mentorship.extension) == (date(2026, 12, 1), None)


def test_both_say_that_it_has_reached_its_end() -> None:
    waiting, events = close(dated(END), MENTEE, NOON)
    assert (waiting.stage, waiting.closing, events) == (Stage.ACTIVE, MENTEE, [ClosingProposed()])
    with pytest.raises(Refused, match="CLOSING_PROPOSED"):
        close(waiting, MENTEE, NOON)
    done, events = close(waiting, MENTOR, NOON + DAY)
    assert (done.stage, done.over, events) == (
        Stage.COMPLETED,
        Over(NOON + DAY),
        [MentorshipCompleted(lapsed=False)],
    )
    assert timers.due_at(done) is None


def test_who_agrees_to_more_time_closes_nothing() -> None:
    mentorship = ask_for_more(half_closed(), MENTOR, None, NOON)[0]
    assert extend(mentorship, MENTEE, THREE_MONTHS_ON, NOON)[0].closing == ""


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "reason"),
    [
        (active(), STRANGER, Denied, "NOT_A_PARTICIPANT"),
        (agreed(MENTOR), MENTOR, Refused, "MENTORSHIP_NOT_ACTIVE"),
        (paused(), MENTOR, Refused, "MENTORSHIP_PAUSED"),
        (completed(), MENTOR, Refused, "MENTORSHIP_ENDED"),
    ],
)
def test_closings_that_are_refused(
    mentorship: Mentorship, person: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        close(mentorship, person, NOON)


def test_two_weeks_before_the_last_day_both_are_told_once() -> None:
    mentorship = dated(END)
    assert timers.due_at(mentorship) == NEAR
    assert timers.fire(mentorship, NEAR - timedelta(milliseconds=1)) == (mentorship, [])
    told, events = timers.fire(mentorship, NEAR)
    assert events == [MentorshipEndNear()]
    assert timers.due_at(told) == LAPSE
    assert timers.fire(told, LAPSE - timedelta(milliseconds=1)) == (told, [])


def test_nobody_closes_it_and_it_completes_by_itself_two_weeks_after_its_last_day() -> None:
    told = timers.fire(asked(), NEAR)[0]
    done, events = timers.fire(told, LAPSE)
    assert (done.stage, done.over, events) == (
        Stage.COMPLETED,
        Over(LAPSE),
        [MentorshipCompleted(lapsed=True)],
    )
    assert done.extension is None


def test_a_timer_that_slept_through_completes_without_saying_that_it_will() -> None:
    assert timers.fire(dated(END), LAPSE + 99 * DAY)[1] == [MentorshipCompleted(lapsed=True)]


def test_more_time_is_agreed_on_even_after_the_last_day_and_its_end_is_told_anew() -> None:
    late = LAPSE - DAY
    mentorship = timers.fire(dated(END), NEAR)[0]
    mentorship = ask_for_more(mentorship, MENTEE, None, late)[0]
    mentorship = extend(mentorship, MENTOR, THREE_MONTHS_ON, late)[0]
    assert timers.due_at(mentorship) == datetime(2026, 9, 16, tzinfo=UTC)


def test_an_open_end_has_no_timer() -> None:
    for mentorship in (proposed(), active(), ended(), completed()):
        assert timers.due_at(mentorship) is None
        assert timers.fire(mentorship, NOON + 9999 * DAY) == (mentorship, [])


ANSWERS = Answers(satisfaction=4, recommends=True, comment=" It was good.\n")


@pytest.mark.parametrize("over", [completed(), ended()])
def test_each_of_the_two_looks_back_once(over: Mentorship) -> None:
    first, events = look_back(over, MENTEE, ANSWERS, NOON)
    assert events == [ClosingSurveyAnswered(MENTEE, 4, recommends=True)]
    with pytest.raises(Refused, match="SURVEY_ANSWERED"):
        look_back(first, MENTEE, ANSWERS, NOON)
    both, _ = look_back(first, MENTOR, Answers(2, recommends=False), NOON)
    own = Survey(MENTEE, 4, recommends=True, comment="It was good.", time=NOON)
    assert both.read_by(MENTEE, oversees=False).surveys == (own,)
    assert [one.person for one in both.read_by(MENTOR, oversees=False).surveys] == [MENTOR]
    seen = both.read_by(LEAD, oversees=True).surveys
    assert [(one.satisfaction, one.comment) for one in seen] == [(4, ""), (2, "")]


@pytest.mark.parametrize(
    ("mentorship", "person", "kind", "reason"),
    [
        (completed(), STRANGER, Denied, "NOT_A_PARTICIPANT"),
        (active(), MENTOR, Refused, "MENTORSHIP_NOT_OVER"),
        (
            ending.end(agreed(MENTOR), Who(MENTOR), ending.NO_REASON, NOON)[0],
            MENTOR,
            Refused,
            "NEVER_ACTIVE",
        ),
    ],
)
def test_looks_back_that_are_refused(
    mentorship: Mentorship, person: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        look_back(mentorship, person, ANSWERS, NOON)


def test_words_of_a_survey_are_plain_text() -> None:
    with pytest.raises(Invalid, match="TEXT_NOT_PLAIN") as refusal:
        look_back(completed(), MENTOR, replace(ANSWERS, comment="\x1b"), NOON)
    assert [field for field, _ in refusal.value.fields] == ["survey.comment"]


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 9, 15), 3, date(2026, 12, 15)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_one(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 36))
def test_months_later_is_so_many_months_later(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + DAY).day == 1


_deeds = st.lists(
    st.tuples(
        st.sampled_from(["close", "ask", "extend", "fire"]),
        st.sampled_from([MENTOR, MENTEE]),
        st.integers(min_value=0, max_value=60),
    ),
    max_size=30,
)


@given(_deeds)
def test_whatever_the_two_do_it_completes_with_both_or_after_its_last_day(
    deeds: list[tuple[str, str, int]],
) -> None:
    """The last day only moves with both consents, and a lapse never comes before two weeks after it."""
    mentorship, now = dated(END), NOON
    for verb, person, days in deeds:
        now += days * DAY
        before = mentorship
        try:
            mentorship, events = _attempt(mentorship, verb, person, now)
        except Refusal:
            continue
        if mentorship.end_date != before.end_date:
            assert before.extension is not None
            assert before.extension.person != person
        for event in events:
            if isinstance(event, MentorshipCompleted) and event.lapsed:
                assert now >= over_time(before.end_date or END) + timers.GRACE
            elif isinstance(event, MentorshipCompleted):
                assert before.closing not in {"", person}


def _attempt(
    mentorship: Mentorship, verb: str, person: str, now: datetime
) -> tuple[Mentorship, list[MentorshipEvent]]:
    match verb:
        case "close":
            return close(mentorship, person, now)
        case "ask":
            return ask_for_more(mentorship, person, None, now)
        case "extend":
            wanted = mentorship.extension.end_date if mentorship.extension else END
            return extend(mentorship, person, wanted, now)
        case _:
            return timers.fire(mentorship, now)
