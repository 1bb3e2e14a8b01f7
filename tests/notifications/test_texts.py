"""What messages say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.messages import Category, Content, Message
from services.notifications.domain.texts import Names, Reader
from services.notifications.domain.texts import written as written_for
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition
from tests.notifications.factories import (
    ALERT,
    CONTENT,
    LEAD,
    MENTEE,
    MENTOR,
    PAIR_ID,
    RECOGNITION,
    REMINDER,
    REQUEST,
    TEN_MEETINGS,
    queued,
)


def written(message: Message, names: Names) -> Content:
    """Return what a message says to a reader of English."""
    return written_for(message, Reader(names))


PRAISE = [
    kind.removeprefix("KIND_")
    for kind in Recognition.Kind.DESCRIPTOR.values_by_name
    if "GOAL_COMPLETED" not in kind
] + ["GROUP_GOAL_COMPLETED"]
NAMES = Names("Kim", "Ada Lovelace")
REQUEST_CATEGORIES = [one for one in Category if one.startswith("MATCH_REQUEST")]
PAIR_CATEGORIES = [one for one in Category if one not in REQUEST_CATEGORIES]


def test_a_reminder_names_the_other_one() -> None:
    content = written(queued(), NAMES)
    assert content.subject == "Please book your next mentoring meeting with Ada Lovelace"
    assert content.text.startswith(
        "Hello Kim,\n\nyour mentoring meeting with Ada Lovelace did not take place.\n\n"
    )


def test_a_reminder_counts_from_the_second_miss_on() -> None:
    content = written(queued(facts=replace(REMINDER, misses_in_row=3)), NAMES)
    assert "did not take place. That makes 3 missed meetings in a row.\n" in content.text


def test_the_lead_learns_which_pair_and_how_often() -> None:
    content = written(queued(LEAD, Category.LEAD_ALERT, ALERT), Names("Sam"))
    assert content.subject == "A mentoring pair has missed 2 meetings in a row"
    assert PAIR_ID in content.text


def test_mentee_and_mentor_are_congratulated_each_in_their_own_words() -> None:
    mentee = written(queued(MENTEE, Category.RECOGNITION, RECOGNITION), NAMES)
    mentor = written(queued(MENTOR, Category.RECOGNITION, RECOGNITION), NAMES)
    assert mentee.subject == "You reached a mentoring goal"
    assert "you reached a goal of your mentorship with Ada Lovelace." in mentee.text
    assert mentor.subject == "Ada Lovelace reached a mentoring goal"
    assert "Ada Lovelace, whom you mentor, reached a goal." in mentor.text


@pytest.mark.parametrize("code", PRAISE)
def test_whoever_earned_something_else_reads_what_for(code: str) -> None:
    content = written(queued(MENTOR, Category.RECOGNITION, replace(TEN_MEETINGS, code=code)), NAMES)
    assert content.text.startswith("Hello Kim,\n\n")
    assert "The recognition is kept" in content.text


@pytest.mark.parametrize(
    ("code", "count", "words"),
    [
        ("MEETINGS_HELD", 1, "you and Ada Lovelace had your first meeting."),
        ("MEETINGS_HELD", 10, "you and Ada Lovelace had 10 meetings."),
        ("STREAK", 5, "had 5 meetings in a row and missed none."),
        ("MENTOR_IMPACT", 1, "Ada Lovelace, whom you mentor, reached a goal."),
        ("KUDOS_RECEIVED", 3, "you were thanked 3 times in your mentorship with Ada Lovelace."),
        ("MENTORSHIP_COMPLETED", 0, "you and Ada Lovelace brought your mentorship to its end."),
        ("OTHER", 7, "you earned a recognition in your mentorship with Ada Lovelace."),
    ],
)
def test_praise_counts_right(code: str, count: int, words: str) -> None:
    facts = replace(TEN_MEETINGS, code=code, count=count)
    assert words in written(queued(MENTOR, Category.RECOGNITION, facts), NAMES).text


@pytest.mark.parametrize(("person", "words"), [(MENTEE, "your mentor"), (MENTOR, "your mentee")])
def test_an_unknown_other_one_is_named_by_role(person: str, words: str) -> None:
    assert words in written(queued(person), Names("Kim")).subject


def test_what_was_written_once_stays_as_it_was() -> None:
    assert written(replace(queued(), content=CONTENT), NAMES) == CONTENT


@pytest.mark.parametrize("category", REQUEST_CATEGORIES)
def test_news_of_a_request_name_the_other_one_even_without_a_name(category: Category) -> None:
    message = queued(MENTEE, category, REQUEST)
    for name, shown in (("Ada Lovelace", "Ada Lovelace"), ("", "a colleague")):
        content = written(message, Names("Kim", name))
        assert shown in content.subject
        assert content.text.startswith("Hello Kim,\n\n")


@pytest.mark.parametrize(
    ("category", "code", "words"),
    [
        (Category.MATCH_REQUESTED, "", "matched with you.\n\nPlease read"),
        (Category.MATCH_REQUESTED, "WAITLISTED", "matched with you. There is no free place now: it waits"),
        (Category.MATCH_REQUEST_CLOSED, "PROGRAM_CLOSED", "is closed, because the program is over.\n\nYou"),
        (Category.MATCH_REQUEST_CLOSED, "MATCHED_ELSEWHERE", "because one of you has been matched already."),
        *[
            (Category.MATCH_REQUEST_CLOSED, code, "for a mentoring match is closed.\n\nYou need not")
            for code in ("NOT_ALLOWED", "PAUSED", "LEFT_PROGRAM", "LEFT_COMPANY")
        ],
    ],
)
def test_a_request_says_what_both_may_know(category: Category, code: str, words: str) -> None:
    """A block, a pause or a leaver look alike: none of them is the requester's business."""
    assert words in written(queued(MENTEE, category, replace(REQUEST, code=code)), NAMES).text


def test_the_end_of_a_match_is_told_to_both_in_the_same_neutral_words() -> None:
    facts = replace(REMINDER, meeting="", misses_in_row=0)
    told = {written(queued(person, Category.MATCH_ENDED, facts), NAMES) for person in (MENTEE, MENTOR)}
    assert [content.subject for content in told] == ["Your mentoring with Ada Lovelace has ended"]


_MESSAGES = st.sampled_from(
    [
        queued(person, category, facts)
        for person in (MENTEE, MENTOR, LEAD)
        for category, facts in (
            (Category.REBOOK_REMINDER, REMINDER),
            (Category.LEAD_ALERT, ALERT),
            (Category.RECOGNITION, RECOGNITION),
            *((Category.RECOGNITION, replace(TEN_MEETINGS, code=code)) for code in PRAISE),
            (Category.MATCH_ENDED, REMINDER),
            *((category, REQUEST) for category in REQUEST_CATEGORIES),
            *((category, REMINDER) for category in PAIR_CATEGORIES),
        )
    ]
)


@given(_MESSAGES, st.text(max_size=100), st.text(max_size=100))
def test_no_name_adds_a_line_to_a_subject_or_runs_as_a_template(
    message: object, name: str, other: str
) -> None:
    content = written(message, Names(name, other))  # type: ignore[arg-type]  # sampled from messages above
    assert content.subject.isprintable()
    assert content.subject
    calm = written(message, Names("x", "x"))  # type: ignore[arg-type]  # as above
    assert len(content.text.splitlines()) == len(calm.text.splitlines())


@pytest.mark.parametrize("hostile", ["{{ 7*7 }}", "{% raw %}", "{{ name.__class__ }}", "x\r\nBcc: all@x"])
def test_hostile_names_are_shown_as_they_are_on_one_line(hostile: str) -> None:
    subject = written(queued(), Names("Kim", hostile)).subject
    assert subject.endswith(" ".join(hostile.split()))
