"""Answering by a link: what the link says, where it stands, what its page shows and does."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, NotFound, Refused, Unavailable
from services.notifications.app.answering import Answering
from services.notifications.app.ports import Posting
from services.notifications.app.writing import Writer
from services.notifications.clients.chat import body
from services.notifications.domain.chats import Format
from services.notifications.domain.checkins import Answer, CheckIn, Stage, answer_of
from services.notifications.domain.links import (
    CHECK_INS,
    USUAL,
    Action,
    Button,
    Links,
    Unsubscription,
    action_of,
)
from services.notifications.domain.messages import Category, Facts
from services.notifications.domain.pages import notice
from services.notifications.domain.texts import linked
from services.notifications.domain.words import words_of
from services.notifications.rpc.answers import AnswerPages
from services.notifications.rpc.site import Site
from services.notifications.wire import messages as wire
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from tests.notifications.factories import (
    CONTENT,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    PAIR_ID,
    REQUEST,
    REQUEST_ID,
    queued,
    request_news,
)
from tests.notifications.test_chat import OWN, SHARED, ChatWorld
from tests.notifications.world import KIM, LINKS, World

CHECK_IN = "55555555-5555-5555-8555-555555555555.1"
LATER = NOON + timedelta(days=14)
FACTS = Facts(PAIR_ID, moment=LATER, check_in=CHECK_IN)
ACTION = Action(ORG, MENTEE, f"mentorships/{PAIR_ID}/checkIns/{CHECK_IN}", LATER)
OFFERED = replace(REQUEST, requester=MENTOR, recipient=MENTEE, program="spring")
PROPOSED = Facts(PAIR_ID, MENTOR, MENTEE, meeting="meeting-1", moment=LATER)
Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]
_SEGMENTS = st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True)
_NAMES = st.lists(_SEGMENTS, min_size=2, max_size=4).map("/".join)


class Mentorships:
    """One check-in of the mentee's; `down` makes it unreachable. It takes one answer, and its repeats."""

    def __init__(self) -> None:
        self.check_in = CheckIn(Stage.OPEN)
        self.answers: list[Answer] = []
        self.down = False

    async def get(self, action: Action) -> CheckIn:
        if self.down:
            raise Unavailable("ASKER_UNAVAILABLE", "down")
        if action != ACTION:
            raise NotFound("NOT_FOUND", "no such check-in")
        return self.check_in

    async def answer(self, action: Action, form: Mapping[str, str]) -> CheckIn:
        now, answer = await self.get(action), answer_of(form)
        if not answer.ratings:
            raise Invalid("RATING_MISSING", "no rating")
        if answer not in self.answers and now.stage is not Stage.OPEN:
            raise Refused("CHECK_IN_ANSWERED", "answered already")
        if answer not in self.answers:
            self.answers.append(answer)
        self.check_in = CheckIn(Stage.ANSWERED)
        return self.check_in


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def asked() -> Mentorships:
    return Mentorships()


@pytest.fixture
async def client(world: World, asked: Mentorships) -> AsyncIterator[Client]:
    pages = AnswerPages(Answering(LINKS, world.people, {CHECK_INS: asked}, world.clock))
    site = Site("127.0.0.1:0", LINKS, world.choices, pages.routes())
    async with TestClient(TestServer(site.app())) as made:
        yield made


def token(action: Action = ACTION, links: Links = LINKS) -> str:
    return links.answer(action).rpartition("/")[2]


def path(action: Action = ACTION) -> str:
    return f"/answer/{token(action)}"


@given(_SEGMENTS, _SEGMENTS, _NAMES, st.integers(1, 10**9))
def test_a_link_says_what_was_written_into_it_until_it_expires(
    tenant: str, person: str, resource: str, seconds: int
) -> None:
    end = NOON + timedelta(seconds=seconds)
    action = Action(tenant, person, resource, end)
    assert LINKS.action(token(action), end - timedelta(seconds=1)) == action
    with pytest.raises(NotFound, match="LINK_UNKNOWN"):
        LINKS.action(token(action), end)


@given(st.integers(0, 255), st.integers(1, 255))
def test_no_changed_link_is_one(place: int, change: int) -> None:
    letters = token()
    at = place % (len(letters) - 1)  # the last letter has bits that nobody reads
    other = chr(ord("A") + (ord(letters[at]) + change) % 26)
    if other != letters[at]:
        with pytest.raises(NotFound, match="LINK_UNKNOWN"):
            LINKS.action(letters[:at] + other + letters[at + 1 :], NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "forged",
        "é",
        LINKS.token(Unsubscription(ORG, MENTEE, Category.CHECK_IN)),
        token(links=Links(b"another key, as long as the first", "https://x")),
        token(replace(ACTION, expire_time=NOON)),
    ],
)
def test_forged_foreign_and_expired_links_and_those_of_another_purpose_are_all_unknown(wrong: str) -> None:
    with pytest.raises(NotFound, match="LINK_UNKNOWN"):
        LINKS.action(wrong, NOON)
    with pytest.raises(NotFound, match="LINK_UNKNOWN"):
        LINKS.read(token())


@pytest.mark.parametrize(
    ("category", "facts"),
    [
        (Category.NUDGE, FACTS),
        (Category.CHECK_IN, replace(FACTS, check_in="")),
        (Category.CHECK_IN, replace(FACTS, moment=None)),
        (Category.MEETING_COUNTERED, PROPOSED),
        (Category.MEETING_PROPOSED, replace(PROPOSED, moment=None)),
        (Category.MATCH_REQUESTED, replace(REQUEST, program="")),
        (Category.MATCH_REQUEST_QUESTION, OFFERED),
        (Category.MATCH_REQUESTED, replace(OFFERED, recipient=MENTOR)),
    ],
)
def test_what_asks_nothing_has_no_link(category: Category, facts: Facts) -> None:
    assert action_of(ORG, queued(MENTEE, category, facts), NOON) is None
    assert action_of(ORG, queued(MENTEE, Category.CHECK_IN, FACTS), NOON) == ACTION


def test_whoever_is_asked_for_a_match_may_answer_for_two_weeks_from_each_message() -> None:
    resource = f"programs/spring/matchRequests/{REQUEST_ID}"
    for event, category in (
        (matching.MatchRequested, Category.MATCH_REQUESTED),
        (matching.MatchRequestReminded, Category.MATCH_REQUEST_REMINDER),
    ):
        [told] = wire.request_news(ORG, request_news(event), category, ("recipient",))
        action = action_of(ORG, queued(told.person, category, told.facts), NOON)
        assert action == Action(ORG, MENTOR, resource, NOON + USUAL)


@pytest.mark.parametrize(
    ("category", "code"), [(Category.MEETING_PROPOSED, ""), (Category.MEETING_COUNTERED, "HELD")]
)
def test_times_that_are_held_can_be_picked_by_a_link(category: Category, code: str) -> None:
    action = action_of(ORG, queued(MENTEE, category, replace(PROPOSED, code=code)), NOON)
    assert action == Action(ORG, MENTEE, f"mentorships/{PAIR_ID}/meetings/meeting-1", LATER)


async def test_the_mail_of_a_check_in_leads_to_its_page_and_the_inbox_keeps_no_link(world: World) -> None:
    message = await world.deliver(await world.queue(MENTEE, "one", Category.CHECK_IN, FACTS))
    [mail] = world.mailer.mails
    body, _, footer = mail.content.text.partition("\n-- \n")
    assert body.endswith(f"\n\nAnswer with one click:\n{LINKS.answer(ACTION)}\n")
    assert "platform" in footer
    assert f'<p><a href="{LINKS.answer(ACTION)}">Answer with one click</a></p>\n<hr>' in mail.content.html
    assert message.content is not None
    assert "https" not in message.content.text + message.content.html


@pytest.mark.parametrize("links", [None, Links(b"k" * 32, "https://mentoring.example")])
def test_without_a_site_or_anybody_to_take_answers_there_is_no_link(
    world: World, links: Links | None
) -> None:
    writer = Writer(world.people, world.templates, links)
    assert writer.answering(ORG, queued(MENTEE, Category.CHECK_IN, FACTS), KIM, NOON) is None


@pytest.mark.parametrize(
    ("html", "ends"),
    [
        ("", ""),
        ("<p>Own</p>", "<p>Own</p>{}"),
        ("<body><p>Own</p></body></html>", "<body><p>Own</p>{}</body></html>"),
    ],
)
def test_words_of_an_organization_without_a_footer_get_the_link_at_their_end(html: str, ends: str) -> None:
    told = linked(replace(CONTENT, text="Own", html=html), Button("Go & see", "https://x/y"))
    assert told.text == "Own\n\nGo & see:\nhttps://x/y\n"
    assert told.html == ends.format('<p><a href="https://x/y">Go &amp; see</a></p>\n')


async def test_ones_own_chat_shows_the_link_and_that_of_everybody_does_not() -> None:
    for chat, links in ((OWN, [LINKS.answer(ACTION)]), (SHARED, [])):
        world = ChatWorld()
        await world.setup(chat)
        ref = await world.queue(MENTEE, "one", Category.CHECK_IN, FACTS)
        await world.deliver(ref)
        await world.carry(ref)
        [posted] = world.chat.postings
        assert ([posted.button.url] if posted.button else []) == links
        assert "/answer/" not in posted.text


def test_chats_show_a_link_as_an_address_or_as_a_button() -> None:
    button = Button("Answer <now>", LINKS.answer(ACTION))
    plain = json.loads(body(Posting("https://hook", Format.TEXT, "Hello", button)))
    assert plain == {"text": f"Hello\n\nAnswer &lt;now&gt;:\n{button.url}"}
    card = json.loads(body(Posting("https://hook", Format.ADAPTIVE_CARD, "Hello", button)))
    [attachment] = card["attachments"]
    assert attachment["content"]["actions"] == [
        {"type": "Action.OpenUrl", "title": "Answer <now>", "url": button.url}
    ]


async def test_following_the_link_asks_and_changes_nothing(client: Client, asked: Mentorships) -> None:
    answer = await client.get(path())
    text = await answer.text()
    assert (answer.status, asked.answers) == (200, [])
    assert '<form method="post">' in text
    assert text.count('<button name="satisfaction"') == 5
    assert "<script" not in text
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} < set(policy.split("; "))
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "Kim" not in text


async def test_one_click_answers_and_a_repeat_answers_the_same(client: Client, asked: Mentorships) -> None:
    for _ in range(2):
        answer = await client.post(path(), data={"satisfaction": "4", "quality": "", "unknown": "x"})
        assert (answer.status, words_of("en").page.check_in.thanks in await answer.text()) == (200, True)
    assert asked.answers == [Answer({"satisfaction": 4})]


async def test_another_answer_comes_too_late_and_the_page_says_so(client: Client, asked: Mentorships) -> None:
    await client.post(path(), data={"satisfaction": "4"})
    second = await client.post(path(), data={"satisfaction": "1"})
    assert (second.status, words_of("en").page.check_in.answered in await second.text()) == (400, True)
    assert words_of("en").page.check_in.answered in await (await client.get(path())).text()
    asked.check_in = CheckIn(Stage.EXPIRED)
    assert words_of("en").page.check_in.closed in await (await client.get(path())).text()
    assert len(asked.answers) == 1


@pytest.mark.parametrize(
    "form", [{}, {"satisfaction": "very"}, {"satisfaction": "٤"}, {"revision": "9" * 30}]
)
async def test_what_is_no_answer_is_asked_for_again(
    client: Client, asked: Mentorships, form: dict[str, str]
) -> None:
    answer = await client.post(path(), data=form)
    assert (answer.status, "<form" in await answer.text()) == (400, True)
    assert asked.answers == []


@pytest.mark.parametrize("gone", [None, replace(KIM, employed=False)])
async def test_the_links_of_who_left_or_was_erased_do_nothing(
    world: World, client: Client, asked: Mentorships, gone: None
) -> None:
    world.people.known[MENTEE] = gone  # type: ignore[assignment]  # somebody unknown is None
    for answer in (await client.get(path()), await client.post(path(), data={"satisfaction": "4"})):
        assert answer.status == 404
    assert asked.answers == []


async def test_every_link_that_does_not_work_looks_the_same_in_the_browsers_language(
    world: World, client: Client
) -> None:
    german = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.8"}
    strangers = replace(ACTION, person=MENTOR)
    texts = [
        await (await client.get(f"/answer/{wrong}", headers=german)).text()
        for wrong in ("forged", token(replace(ACTION, expire_time=NOON)), token(strangers))
    ]
    assert set(texts) == {notice(words_of("de").page.unknown, "de")}
    world.clock.advance(timedelta(days=15))
    assert (await client.get(path())).status == 404


async def test_while_it_cannot_be_answered_the_page_says_to_try_again(
    world: World, client: Client, asked: Mentorships
) -> None:
    asked.down = True
    assert (await client.get(path())).status == 503
    asked.down, world.people.down = False, True
    assert (await client.post(path(), data={"satisfaction": "4"})).status == 503


async def test_the_page_speaks_the_persons_language_and_runs_its_way(world: World, client: Client) -> None:
    world.people.known[MENTEE] = replace(KIM, languages=("ar-EG", "en"))
    text = await (await client.get(path(), headers={"Accept-Language": "de"})).text()
    assert '<html lang="ar" dir="rtl">' in text
    assert words_of("ar").page.check_in.satisfaction in text
