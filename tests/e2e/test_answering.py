"""One click in a mail, from what is asked over gRPC to the answer: events, mail server, page and form."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest

from deploy.local.demo.api import Api, Who, refusal
from deploy.local.demo.story import until
from deploy.local.stack import Stack
from services.kernel.clock import DevelopmentClock
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as requests
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import MatchRequestServiceStub
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from tests.e2e.test_groups import stamp
from tests.e2e.writing import AGREEMENT, Texts, World, imported, paired, requested
from tests.profiles.factories import export, line

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ASKING, ASKED = Who("e21", ("mentee",)), Who("e22", ("mentor",))
PICKING, OFFERING = Who("e23", ("mentee",)), Who("e24", ("mentor",))
Buttons = list[tuple[str, str]]


@pytest.fixture(scope="module")
async def world(platform: Stack) -> AsyncIterator[World]:
    async with Api(platform.state, "answering") as api:
        made = World(platform, api, Texts("mentee"), Texts("mentor"))
        people = [line(number, roles="mentee;mentor", mentor_capacity="2") for number in (3, 21, 22, 23, 24)]
        assert (await imported(made, export(*people))).created == len(people)
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_a_match_request_is_accepted_by_one_click_in_its_mail(
    world: World, browser: aiohttp.ClientSession
) -> None:
    name = await requested(world, ASKING, ASKED, "Will you be my mentor?")
    stub = world.stub(MatchRequestServiceStub, "matching")

    async def found() -> requests.MatchRequest:
        answer = await world.api.call(
            stub.GetMatchRequest, requests.GetMatchRequestRequest(name=name), ASKING
        )
        assert isinstance(answer, requests.MatchRequest)
        return answer

    asked = await found()
    assert asked.state == requests.MatchRequest.STATE_PENDING
    link = await mailed(world, ASKED)
    (yes, _) = await opened(browser, link)
    assert await found() == asked, "to look at a page changes nothing: scanners of mails do, too"
    await pressed(browser, link, yes)
    taken = {requests.MatchRequest.STATE_ACCEPTED, requests.MatchRequest.STATE_MATCHED}
    assert (await found()).state in taken
    assert await opened(browser, link) == [], "once answered it asks no more"


async def test_an_offered_time_is_booked_by_one_click_in_the_mail_that_offers_it(
    world: World, browser: aiohttp.ClientSession
) -> None:
    pair = await paired(
        world, PICKING, OFFERING, mentorships.Agreement(**AGREEMENT, focus_areas=["public speaking"])
    )
    now = DevelopmentClock(Path(world.stack.state.clock_file)).now()
    starts = [now.replace(minute=0, second=0, microsecond=0) + timedelta(days=days) for days in (8, 9)]
    offered = await proposed(world, pair, starts)

    async def found() -> meetings.Meeting:
        get = meetings.GetMeetingRequest(name=offered.name)
        answer = await world.api.call(world.api.meetings.GetMeeting, get, PICKING)
        assert isinstance(answer, meetings.Meeting)
        return answer

    asked = await found()
    assert asked.state == meetings.Meeting.STATE_PROPOSED
    link = await mailed(world, PICKING)
    (_, second, _) = await opened(browser, link)
    assert datetime.fromisoformat(second[1]) == starts[1]
    assert await found() == asked
    await pressed(browser, link, second)
    booked = await found()
    assert booked.state == meetings.Meeting.STATE_BOOKED
    assert booked.start_time.ToDatetime(UTC) == starts[1]
    assert await opened(browser, link) == []


async def proposed(world: World, pair: str, starts: list[datetime]) -> meetings.Meeting:
    """Let the mentor offer times as soon as scheduling has heard of the pair."""
    options = [
        meetings.Meeting.Option(start_time=stamp(start), end_time=stamp(start + timedelta(minutes=45)))
        for start in starts
    ]
    request = meetings.ProposeMeetingRequest(parent=pair, options=options)

    async def tried() -> Any:
        try:
            return await world.api.call(world.api.meetings.ProposeMeeting, request, OFFERING)
        except grpc.aio.AioRpcError as error:
            if refusal(error) != "MENTORSHIP_NOT_ACTIVE":
                raise
            return None

    made = await until(tried, bool, "the pair at scheduling")
    assert isinstance(made, meetings.Meeting)
    return made


async def mailed(world: World, who: Who) -> str:
    """Return the link in the one mail to somebody that can be answered, as soon as it is there."""
    address = f"{who.person}@acme.example"

    async def links() -> list[str]:
        files = (world.stack.folder.mails / "new").iterdir()
        mails = [raw for file in files if address.encode() in (raw := file.read_bytes())]
        return [link for mail in mails for link in answerable(mail, address)]

    (link,) = await until(links, bool, "the mail that asks")
    return link


def answerable(mail: bytes, address: str) -> list[str]:
    parsed: Any = message_from_bytes(mail, policy=policy.default)
    if parsed["to"].addresses[0].addr_spec != address:
        return []
    return re.findall(r"http\S+/answer/\S+", parsed.get_body(("plain",)).get_content())


async def opened(browser: aiohttp.ClientSession, link: str) -> Buttons:
    """Follow a link; return the buttons on its page, (name, value) each."""
    async with browser.get(link) as page:
        assert page.status == 200
        found = re.findall(r'<button name="([^"]+)" value="([^"]+)"', await page.text())
    return [(unescape(name), unescape(value)) for name, value in found]


async def pressed(browser: aiohttp.ClientSession, link: str, button: tuple[str, str]) -> None:
    async with browser.post(link, data=dict([button])) as page:
        assert page.status == 200
