"""Reports, holds, blocks and introductions over real gRPC and MongoDB, carried out by their own events."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.mongo import Ref
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import introduction_service_pb2 as introductions
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1 import safety_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.introduction_service_pb2_grpc import IntroductionServiceStub
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.mentorships.v1.safety_service_pb2_grpc import SafetyServiceStub
from tests.harness import Metadata
from tests.mentorships.factories import ID, MENTOR, ORG, STRANGER
from tests.mentorships.pair import NAME, PEOPLE, Pair, hidden, refused, working_together

pytestmark = pytest.mark.servers
PARENT = f"organizations/{ORG}"


class World(Pair):
    """The pair, and where they turn to."""

    @property
    def safety(self) -> SafetyServiceStub:
        return SafetyServiceStub(self.at.channel)

    @property
    def introductions(self) -> IntroductionServiceStub:
        return IntroductionServiceStub(self.at.channel)

    async def report(self) -> pb.SafetyReport:
        report = pb.SafetyReport(
            person=f"{PEOPLE}/{MENTOR}",
            category=pb.SafetyReport.CATEGORY_HARASSMENT,
            words="He shouts at me.",
            mentorship=NAME,
        )
        request = pb.ReportPersonRequest(parent=PARENT, safety_report=report, request_id="r-1")
        return await self.safety.ReportPerson(request, metadata=self.mentee)

    async def mentorship(self, who: Metadata) -> mentorships.Mentorship:
        stub = MentorshipServiceStub(self.at.channel)
        return await stub.GetMentorship(mentorships.GetMentorshipRequest(name=NAME), metadata=who)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with working_together(mongo_url, World) as world:
        yield world


async def test_a_report_is_filed_reviewed_and_closed_and_the_log_tells_it_all(world: World) -> None:
    receipt = await world.report()
    assert await world.report() == receipt
    assert (receipt.words, receipt.person) == ("", "")
    review = pb.ReviewSafetyReportRequest(name=receipt.name, request_id="r-2")
    whole = await world.safety.ReviewSafetyReport(review, metadata=world.hr)
    assert await world.safety.ReviewSafetyReport(review, metadata=world.hr) == whole
    assert (whole.words, [entry.action for entry in whole.log]) == (
        "He shouts at me.",
        [codes.SAFETY_ACTION_READ],
    )
    for who in (world.mentor, world.stranger, world.foreigner):
        assert await hidden(
            world.safety.GetSafetyReport(pb.GetSafetyReportRequest(name=receipt.name), metadata=who)
        )
    code, _ = await refused(world.safety.ReviewSafetyReport(review, metadata=world.mentee))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    close = pb.CloseSafetyReportRequest(name=receipt.name, words="Talked to both.", etag=whole.etag)
    closed = await world.safety.CloseSafetyReport(close, metadata=world.hr)
    assert [entry.action for entry in closed.log][1:] == [codes.SAFETY_ACTION_CLOSE]
    listed = await world.safety.ListSafetyReports(
        pb.ListSafetyReportsRequest(parent=PARENT, state=pb.SafetyReport.STATE_CLOSED), metadata=world.mentee
    )
    assert [(one.name, one.words, len(one.log)) for one in listed.safety_reports] == [(receipt.name, "", 0)]


async def test_hr_reads_at_once_and_every_look_is_logged(world: World) -> None:
    receipt = await world.report()
    review = pb.ReviewSafetyReportRequest(name=receipt.name)
    seen = await asyncio.gather(
        *(world.safety.ReviewSafetyReport(review, metadata=world.hr) for _ in range(4))
    )
    assert sorted(len(one.log) for one in seen) == [1, 2, 3, 4]


async def test_a_hold_and_then_a_block_take_their_course(world: World) -> None:
    receipt = await world.report()
    hold = pb.HoldMentorshipRequest(name=receipt.name, mentorship=NAME, request_id="h")
    await world.safety.HoldMentorship(hold, metadata=world.hr)
    await world.settle()
    held = await world.mentorship(world.hr)
    assert (held.state, held.pause.reason) == (
        mentorships.Mentorship.STATE_PAUSED,
        codes.PAUSE_REASON_HOLD,
    )
    assert (await world.mentorship(world.mentor)).pause.reason == codes.PAUSE_REASON_OTHER
    await world.safety.BlockReportedPerson(
        pb.BlockReportedPersonRequest(name=receipt.name), metadata=world.hr
    )
    await world.settle()
    ended = await world.mentorship(world.hr)
    assert (ended.state, ended.end_reason) == (
        mentorships.Mentorship.STATE_ENDED,
        codes.END_REASON_SAFETY,
    )
    assert (await world.at.told(Ref(ORG, ID)))[-2:] == ["MentorshipPaused", "MentorshipEnded"]
    blocks = await world.safety.ListBlocks(pb.ListBlocksRequest(parent=PARENT), metadata=world.mentee)
    assert [block.person for block in blocks.blocks] == [f"{PEOPLE}/{MENTOR}"]


async def test_blocking_somebody_many_times_at_once_blocks_once(world: World) -> None:
    request = pb.BlockPersonRequest(parent=PARENT, person=f"{PEOPLE}/{MENTOR}")
    blocks = await asyncio.gather(
        *(world.safety.BlockPerson(request, metadata=world.mentee) for _ in range(4))
    )
    assert len({block.name for block in blocks}) == 1
    assert await world.at.told(Ref(ORG, blocks[0].name.rpartition("/")[2])) == ["PersonBlocked"]
    await world.settle()
    assert (await world.mentorship(world.mentee)).state == mentorships.Mentorship.STATE_ENDED


async def test_an_introduction_is_made_by_all_three(world: World) -> None:
    draft = introductions.Introduction(
        contact=f"{PEOPLE}/{STRANGER}", note="She can help.", message="Would you?"
    )
    propose = introductions.ProposeIntroductionRequest(parent=NAME, introduction=draft, request_id="p")
    proposed = await world.introductions.ProposeIntroduction(propose, metadata=world.mentor)
    assert await world.introductions.ProposeIntroduction(propose, metadata=world.mentor) == proposed
    get = introductions.GetIntroductionRequest(name=proposed.name)
    assert await hidden(world.introductions.GetIntroduction(get, metadata=world.stranger))
    consent = introductions.ConsentToIntroductionRequest(name=proposed.name)
    await world.introductions.ConsentToIntroduction(consent, metadata=world.mentee)
    assert await world.introductions.GetIntroduction(get, metadata=world.mentor) == proposed
    everywhere = introductions.ListIntroductionsRequest(parent=f"{PARENT}/mentorships/-")
    listed = await world.introductions.ListIntroductions(everywhere, metadata=world.stranger)
    assert [(one.note, one.message) for one in listed.introductions] == [("", "Would you?")]
    made = await world.introductions.ConsentToIntroduction(consent, metadata=world.stranger)
    assert made.state == introductions.Introduction.STATE_MADE


async def test_an_introduction_that_nobody_answers_is_off(world: World) -> None:
    draft = introductions.Introduction(contact=f"{PEOPLE}/{STRANGER}")
    propose = introductions.ProposeIntroductionRequest(parent=NAME, introduction=draft)
    proposed = await world.introductions.ProposeIntroduction(propose, metadata=world.mentor)
    assert (await refused(world.introductions.ProposeIntroduction(propose, metadata=world.mentor)))[1] == (
        "INTRODUCTION_KNOWN"
    )
    await world.pass_days(14)
    found = await world.introductions.GetIntroduction(
        introductions.GetIntroductionRequest(name=proposed.name), metadata=world.mentor
    )
    assert found.state == introductions.Introduction.STATE_DECLINED
    nobody = introductions.Introduction(contact=f"{PEOPLE}/nobody")
    call = world.introductions.ProposeIntroduction(
        introductions.ProposeIntroductionRequest(parent=NAME, introduction=nobody), metadata=world.mentor
    )
    assert (await refused(call))[0] is grpc.StatusCode.NOT_FOUND
