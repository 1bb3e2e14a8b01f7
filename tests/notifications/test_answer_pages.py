"""The pages behind links that answer: what they ask in which language, and how their forms are read."""

import re
from dataclasses import asdict
from datetime import timedelta

import pytest

from services.kernel.errors import Invalid
from services.notifications.domain.checkins import Answer, CheckIn, Kind, Question, Said, Stage, answer_of
from services.notifications.domain.match_requests import MatchRequest, says_yes
from services.notifications.domain.offers import Offer, picked
from services.notifications.domain.pages import over, question, thanks
from services.notifications.domain.words import LANGUAGES, PageWords, words_of
from tests.notifications.factories import NOON
from tests.notifications.test_languages import Tags

LATER = NOON + timedelta(days=14)
HELPFUL = Question("1", Kind.RATING, "How helpful is <b>this</b>?", required=True)
PLACE = Question("2", Kind.CHOICE, "Where?", ("Office", "Online"))
WHY = Question("3", Kind.TEXT, "Why?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_programs_own_questions_are_asked_too_and_are_no_markup(language: str) -> None:
    page = question(CheckIn(Stage.OPEN, 7, (HELPFUL, PLACE, WHY)), language)
    plain = question(CheckIn(Stage.OPEN), language)
    extra = ["input"] * 7 + ["textarea"]
    found = Tags(page)
    assert [tag for tag in found.tags if tag in {"input", "textarea", "b"}] == [
        tag for tag in Tags(plain).tags if tag == "input"
    ] + extra
    assert HELPFUL.text in found.text
    assert page.count(" required") == 5
    assert '<input type="hidden" name="revision" value="7">' in page


def test_a_form_is_read_without_knowing_the_questions() -> None:
    form = {"RATING.1": "5", "CHOICE.2": "2", "TEXT.3": " Because. ", "TEXT.4": " ", "revision": "7"}
    assert answer_of({**form, "progress": "3", "OTHER.5": "x", "csrf": "x"}) == Answer(
        {"progress": 3},
        7,
        (
            Said("1", Kind.RATING, 5),
            Said("2", Kind.CHOICE, 2),
            Said("3", Kind.TEXT, words="Because."),
        ),
    )


def test_a_request_is_answered_by_yes_or_no_and_nothing_else() -> None:
    page = question(MatchRequest(Stage.OPEN), "en")
    assert Tags(page).tags.count("button") == 2
    assert [says_yes({"answer": value}) for value in ("yes", "no")] == [True, False]
    for wrong in ({}, {"answer": "maybe"}):
        with pytest.raises(Invalid, match="ANSWER_MALFORMED"):
            says_yes(wrong)


def test_offered_times_are_shown_on_the_readers_wall_and_one_or_none_is_picked() -> None:
    page = question(Offer(Stage.OPEN, (NOON, LATER)), "en-GB", "Asia/Tokyo")
    assert "March 2, 2026" in page
    assert "9:00:00" in page
    assert "12:00:00" in question(Offer(Stage.OPEN, (NOON,)), "en", "nowhere")
    values = re.findall(r'<button name="start" value="([^"]+)">', page)
    assert [picked({"start": value}) for value in values] == [NOON, LATER, None]
    for wrong in ({}, {"start": "soon"}, {"start": "2026-03-02T12:00:00"}):
        with pytest.raises(Invalid, match="ANSWER_MALFORMED"):
            picked(wrong)


@pytest.mark.parametrize("about", [CheckIn, MatchRequest, Offer])
def test_every_ending_has_a_page_of_its_own(about: type[CheckIn | MatchRequest | Offer]) -> None:
    for language in LANGUAGES:
        ends = [over(about(stage), language) for stage in (Stage.ANSWERED, Stage.EXPIRED)]
        assert len({*ends, thanks(about(Stage.ANSWERED), language)}) == 3


def test_no_language_borrows_its_pages_from_english() -> None:
    english = said(words_of("en").page)
    for language in LANGUAGES[1:]:
        assert english.isdisjoint(said(words_of(language).page))


def said(page: PageWords) -> set[str]:
    """Return every sentence of a language's pages."""
    parts = [asdict(one) for one in (page.unsubscribe, page.check_in, page.match_request, page.offer)]
    return {page.link, page.unknown, page.later, *(text for part in parts for text in part.values())}
