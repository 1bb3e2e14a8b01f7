"""From a check-in's mail to its answer, over real gRPC, SMTP and HTTP, with mentorships and notifications."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from aiohttp.test_utils import TestClient, TestServer

from services.kernel.config import Settings
from services.kernel.mongo import Cause, Query, Ref
from services.kernel.privacy.erasing import Erasure
from services.kernel.run import Resources, Service
from services.notifications.__main__ import build
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.events_pb2 import CheckInOpened
from services.pb.mentoring.mentorships.v1.survey_service_pb2 import SurveyAnswer
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1.events_pb2 import MessageQueued
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, directory
from tests.harness import Running, running
from tests.kernel.issuer import Issuer
from tests.mentorships.factories import MENTEE, MENTOR, NOON, ORG
from tests.mentorships.pair import NAME, PEOPLE, refused, working_together
from tests.mentorships.test_surveys_rpc import HELPFUL, PLACE, WHY
from tests.mentorships.test_surveys_rpc import World as Pair
from tests.notifications.postbox import Postbox, postbox
from tests.notifications.test_rpc import person

pytestmark = pytest.mark.servers
Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]


class OwnTokens:
    """Notifications' own identity, as the issuer that mentorships trusts tells it."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def token(self, org: str) -> str:
        return self._issuer.token(sub="notifications", org=org, roles=["service"])


class World:
    """Both services at one time, a mail server, and a browser."""

    def __init__(self, pair: Pair, at: Running, people: Directory, box: Postbox, browser: Client) -> None:
        self.pair, self.at, self.people, self.box, self.browser = pair, at, people, box, browser
        self.check_ins = CheckInServiceStub(pair.at.channel)

    async def mailed(self) -> str:
        """Let the mentee's check-in be opened and mailed; return the path of the link in the mail."""
        await self.pair.pass_days(30)
        await self.at.hear(await self._opened(), "opened-1")
        mine = inbox.ListMessagesRequest(parent=f"{PEOPLE}/{MENTEE}")
        stub, metadata = InboxServiceStub(self.at.channel), self.at.token(MENTEE, "mentee")
        [message] = (await stub.ListMessages(mine, metadata=metadata)).messages
        await self.at.hear(MessageQueued(message=message.name), "queued-1")
        text = self.box.mails[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        [url] = re.findall(r"https://links\.example(/answer/\S+)", text)
        return str(url)

    async def _opened(self) -> CheckInOpened:
        """Return what mentorships told of the mentee's check-in."""
        for kept in self.pair.at.service.kinds:
            async for row in kept.collection.find({"state.person": MENTEE}):
                for told in row["outbox"]:
                    if told["type"] == CheckInOpened.DESCRIPTOR.full_name:
                        return CheckInOpened.FromString(told["value"])
        raise LookupError("no check-in was opened")


@pytest.fixture
async def world(mongo_url: str, tmp_path: Path) -> AsyncIterator[World]:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    async with working_together(mongo_url, Pair) as pair, directory() as people, postbox() as box:
        people.add(person(MENTOR, "Ada"), person(MENTEE, "Kim"))
        tokens = OwnTokens(pair.at.issuer)

        def wired(settings: Settings, resources: Resources) -> Service:
            return build(settings, replace(resources, identity=tokens))  # type: ignore[arg-type]  # as its protocol

        more: dict[str, Any] = {
            "profiles_address": people.address,
            "mentorships_address": f"127.0.0.1:{pair.at.port}",
            "smtp_host": box.address[0],
            "smtp_port": box.address[1],
            "signing_key_file": key,
            "public_url": "https://links.example",
            "http_address": "127.0.0.1:0",
        }
        async with running(wired, mongo_url, pair.clock, **more) as at:
            [serve] = at.service.loops
            site: Any = serve.__self__  # type: ignore[attr-defined]  # a method of the site
            async with TestClient(TestServer(site.app())) as browser:
                yield World(pair, at, people, box, browser)
            for stop in at.service.stop:
                await stop()


async def test_one_click_in_a_mail_answers_the_check_in_and_the_log_tells_who_acted_by_whom(
    world: World,
) -> None:
    path = await world.mailed()
    page = await world.browser.get(path)
    assert (page.status, (await world.pair.open()).state) == (200, pb.CheckIn.STATE_OPEN)
    for _ in range(2):
        taken = await world.browser.post(path, data={"satisfaction": "4", "quality": "5"})
        assert (taken.status, "Thank you!" in await taken.text()) == (200, True)
    answered = await world.pair.open()
    assert (answered.state, answered.answer) == (
        pb.CheckIn.STATE_ANSWERED,
        pb.CheckInAnswer(satisfaction=4, quality=5),
    )
    other = await world.browser.post(path, data={"satisfaction": "1"})
    assert "answered already" in await other.text()
    assert (await world.pair.open()) == answered
    method = "mentoring.mentorships.v1.CheckInService/AnswerLinkedCheckIn"
    entries, _ = await world.pair.at.database.trail.list(ORG, Query({"method": method}))
    assert {(one.caller, one.behalf) for one in entries} == {("notifications", MENTEE)}
    assert [one.code for one in entries] == ["FAILED_PRECONDITION", "OK", "OK"]


async def test_the_programs_own_questions_are_answered_too_and_changed_ones_asked_anew(world: World) -> None:
    await world.pair.ask(PLACE)
    path = await world.mailed()
    await world.pair.ask(HELPFUL, WHY)
    old = {"satisfaction": "4", "revision": "1", "CHOICE.1": "2"}
    again = await world.browser.post(path, data=old)
    asked = [one.id for one in (await world.pair.open()).form.questions]
    assert (again.status, HELPFUL.text in await again.text(), len(asked)) == (400, True, 2)
    helpful, why = asked
    form = {"satisfaction": "4", "revision": "2"}
    assert (await world.browser.post(path, data=form)).status == 400, "a required question is left out"
    said = {**form, f"RATING.{helpful}": "5", f"TEXT.{why}": "Time."}
    assert (await world.browser.post(path, data=said)).status == 200
    assert list((await world.pair.open()).answer.answers) == [
        SurveyAnswer(question=helpful, rating=5),
        SurveyAnswer(question=why, words="Time."),
    ]


async def test_the_link_of_somebody_erased_answers_nothing(world: World) -> None:
    path = await world.mailed()
    world.people.people[
        f"{PEOPLE}/{MENTEE}"
    ].state = Person.STATE_TERMINATED  # all that profiles keeps of them
    for forget in world.at.service.erasers:
        await forget(Erasure(Ref(ORG, MENTEE), "erasure", NOON), Cause("erased"))
    refusal = await world.browser.post(path, data={"satisfaction": "4"})
    assert (refusal.status, (await world.pair.open()).state) == (404, pb.CheckIn.STATE_OPEN)


async def test_only_a_service_may_answer_for_somebody_and_only_for_whom_was_asked(world: World) -> None:
    await world.pair.pass_days(30)
    name = (await world.pair.open()).name
    service = world.pair.at.token("notifications", "service")
    said = pb.CheckInAnswer(satisfaction=1)
    for who, whom, status in (
        (world.pair.mentee, MENTEE, grpc.StatusCode.PERMISSION_DENIED),
        (world.pair.hr, MENTEE, grpc.StatusCode.PERMISSION_DENIED),
        (service, MENTOR, grpc.StatusCode.NOT_FOUND),
    ):
        person = f"{PEOPLE}/{whom}"
        answer = pb.AnswerLinkedCheckInRequest(name=name, person=person, answer=said)
        assert (await refused(world.check_ins.AnswerLinkedCheckIn(answer, metadata=who)))[0] is status
        get = pb.GetLinkedCheckInRequest(name=name, person=person)
        assert (await refused(world.check_ins.GetLinkedCheckIn(get, metadata=who)))[0] is status
    assert (await world.pair.open()).state == pb.CheckIn.STATE_OPEN
    assert name.startswith(NAME)
