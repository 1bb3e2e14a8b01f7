"""Picking an offered time by a link in a message: over real gRPC and MongoDB, as notifications asks it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest

from services.kernel.errors import Denied, NotFound, Refused
from services.kernel.rpc import client
from services.notifications.clients.offers import Offers
from services.notifications.domain.checkins import Stage
from services.notifications.domain.links import Action
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from tests.kernel.issuer import Issuer
from tests.scheduling.factories import MENTEE, MENTOR, MINUTE, NOON, ORG, STRANGER
from tests.scheduling.serving import PARENT, PEOPLE, World, refused, served, stamp

pytestmark = pytest.mark.servers
STARTS = (NOON, NOON + timedelta(days=1))


class Identity:
    """Notifications' own identity, as the issuer that scheduling trusts tells it."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def token(self, org: str) -> str:
        return self._issuer.token(sub="notifications", org=org, roles=["service"])


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with served(mongo_url) as made:
        yield made


@pytest.fixture
async def links(world: World) -> AsyncIterator[Offers]:
    """Answer as notifications does for who followed a link."""
    async with client.channel(f"127.0.0.1:{world.at.port}", Identity(world.at.issuer)) as channel:
        yield Offers(channel)


async def offered(world: World) -> str:
    """Let the mentor offer both times; return the meeting."""
    options = [
        meetings.Meeting.Option(start_time=stamp(start), end_time=stamp(start + 45 * MINUTE))
        for start in STARTS
    ]
    propose = meetings.ProposeMeetingRequest(parent=PARENT, options=options)
    return (await world.meetings.ProposeMeeting(propose, metadata=world.mentor)).name


def linked(name: str, who: str = MENTEE) -> Action:
    """Return what a link lets somebody answer."""
    return Action(ORG, who, name.removeprefix(f"organizations/{ORG}/"), NOON)


async def read(world: World, name: str) -> meetings.Meeting:
    return await world.meetings.GetMeeting(meetings.GetMeetingRequest(name=name), metadata=world.mentee)


async def test_one_of_the_times_is_picked_once_however_often(world: World, links: Offers) -> None:
    name = await offered(world)
    mine = linked(name)
    assert (await links.get(mine)).starts == STARTS
    for _ in range(2):
        assert (await links.answer(mine, {"start": STARTS[1].isoformat()})).stage is Stage.ANSWERED
    meeting = await read(world, name)
    assert (meeting.state, meeting.start_time) == (meetings.Meeting.STATE_BOOKED, stamp(STARTS[1]))
    with pytest.raises(Refused, match="NOTHING_PROPOSED"):
        await links.answer(mine, {"start": STARTS[0].isoformat()})
    assert (await links.get(mine)).stage is Stage.ANSWERED


async def test_none_of_the_times_frees_them_and_passed_ones_are_not_shown(
    world: World, links: Offers
) -> None:
    name = await offered(world)
    world.clock.advance(STARTS[0] - world.clock.now())
    assert (await links.get(linked(name))).starts == STARTS[1:]
    assert (await links.answer(linked(name), {"start": "none"})).stage is Stage.EXPIRED
    assert (await read(world, name)).state == meetings.Meeting.STATE_CLOSED


async def test_only_a_service_answers_and_only_for_the_one_who_did_not_offer(
    world: World, links: Offers
) -> None:
    name = await offered(world)
    own = linked(name, MENTOR)
    assert (await links.get(own)).starts == ()
    for form in ({"start": "none"}, {"start": STARTS[0].isoformat()}):
        with pytest.raises(Denied, match="OWN_PROPOSAL"):
            await links.answer(own, form)
    with pytest.raises((Denied, NotFound)):
        await links.get(linked(name, STRANGER))
    person = f"{PEOPLE}/{MENTEE}"
    get = meetings.GetLinkedProposalRequest(name=name, person=person)
    answer = meetings.AnswerLinkedProposalRequest(name=name, person=person)
    for call in (
        world.meetings.GetLinkedProposal(get, metadata=world.mentee),
        world.meetings.AnswerLinkedProposal(answer, metadata=world.mentee),
    ):
        assert (await refused(call))[0] is grpc.StatusCode.PERMISSION_DENIED
    assert (await read(world, name)).state == meetings.Meeting.STATE_PROPOSED
