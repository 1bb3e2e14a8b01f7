"""The life of relationships over real gRPC and MongoDB, timers and other people's news included."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.mongo import Ref
from services.kernel.run import Resources, Service
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, OwnIdentity, directory
from tests.harness import Metadata, Running, reason, running
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, confirmed

pytestmark = pytest.mark.servers

PARENT = f"organizations/{ORG}"
PEOPLE = f"{PARENT}/people"
NAME = f"{PARENT}/mentorships/{ID}"
DAY = timedelta(days=1)
STATE = pb.Mentorship.State
AGREEMENT = pb.Agreement(
    cadence=Duration(seconds=14 * 86_400),
    meeting_length=Duration(seconds=3_600),
    channels=[pb.Agreement.CHANNEL_VIDEO],
    focus_areas=["public speaking"],
    mentor_expectations="come prepared",
    confidentiality=pb.Agreement.CONFIDENTIALITY_NOTHING_LEAVES,
    end_date=Date(year=2026, month=6, day=30),
)


class World:
    """The service with one mentorship, the pair and others who call it."""

    def __init__(self, at: Running, clock: FixedClock, people: Directory, due: Due) -> None:
        self.at = at
        self.clock = clock
        self.people = people
        self.due = due
        self.stub = MentorshipServiceStub(at.channel)
        self.mentor = at.token(MENTOR, "mentor")
        self.mentee = at.token(MENTEE, "mentee")
        self.other = at.token(STRANGER, "mentor")
        self.lead = at.token("lead", "program_lead")
        self.hr = at.token("admin", "hr_admin")

    async def call(self, method: str, caller: Metadata, name: str = NAME, **request: Any) -> pb.Mentorship:
        """Call a method about a mentorship."""
        message = getattr(pb, f"{method}Request")(name=name, **request)
        answer: pb.Mentorship = await getattr(self.stub, method)(message, metadata=caller)
        return answer

    async def agree(self, name: str = NAME, first: Metadata | None = None) -> pb.Mentorship:
        """Let a pair propose and sign; the mentor is the one of NAME unless `first` is given."""
        mentor = first or self.mentor
        offered = await self.call("ProposeAgreement", self.mentee, name, agreement=AGREEMENT)
        revision = offered.proposed_agreement.revision
        await self.call("SignAgreement", self.mentee, name, revision=revision)
        return await self.call("SignAgreement", mentor, name, revision=revision)

    async def told(self, name: str = NAME) -> list[str]:
        return await self.at.told(Ref(ORG, name.rpartition("/")[2]))

    async def fire(self) -> None:
        """Fire the timers that are due."""
        await self.due.fire(self.at.service.kinds[0])

    async def listed(self, caller: Metadata, state: pb.Mentorship.State.ValueType) -> list[str]:
        request = pb.ListMentorshipsRequest(parent=PARENT, state=state)
        page = await self.stub.ListMentorships(request, metadata=caller)
        return [one.name for one in page.mentorships]


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    clock, opened = FixedClock(NOON), list[Resources]()

    def known_to_profiles(settings: Settings, resources: Resources) -> Service:
        opened.append(replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol
        return build(settings, opened[0])

    async with (
        directory() as people,
        running(known_to_profiles, mongo_url, clock, profiles_address=people.address) as at,
    ):
        people.add(*(Person(name=f"{PEOPLE}/{one}") for one in (MENTOR, MENTEE, STRANGER)))
        await at.hear(confirmed(), "event-1")
        yield World(at, clock, people, Due(opened[0].database, at.service.kinds, clock))


def moment(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), reason(refusal.value)


async def test_an_amendment_is_in_force_when_both_have_signed_it_and_the_earlier_stays_readable(
    world: World,
) -> None:
    await world.agree()
    weekly = pb.Agreement()
    weekly.CopyFrom(AGREEMENT)
    weekly.cadence.seconds = 7 * 86_400
    offered = await world.call("ProposeAgreement", world.mentor, agreement=weekly)
    assert (offered.agreement.revision, offered.proposed_agreement.revision) == (1, 2)
    kept = await world.call("WithdrawAgreement", world.mentee, revision=2)
    assert not kept.HasField("proposed_agreement")
    await world.call("ProposeAgreement", world.mentor, agreement=weekly)
    for caller in (world.mentor, world.mentee):
        await world.call("SignAgreement", caller, revision=3)
    asked = pb.ListAgreementRevisionsRequest(parent=NAME)
    signed = (await world.stub.ListAgreementRevisions(asked, metadata=world.mentee)).agreements
    assert [(one.revision, one.cadence.seconds // 86_400) for one in signed] == [(3, 7), (1, 14)]
    assert signed[1].mentor_expectations == "come prepared"
    seen = (await world.stub.ListAgreementRevisions(asked, metadata=world.hr)).agreements
    assert [(one.revision, one.mentor_expectations, len(one.focus_areas)) for one in seen] == [
        (3, "", 0),
        (1, "", 0),
    ]


async def test_it_rests_and_goes_on_by_itself_and_its_last_day_moves(world: World) -> None:
    await world.agree()
    until = NOON + 10 * DAY
    resting = await world.call(
        "PauseMentorship", world.mentee, reason=codes.PAUSE_REASON_AWAY, resume_time=moment(until)
    )
    assert resting.state == STATE.STATE_PAUSED
    world.clock.advance(10 * DAY)
    await world.fire()
    await world.fire()
    going_on = await world.call("GetMentorship", world.mentor)
    assert (going_on.state, going_on.end_date) == (STATE.STATE_ACTIVE, Date(year=2026, month=7, day=10))
    assert (await world.told())[-2:] == ["MentorshipPaused", "MentorshipResumed"]


async def test_the_end_comes_near_both_extend_and_nobody_closes(world: World) -> None:
    await world.agree()
    world.clock.advance(datetime(2026, 6, 16, tzinfo=UTC) - NOON)
    await world.fire()
    asked = await world.call("ProposeExtension", world.mentee)
    wanted = asked.proposed_extension.end_date
    assert wanted == Date(year=2026, month=9, day=30)
    assert await refused(world.call("AcceptExtension", world.mentee, end_date=wanted)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "OWN_PROPOSAL",
    )
    extended = await world.call("AcceptExtension", world.mentor, end_date=wanted)
    assert extended.end_date == wanted
    for day in (datetime(2026, 9, 16, tzinfo=UTC), datetime(2026, 10, 15, 12, tzinfo=UTC)):
        world.clock.advance(day - world.clock.now())
        await world.fire()
    assert (await world.told())[-5:] == [
        "MentorshipEndNear",
        "ExtensionProposed",
        "MentorshipExtended",
        "MentorshipEndNear",
        "MentorshipCompleted",
    ]


async def test_both_close_at_once_and_it_completes_once_with_its_alumni_looking_back(world: World) -> None:
    await world.agree()
    await asyncio.gather(*(world.call("CloseMentorship", who) for who in (world.mentor, world.mentee)))
    assert (await world.told())[-2:] == ["ClosingProposed", "MentorshipCompleted"]
    assert await world.listed(world.mentee, STATE.STATE_COMPLETED) == [NAME]
    assert await world.listed(world.mentee, STATE.STATE_ACTIVE) == []
    answers = pb.ClosingSurvey(satisfaction=5, recommends=True, comment="I found my voice")
    once = await world.call("AnswerClosingSurvey", world.mentee, survey=answers, request_id="r-1")
    assert await world.call("AnswerClosingSurvey", world.mentee, survey=answers, request_id="r-1") == once
    assert (await refused(world.call("AnswerClosingSurvey", world.mentee, survey=answers)))[1] == (
        "SURVEY_ANSWERED"
    )
    shown = {
        name: [
            (one.satisfaction, one.comment)
            for one in (await world.call("GetMentorship", who)).closing_surveys
        ]
        for name, who in (("mentee", world.mentee), ("mentor", world.mentor), ("hr", world.hr))
    }
    assert shown == {"mentee": [(5, "I found my voice")], "mentor": [], "hr": [(5, "")]}


async def test_a_satisfaction_outside_of_its_scale_is_invalid(world: World) -> None:
    await world.call("EndMentorship", world.mentor)
    for satisfaction in (0, 6):
        survey = pb.ClosingSurvey(satisfaction=satisfaction)
        code, _ = await refused(world.call("AnswerClosingSurvey", world.mentor, survey=survey))
        assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_hold_is_hrs_alone_and_does_not_show_as_one(world: World) -> None:
    await world.agree()
    hold: dict[str, Any] = {"reason": codes.PAUSE_REASON_HOLD}
    for caller in (world.mentor, world.lead):
        assert (await refused(world.call("PauseMentorship", caller, **hold)))[1] == "HR_ONLY"
    held = await world.call("PauseMentorship", world.hr, **hold)
    assert held.pause.reason == codes.PAUSE_REASON_HOLD
    assert held.agreement.mentor_expectations == ""
    seen = await world.call("GetMentorship", world.mentor)
    assert (seen.state, seen.pause.reason) == (STATE.STATE_PAUSED, codes.PAUSE_REASON_OTHER)
    assert (await refused(world.call("ResumeMentorship", world.mentee)))[1] == "HR_ONLY"
    assert (await world.call("ResumeMentorship", world.hr)).state == STATE.STATE_ACTIVE


async def test_somebody_is_asked_agrees_or_declines(world: World) -> None:
    pair = pb.Mentorship(mentor=f"{PEOPLE}/{STRANGER}", mentee=f"{PEOPLE}/{MENTEE}")
    ask = pb.CreateMentorshipRequest(parent=PARENT, mentorship=pair, request_id="r-1")
    asked = await world.stub.CreateMentorship(ask, metadata=world.mentee)
    assert await world.stub.CreateMentorship(ask, metadata=world.mentee) == asked
    assert (asked.state, asked.program, asked.proposer) == (STATE.STATE_PROPOSED, "", pair.mentee)
    again = pb.CreateMentorshipRequest(parent=PARENT, mentorship=pair)
    assert (await refused(world.stub.CreateMentorship(again, metadata=world.mentee)))[1] == "MENTORSHIP_OPEN"
    assert (await world.agree(asked.name, world.other)).state == STATE.STATE_ACTIVE
    ended = await world.call("EndMentorship", world.other, asked.name)
    assert ended.end_reason == codes.END_REASON_PARTICIPANT
    declined = await world.stub.CreateMentorship(again, metadata=world.mentee)
    assert (await world.call("EndMentorship", world.other, declined.name)).state == STATE.STATE_ENDED


@pytest.mark.parametrize(
    ("mentor", "code", "why"),
    [
        (f"{PEOPLE}/nobody", grpc.StatusCode.NOT_FOUND, "PERSON_NOT_FOUND"),
        (f"{PEOPLE}/{MENTEE}", grpc.StatusCode.FAILED_PRECONDITION, "SAME_PERSON"),
        ("organizations/globex/people/x", grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
        ("nobody", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS"),
    ],
)
async def test_who_is_asked_exists_here(world: World, mentor: str, code: grpc.StatusCode, why: str) -> None:
    pair = pb.Mentorship(mentor=mentor, mentee=f"{PEOPLE}/{MENTEE}")
    ask = pb.CreateMentorshipRequest(parent=PARENT, mentorship=pair)
    assert await refused(world.stub.CreateMentorship(ask, metadata=world.mentee)) == (code, why)


async def test_a_leavers_mentorship_ends_and_another_mentor_goes_on(world: World) -> None:
    await world.agree()
    gone = PersonUpdated(person=f"{PEOPLE}/{MENTOR}", state=Person.STATE_TERMINATED, changed_fields=["state"])
    await world.at.hear(gone, "left")
    assert (await world.call("GetMentorship", world.mentee)).end_reason == codes.END_REASON_PERSON_LEFT
    for caller in (world.mentee, world.mentor):
        code, _ = await refused(world.call("HandOverMentorship", caller, mentor=f"{PEOPLE}/{STRANGER}"))
        assert code is grpc.StatusCode.PERMISSION_DENIED
    hand = {"mentor": f"{PEOPLE}/{STRANGER}", "request_id": "r-1"}
    following = await world.call("HandOverMentorship", world.lead, **hand)
    assert await world.call("HandOverMentorship", world.lead, **hand) == following
    assert (following.state, following.predecessor) == (STATE.STATE_PROPOSED, NAME)
    assert (await world.call("GetMentorship", world.hr)).successor == following.name
    assert (await world.told())[-2:] == ["MentorshipEnded", "MentorshipHandedOver"]
    assert (await world.agree(following.name, world.other)).state == STATE.STATE_ACTIVE


async def test_other_organizations_find_nothing_to_change(world: World) -> None:
    foreigner = world.at.token(MENTEE, "mentee", "mentor", "hr_admin", org="globex")
    for method in (
        "GetMentorship",
        "ResumeMentorship",
        "CloseMentorship",
        "EndMentorship",
        "ProposeExtension",
    ):
        code, _ = await refused(world.call(method, foreigner))
        assert code is grpc.StatusCode.NOT_FOUND, method
