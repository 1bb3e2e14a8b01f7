"""Calendars outside, over real connections: one behaviour for documents handed in and for addresses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web

from deploy.local.ports import free_port
from services.kernel.egress import Guard
from services.kernel.errors import Invalid, Unavailable
from services.scheduling.app.ports import BusySource
from services.scheduling.clients.calendars import Sources, Web
from services.scheduling.domain.calendars import Busy
from services.scheduling.domain.recurrence import Window
from tests.scheduling.factories import MORNING, NOON
from tests.scheduling.test_calendars import calendar

WINDOW = Window(MORNING, MORNING + timedelta(days=30))
HOUR = timedelta(hours=1)
WEEKLY = calendar("DTSTART:20260302T120000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=2")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A web server of somebody else; `answer` says how it answers."""

    def __init__(self) -> None:
        self.answer: Handler = self.document
        self.text = WEEKLY
        self.asked: list[web.Request] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed.ics"

    async def document(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(text=self.text, headers={"ETag": '"v1"'}, content_type="text/calendar")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answer(request)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[Web]:
    made = Web(Guard(private=True), seconds=5)
    yield made
    await made.close()


@pytest.fixture(params=["upload", "address"])
def source(request: pytest.FixtureRequest, site: Site, client: Web) -> Callable[[str, str], BusySource]:
    """Return what makes a source of a document, in both ways."""

    def made(document: str, zone: str) -> BusySource:
        site.text = document
        sources = Sources(client)
        return (
            sources.upload(document, zone) if request.param == "upload" else sources.address(site.url, zone)
        )

    return made


Make = Callable[[str, str], BusySource]


async def test_recurring_events_are_expanded_within_the_window(source: Make) -> None:
    reading = await source(WEEKLY, "UTC").read(WINDOW)
    assert reading is not None
    week = timedelta(days=7)
    assert reading.busy == (Busy(NOON, NOON + HOUR), Busy(NOON + week, NOON + week + HOUR))


async def test_times_without_a_zone_are_of_the_zone_given(source: Make) -> None:
    document = calendar("DTSTART:20260302T210000\r\nDURATION:PT1H")
    reading = await source(document, "Asia/Tokyo").read(WINDOW)
    assert reading is not None
    assert reading.busy == (Busy(NOON, NOON + HOUR),)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<html>sign in</html>", "CALENDAR_MALFORMED"),
        (calendar("DTSTART;TZID=Mars/Olympus:20260302T120000\r\nDURATION:PT1H"), "ZONE_UNKNOWN"),
        (calendar("DTSTART:20260302T120000Z\r\nDURATION:PT1S\r\nRRULE:FREQ=SECONDLY"), "RECURRENCE_REFUSED"),
    ],
)
async def test_what_is_no_calendar_or_asks_for_too_much_is_refused(
    source: Make, document: str, reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        await source(document, "UTC").read(WINDOW)


# --- addresses only --------------------------------------------------------------------------------------


async def test_a_server_that_knows_the_document_says_so_and_nothing_is_read(site: Site, client: Web) -> None:
    address = Sources(client).address(site.url, "UTC")
    reading = await address.read(WINDOW)
    assert reading is not None
    assert reading.tag == '"v1"'
    assert await address.read(WINDOW, (reading.tag, reading.modified)) is None


async def test_a_redirect_is_followed_a_few_times(site: Site, client: Web) -> None:
    async def move(request: web.Request) -> web.StreamResponse:
        left = int(request.query.get("left", "3"))
        moved = web.Response(status=302, headers={"Location": f"/feed.ics?left={left - 1}"})
        return await site.document(request) if left == 0 else moved

    site.answer = move
    assert await Sources(client).address(site.url, "UTC").read(WINDOW) is not None
    with pytest.raises(Unavailable, match="TOO_MANY_REDIRECTS"):
        await Sources(client).address(f"{site.url}?left=4", "UTC").read(WINDOW)


async def failure(web_client: Web, url: str) -> str:
    with pytest.raises(Unavailable) as refusal:
        await Sources(web_client).address(url, "UTC").read(WINDOW)
    return refusal.value.reason


async def test_what_a_server_refuses_is_told_by_its_code(site: Site, client: Web) -> None:
    async def gone(_: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    site.answer = gone
    assert await failure(client, site.url) == "HTTP_404"


async def test_a_document_without_end_is_cut_off(site: Site, client: Web) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65_536)
        except ConnectionError:
            return answer

    site.answer = endless
    assert await failure(client, site.url) == "TOO_LARGE"


async def test_a_silent_server_is_given_up(site: Site) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await answer.write(b"x")
            await asyncio.sleep(0.02)
        return answer

    site.answer = silent
    impatient = Web(Guard(private=True), seconds=0.2)
    assert await failure(impatient, site.url) == "TIMEOUT"
    await impatient.close()


async def test_nobody_is_asked_in_this_network_or_in_the_clear_also_behind_a_redirect(site: Site) -> None:
    guarded = Web(Guard())
    assert await failure(guarded, site.url) == "URL_REFUSED"
    assert await failure(guarded, f"https://127.0.0.1:{site.port}/") == "ADDRESS_NOT_PUBLIC"
    assert await failure(guarded, "webcal://[::1]/") == "ADDRESS_NOT_PUBLIC"
    assert site.asked == []
    await guarded.close()


async def test_nobody_there_is_unreachable(client: Web) -> None:
    assert await failure(client, f"http://127.0.0.1:{free_port()}/") == "UNREACHABLE"
