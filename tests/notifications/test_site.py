"""Unsubscribing with one click, as mail programs do it: what a link says, and what acts on it."""

from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import NotFound
from services.notifications.domain.links import Links, Unsubscription
from services.notifications.domain.messages import Category
from services.notifications.domain.words import LANGUAGES, words_of
from services.notifications.rpc.site import Site
from tests.notifications.factories import MENTEE, ORG
from tests.notifications.world import LINKS, World

WISH = Unsubscription(ORG, MENTEE, Category.KUDOS)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]
_SEGMENTS = st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Site("127.0.0.1:0", LINKS, world.choices).app())) as made:
        yield made


async def muted(world: World) -> tuple[Category, ...]:
    return (await world.choices.levels(ORG, MENTEE)).person.muted


@given(_SEGMENTS, _SEGMENTS, st.sampled_from(Category))
def test_a_link_says_what_was_written_into_it(tenant: str, person: str, category: Category) -> None:
    wish = Unsubscription(tenant, person, category)
    assert LINKS.read(LINKS.token(wish)) == wish
    with pytest.raises(NotFound):
        Links(b"another key, as long as the first", "https://x").read(LINKS.token(wish))


@given(st.text(max_size=80))
def test_what_was_not_written_here_is_no_link(token: str) -> None:
    with pytest.raises(NotFound, match="LINK_UNKNOWN"):
        LINKS.read(token)


async def test_one_click_mutes_the_category_however_often(world: World, client: Client) -> None:
    for _ in range(2):
        answer = await client.post(f"/unsubscribe/{LINKS.token(WISH)}", data=ONE_CLICK)
        assert answer.status == 200
    assert await muted(world) == (Category.KUDOS,)


async def test_following_the_link_changes_nothing_but_shows_a_button(world: World, client: Client) -> None:
    answer = await client.get(f"/unsubscribe/{LINKS.token(WISH)}")
    assert answer.status == 200
    assert 'method="post"' in await answer.text()
    assert await muted(world) == ()


@pytest.mark.parametrize(
    ("token", "form", "status"), [("forged", ONE_CLICK, 404), (LINKS.token(WISH), {}, 400)]
)
async def test_anything_else_is_refused(
    world: World, client: Client, token: str, form: dict[str, str], status: int
) -> None:
    assert (await client.post(f"/unsubscribe/{token}", data=form)).status == status
    assert await muted(world) == ()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_speak_the_browsers_language(client: Client, language: str) -> None:
    """The person's own is known to a service that may be away, and a wish to hear less needs none."""
    asks, words = {"Accept-Language": f"{language}-XX,en;q=0.8"}, words_of(language).page
    asking = await client.get(f"/unsubscribe/{LINKS.token(WISH)}", headers=asks)
    assert words.unsubscribe.ask in unescape(await asking.text())
    done = await client.post(f"/unsubscribe/{LINKS.token(WISH)}", headers=asks, data=ONE_CLICK)
    assert words.unsubscribe.done in unescape(await done.text())
    assert words.unknown in unescape(await (await client.get("/unsubscribe/forged", headers=asks)).text())


async def test_a_huge_body_is_not_read(world: World, client: Client) -> None:
    answer = await client.post(f"/unsubscribe/{LINKS.token(WISH)}", data={"x": "y" * 100_000})
    assert answer.status == 413


async def test_mails_carry_the_link_unless_they_are_too_important(world: World) -> None:
    await world.send(Category.KUDOS, "kudos")
    await world.send(Category.CHECK_IN, "check-in")
    await world.send(Category.MATCH_ENDED, "ended")
    first, second = world.mailer.mails
    assert LINKS.read(first.unsubscribe.rpartition("/")[2]).category is Category.CHECK_IN
    assert first.unsubscribe.startswith("https://mentoring.example/unsubscribe/")
    assert second.unsubscribe == ""
