"""What messages say in each language, and in the words of an organization."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Invalid, NotFound
from services.kernel.mongo import Cause, Query, Ref
from services.notifications.domain.messages import Category, Content, Facts
from services.notifications.domain.templates import (
    KNOWN,
    TemplateReset,
    TemplateUpdated,
    Words,
    require_sound,
)
from services.notifications.domain.texts import Names, Reader, digest, written
from services.notifications.domain.words import LANGUAGES, words_of
from services.notifications.wire import templates as wire
from services.pb.mentoring.notifications.v1 import template_service_pb2 as pb
from tests.notifications.factories import MENTEE, MENTOR, ORG, REMINDER, queued
from tests.notifications.world import KIM, World, foreigner, hr

NAMES = Names("Kim", "Ada Lovelace")
FULL = replace(
    REMINDER, webhook="hook-1", day=date(2026, 3, 31), moment=datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
)
OWN = Words(Category.NUDGE, "de", "Hallo {{ other }}", "Liebe Grüße an {{ name }}\n")


class Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 -- the port of HTMLParser
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def say(category: Category, language: str, facts: Facts = FULL, person: str = MENTEE) -> Content:
    return written(queued(person, category, facts), Reader(NAMES, language))


def variants() -> Iterator[tuple[Category, str, Facts]]:
    codes = ("", "WAITLISTED", "PROGRAM_CLOSED", "MATCHED_ELSEWHERE", "NO_FIRST_MEETING", "GONE")
    for category in Category:
        for language in LANGUAGES:
            for code in codes:
                yield category, language, replace(FULL, code=code)


@pytest.mark.parametrize("person", [MENTEE, MENTOR])
def test_every_language_says_everything_on_one_line_and_as_text_and_as_html(person: str) -> None:
    said = {
        say(category, language, replace(facts, misses_in_row=misses), person): (category, language)
        for category, language, facts in variants()
        for misses in (0, 1, 2, 3, 11, 100)
    }
    for content, about in said.items():
        assert content.subject
        assert "\n" not in content.subject
        assert "{" not in content.subject + content.text, about
        assert Tags(content.html).text.split(), about


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_language_borrows_from_english(language: str) -> None:
    english = {say(category, "en").subject for category in Category}
    assert english.isdisjoint(say(category, language).subject for category in Category)


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("de", "Ada Lovelace sagt danke"),
        ("de-CH", "Ada Lovelace sagt danke"),
        ("fr", "Ada Lovelace vous remercie"),
        ("es", "Ada Lovelace le da las gracias"),
        ("ar", "شكر لك من \u2068Ada Lovelace\u2069"),
        ("", "Ada Lovelace says thank you"),
        ("tlh", "Ada Lovelace says thank you"),
        ("not a language", "Ada Lovelace says thank you"),
    ],
)
def test_the_language_decides_and_english_serves_the_others(language: str, subject: str) -> None:
    assert say(Category.KUDOS, language).subject == subject


def test_arabic_runs_from_right_to_left_and_keeps_other_scripts_apart() -> None:
    content = say(Category.REBOOK_REMINDER, "ar")
    assert '<html lang="ar" dir="rtl">' in content.html
    assert content.text.startswith("مرحبًا \u2068Kim\u2069،")
    assert '<html lang="en" dir="ltr">' in say(Category.REBOOK_REMINDER, "en").html


@pytest.mark.parametrize(
    ("language", "misses", "words"),
    [
        ("en", 1, "has missed a meeting"),
        ("en", 1000, "has missed 1,000 meetings in a row"),
        ("de", 1000, "1.000 Treffen in Folge"),
        ("fr", 0, "0 rencontre :"),
        ("ar", 1, "لقاء واحد"),
        ("ar", 2, "لقاءان"),
        ("ar", 3, "3 لقاءات"),
        ("ar", 11, "11 لقاءً"),
        ("ar", 100, "100 لقاء"),
    ],
)
def test_numbers_take_the_forms_of_the_language(language: str, misses: int, words: str) -> None:
    facts = replace(FULL, misses_in_row=misses)
    content = say(Category.LEAD_ALERT, language, facts)
    assert words in content.text + content.subject


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "March 31, 2026"), ("en-GB", "31 March 2026"), ("de", "31. März 2026"), ("fr", "31 mars 2026")],
)
def test_days_are_written_as_the_reader_writes_them(language: str, words: str) -> None:
    assert words in say(Category.END_NEAR, language).text


def test_moments_are_those_on_the_readers_wall() -> None:
    message = queued(MENTEE, Category.CHECK_IN, FULL)
    tokyo = written(message, Reader(NAMES, "en", "Asia/Tokyo")).text
    assert "March 3, 2026" in tokyo
    assert "8:30" in tokyo
    assert "March 2, 2026" in written(message, Reader(NAMES, "en")).text


def test_a_digest_speaks_the_readers_language() -> None:
    told = digest([say(Category.KUDOS, "de")] * 3, Reader(NAMES, "de"))
    assert told.subject == "Ada Lovelace sagt danke (+2)"
    assert told.text.startswith("Hallo Kim,\n\nes gibt Neues für Sie:\n\n  - Ada Lovelace sagt danke\n")
    assert Tags(told.html).tags.count("li") == 3


@given(st.sampled_from(Category), st.sampled_from(LANGUAGES), st.text(max_size=60), st.text(max_size=60))
def test_no_name_becomes_markup_or_a_line(category: Category, language: str, name: str, other: str) -> None:
    calm = written(queued(MENTEE, category, FULL), Reader(Names("x", "x"), language))
    content = written(queued(MENTEE, category, FULL), Reader(Names(name, other), language))
    assert Tags(content.html).tags == Tags(calm.html).tags
    assert "\n" not in content.subject


def test_in_an_organizations_html_every_value_is_escaped() -> None:
    own = replace(OWN, html="<p>{{ other }}</p>")
    reader = Reader(Names("Kim", "<script>alert(1)</script>"), "de")
    content = written(queued(MENTEE, Category.NUDGE, FULL), reader, own)
    assert content.html == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert content.text == "Liebe Grüße an Kim\n"


def changed(field: str, source: str) -> Words:
    """Return OWN with another subject, text or html."""
    parts = {"subject": OWN.subject, "text": OWN.text, "html": OWN.html, field: source}
    return Words(OWN.category, OWN.language, parts["subject"], parts["text"], parts["html"])


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in [1] %}{% endfor %}",
        "{{ range(10**9) }}",
        "{{ name.__class__ }}",
        "{{ name['x'] }}",
        "{{ name.upper() }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' * 999999999 }}",
        "{{ name ~ name }}",
        "{{ name | upper }}",
        "{{ name | safe }}",
        "{{ cycler }}",
        "{{ self }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% raw %}{{ x }}{% endraw %}{{ email }}",
        "{{ name is defined }}",
        "{% if %}",
        "{% if misses > name %}{% endif %}",
        "{{ name | date }}",
        "{{ day | plural }}",
        "{{ name",
    ],
)
@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_a_template_prints_and_chooses_and_does_nothing_else(source: str, field: str) -> None:
    with pytest.raises(Invalid, match="TEMPLATE_BROKEN") as refusal:
        require_sound(changed(field, source))
    [(path, told)] = refusal.value.fields
    assert (path, bool(told)) == (f"template.{field}", True)


@pytest.mark.parametrize(("field", "source"), [("subject", "two\nlines"), ("subject", " "), ("text", "")])
def test_a_template_says_something_and_its_subject_on_one_line(field: str, source: str) -> None:
    with pytest.raises(Invalid, match="TEMPLATE_BROKEN"):
        require_sound(changed(field, source))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_built_in_words_keep_to_the_rules_of_everybodys(language: str) -> None:
    for category, (subject, text) in words_of(language).templates.items():
        require_sound(Words(category, language, subject, text))


@given(st.text(alphabet=st.sampled_from("{}%# abnotherif|'\"()=.~*\n"), max_size=60))
def test_whatever_is_written_is_refused_or_can_be_rendered(source: str) -> None:
    """A template that is stored never fails when a message is due."""
    own = replace(OWN, text=source)
    try:
        require_sound(own)
    except Invalid:
        return
    written(queued(MENTEE, Category.NUDGE, FULL), Reader(NAMES, "de"), own)


def test_writing_the_same_again_changes_nothing_and_taking_back_can_be_undone() -> None:
    stored, happened = Words(Category.NUDGE, "de", "", "").write(OWN)
    assert (stored, happened) == (OWN, [TemplateUpdated()])
    assert stored.write(OWN) == (stored, [])
    gone, happened = stored.reset()
    assert happened == [TemplateReset()]
    with pytest.raises(NotFound):
        gone.reset()
    assert gone.write(OWN)[0] == OWN


@pytest.fixture
def world() -> World:
    return World()


async def write(world: World, *some: Words) -> None:
    for number, words in enumerate(some):
        await world.templates.write(hr, words, Cause(f"write-{number}"), "")


@pytest.mark.parametrize(
    ("stored", "languages", "subject"),
    [
        (["de", ""], ("de",), "own de"),
        (["de", ""], ("de-CH",), "own de"),
        (["de-ch", "de"], ("de-CH", "en"), "own de-ch"),
        ([""], ("de",), "own "),
        (["fr"], ("de",), "Zeit für ein weiteres Treffen mit Ada Lovelace"),
        (["fr"], ("pl",), "Time for another meeting with Ada Lovelace"),
        (["pl"], ("pl",), "own pl"),
        (["de"], (), "Time for another meeting with Ada Lovelace"),
        (["fr"], ("de", "fr"), "Zeit für ein weiteres Treffen mit Ada Lovelace"),
    ],
)
async def test_the_first_language_of_the_profile_decides_level_by_level(
    world: World, stored: list[str], languages: tuple[str, ...], subject: str
) -> None:
    await write(world, *(replace(OWN, language=one, subject=f"own {one}") for one in stored))
    world.people.known[MENTEE] = replace(KIM, languages=languages)
    message = await world.send(Category.NUDGE, "nudge")
    assert message.content is not None
    assert message.content.subject == subject.strip()


async def test_words_are_the_organizations_own_and_can_be_taken_back(world: World) -> None:
    await write(world, OWN)
    assert (await world.templates.get(hr, "NUDGE.de")).state == OWN
    assert [key for key, _ in (await world.templates.list(hr, Query())).items] == ["NUDGE.de"]
    with pytest.raises(NotFound):
        await world.templates.get(foreigner, "NUDGE.de")
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await world.templates.reset(hr, "NUDGE.de", Cause("reset"), '"9"')
    await world.templates.reset(hr, "NUDGE.de", Cause("reset"), "")
    with pytest.raises(NotFound):
        await world.templates.get(hr, "NUDGE.de")
    assert await world.templates.chosen(ORG, Category.NUDGE, "de") is None


async def test_a_preview_shows_a_draft_or_what_is_said_now(world: World) -> None:
    request = pb.PreviewTemplateRequest(name="organizations/acme/templates/NUDGE.de", misses=2)
    sample = wire.sample(request, "de", world.clock.now() + timedelta(0))
    now = await world.templates.preview(hr, Category.NUDGE, None, sample)
    assert now.subject == "Zeit für ein weiteres Treffen mit Ada Lovelace"
    drafted = await world.templates.preview(hr, Category.NUDGE, OWN, sample)
    assert drafted.subject == "Hallo Ada Lovelace"
    with pytest.raises(Invalid, match="TEMPLATE_BROKEN"):
        await world.templates.preview(hr, Category.NUDGE, replace(OWN, text="{{ x }}"), sample)


async def test_words_that_fail_after_all_give_way_to_the_built_in_ones(world: World) -> None:
    """Stored by another build, say: the message goes out all the same."""
    broken = replace(OWN, text="{{ gone }}")
    ref = Ref(ORG, "NUDGE.de")
    await world.kept_words.create(ref, broken, [TemplateUpdated()], Cause("elsewhere"))
    world.people.known[MENTEE] = replace(KIM, languages=("de",))
    message = await world.send(Category.NUDGE, "nudge")
    assert message.content is not None
    assert message.content.subject == "Zeit für ein weiteres Treffen mit Ada Lovelace"


def test_names_of_templates_say_category_and_language() -> None:
    assert wire.named("organizations/acme/templates/NUDGE.pt-br").language == "pt-br"
    assert wire.named("organizations/acme/templates/NUDGE").language == ""
    with pytest.raises(Invalid, match="UNKNOWN_CATEGORY"):
        wire.named("organizations/acme/templates/GREETING.de")


def test_what_templates_know_is_what_they_get() -> None:
    words = " ".join(f"{{{{ {name} }}}}" for name in sorted(KNOWN))
    assert written(queued(MENTEE, Category.NUDGE, FULL), Reader(NAMES), replace(OWN, text=words)).text
