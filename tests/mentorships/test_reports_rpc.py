"""How a program and its pairs go, over real gRPC and MongoDB, from events as they are heard."""

import csv
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.mentorships import store
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as check_ins
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1 import report_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceStub
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.mentorships.v1.report_service_pb2_grpc import ReportServiceStub
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld, MeetingMissed
from tests.harness import Metadata
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, NOON, ORG
from tests.mentorships.pair import NAME, PEOPLE, SPRING, Pair, refused, working_together

pytestmark = pytest.mark.servers

AT_RISK = processor.HEALTH_STATUS_AT_RISK
DAY = timedelta(days=1)
SECRET = "He never comes."


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


class World(Pair):
    """The pair, and those who look at how it goes."""

    @property
    def reports(self) -> ReportServiceStub:
        return ReportServiceStub(self.at.channel)

    @property
    def lead(self) -> Metadata:
        return self.at.token(LEAD, "program_lead")

    @property
    def other_lead(self) -> Metadata:
        return self.at.token("e0100002", "program_lead")

    async def report(self, who: Metadata, program: str = SPRING, **more: Any) -> pb.ProgramReport:
        request = pb.GetProgramReportRequest(name=f"{program}/report", **more)
        return await self.reports.GetProgramReport(request, metadata=who)

    async def health(self, who: Metadata, **more: Any) -> list[pb.MentorshipHealth]:
        request = pb.ListMentorshipHealthRequest(parent=SPRING, **more)
        return list((await self.reports.ListMentorshipHealth(request, metadata=who)).mentorship_health)

    async def missed(self, meeting: str, days: int) -> None:
        message = MeetingMissed(
            meeting=f"{NAME}/meetings/{meeting}", mentorship=NAME, start_time=stamp(NOON + days * DAY)
        )
        await self.at.hear(message, f"missed-{meeting}")

    async def held(self, meeting: str, days: int) -> None:
        message = MeetingHeld(
            meeting=f"{NAME}/meetings/{meeting}", mentorship=NAME, start_time=stamp(NOON + days * DAY)
        )
        await self.at.hear(message, f"held-{meeting}", sequence=2)

    async def goes(
        self, status: processor.HealthStatus.ValueType, days: int, *reasons: processor.Reason.ValueType
    ) -> None:
        message = processor.HealthChanged(
            mentorship=NAME, to_status=status, reasons=reasons, due_time=stamp(NOON + days * DAY)
        )
        await self.at.hear(message, f"health-{status}-{days}")

    async def answer(self, who: Metadata, quality: int) -> None:
        stub = CheckInServiceStub(self.at.channel)
        listed = await stub.ListCheckIns(check_ins.ListCheckInsRequest(parent=NAME), metadata=who)
        answer = check_ins.CheckInAnswer(quality=quality, words=SECRET)
        request = check_ins.AnswerCheckInRequest(name=listed.check_ins[-1].name, answer=answer)
        await stub.AnswerCheckIn(request, metadata=who)

    async def goal(self) -> str:
        request = goals.CreateGoalRequest(
            parent=NAME, goal=goals.Goal(kind=goals.Goal.KIND_CAREER, title=SECRET)
        )
        return (await GoalServiceStub(self.at.channel).CreateGoal(request, metadata=self.mentee)).name


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with working_together(mongo_url, World) as world:
        yield world


async def test_a_report_counts_meetings_check_ins_goals_and_health(world: World) -> None:
    for _ in range(2):  # every event may be heard again
        await world.missed("one", 2)
        await world.missed("two", 9)
        await world.held("two", 9)
        await world.held("three", 40)
    await world.missed("two", 9)
    await world.pass_days(30)
    await world.answer(world.mentee, 4)
    await world.goal()
    complete = goals.CompleteGoalRequest(name=await world.goal())
    await GoalServiceStub(world.at.channel).CompleteGoal(complete, metadata=world.mentee)
    await world.pass_days(31)
    await world.goes(AT_RISK, 60, processor.REASON_GAP)
    report = await world.report(world.hr)
    assert report.funnel == pb.ProgramReport.Funnel(enrolled=0, matched=1, active=1, met=1)
    assert (report.meetings.held, report.meetings.missed) == (2, 1), "who missed and came after all came"
    assert report.meetings.no_show_rate == pytest.approx(1 / 3)
    assert report.meetings.median_days_to_first == report.meetings.mean_days_to_first == 9
    assert report.meetings.held_per_pair_month == pytest.approx(2 / (61 / 365.25 * 12))
    asked = report.check_ins
    assert (asked.opened, asked.answered, asked.response_rate, asked.quality_hidden) == (2, 1, 0.5, True)
    assert not asked.HasField("mean_quality")
    assert report.goals == pb.ProgramReport.Goals(set=2, completed=1, completion_rate=0.5)
    assert {one.status: one.mentorships for one in report.health if one.mentorships} == {AT_RISK: 1}
    march, april = report.months
    assert (march.month, march.held, march.missed, march.answered) == (Date(year=2026, month=3), 1, 1, 0)
    assert (april.month, april.held, april.missed, april.answered) == (Date(year=2026, month=4), 1, 0, 1)
    header, *rows = csv.reader(report.csv.decode().splitlines())
    assert (header, ["held", "2026-04", "1"] in rows) == (["figure", "month", "value"], True)
    assert SECRET not in str(report), "no words"
    assert await world.report(world.lead) == report


async def test_a_report_is_of_the_callers_own_mentorships_and_of_those_created_when_asked(
    world: World,
) -> None:
    assert (await world.report(world.other_lead)).funnel.matched == 0
    assert (await world.report(world.hr, f"{SPRING}-2")).funnel == pb.ProgramReport.Funnel(), (
        "not even 0 enrolled"
    )
    abroad = SPRING.replace(ORG, "globex")
    assert (await world.report(world.foreigner, abroad)).funnel.matched == 0
    for start, end, matched in ((0, None, 1), (1, None, 0), (None, 0, 0), (None, 1, 1), (-2, 2, 1)):
        span: dict[str, Any] = {
            name: stamp(NOON + days * DAY)
            for name, days in (("start_time", start), ("end_time", end))
            if days is not None
        }
        assert (await world.report(world.hr, **span)).funnel.matched == matched, span
    empty = world.report(world.hr, start_time=stamp(NOON), end_time=stamp(NOON))
    assert await refused(empty) == (grpc.StatusCode.INVALID_ARGUMENT, "SPAN_EMPTY")
    odd = world.report(world.hr, start_time=Timestamp(seconds=10**15))
    assert await refused(odd) == (grpc.StatusCode.INVALID_ARGUMENT, "TIME_MALFORMED")
    denied = await refused(world.report(world.mentee))
    assert denied[0] is grpc.StatusCode.PERMISSION_DENIED


async def test_the_work_list_shows_how_open_pairs_go_and_why(world: World) -> None:
    (early,) = await world.health(world.lead)
    assert early == pb.MentorshipHealth(
        mentorship=NAME,
        mentor=f"{PEOPLE}/{MENTOR}",
        mentee=f"{PEOPLE}/{MENTEE}",
        lead=f"{PEOPLE}/{LEAD}",
        status=processor.HEALTH_STATUS_TOO_EARLY,
        since_time=stamp(NOON),
    )
    await world.goes(AT_RISK, 40, processor.REASON_NOT_A_FIT, processor.REASON_GAP)
    await world.goes(processor.HEALTH_STATUS_NEEDS_ATTENTION, 20, processor.REASON_GAP)
    (late,) = await world.health(world.hr, status=AT_RISK)
    assert list(late.reasons) == [processor.REASON_NOT_A_FIT, processor.REASON_GAP]
    assert (late.status, late.since_time) == (AT_RISK, stamp(NOON + 40 * DAY)), "the latest, in any order"
    assert await world.health(world.hr, status=processor.HEALTH_STATUS_INACTIVE) == []
    assert await world.health(world.other_lead) == []
    end = mentorships.EndMentorshipRequest(name=NAME)
    await MentorshipServiceStub(world.at.channel).EndMentorship(end, metadata=world.mentor)
    await world.settle()
    await world.goes(processor.HEALTH_STATUS_INACTIVE, 90, processor.REASON_NO_SIGN_OF_LIFE)
    assert await world.health(world.hr) == [], "nobody needs to look at what is over"
    report = await world.report(world.hr)
    assert (report.funnel.active, report.funnel.ended) == (1, 1)
    assert sum(one.mentorships for one in report.health) == 0


async def test_what_a_newer_build_finds_is_shown_as_far_as_it_is_understood(world: World) -> None:
    newer = processor.HealthChanged(mentorship=NAME, due_time=stamp(NOON + DAY))
    newer.MergeFromString(bytes((6 << 3, *b"\x8f\x4e", 7 << 3 | 2, 3, *b"\x03\x8f\x4e")))
    assert (newer.to_status, list(newer.reasons)) == (9_999, [processor.REASON_GAP, 9_999])
    await world.at.hear(newer, "newer")
    (found,) = await world.health(world.lead)
    assert (found.status, list(found.reasons)) == (0, [processor.REASON_GAP])
    assert (await world.report(world.lead)).health[0].mentorships == 1


async def test_pairs_of_before_health_was_kept_are_listed_once_something_is_told(world: World) -> None:
    copies = world.at.database.client[world.at.database.name][store.HEALTH]
    await copies.delete_many({})
    assert await world.health(world.hr) == []
    early = {one.status: one.mentorships for one in (await world.report(world.hr)).health}
    assert early[processor.HEALTH_STATUS_TOO_EARLY] == 1
    await world.goes(AT_RISK, 20, processor.REASON_GAP)
    (found,) = await world.health(world.lead)
    assert (found.mentorship, found.status) == (NAME, AT_RISK)
