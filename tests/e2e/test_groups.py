"""A group from its beginning to its first session, across services: what each tells, the next one does."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.demo.api import Api, Who, refusal
from deploy.local.demo.story import until
from deploy.local.stack import Stack
from services.kernel.clock import DevelopmentClock
from services.pb.mentoring.mentorships.v1 import group_service_pb2 as groups
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.group_service_pb2_grpc import GroupServiceStub
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from tests.e2e.writing import AGREEMENT, Texts, World, imported
from tests.profiles.factories import export, line

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

GUIDE, ONE, TWO = (Who(f"e{number}", ("mentor", "mentee")) for number in (11, 12, 13))


async def test_a_group_meets_and_every_calendar_follows_who_is_in_it(platform: Stack) -> None:
    async with Api(platform.state, "groups") as api:
        world = World(platform, api, Texts("one"), Texts("two"))
        people = [line(number, roles="mentor;mentee") for number in (11, 12, 13)]
        assert (await imported(world, export(*people))).created == 3
        stub = world.stub(GroupServiceStub, "mentorships")
        group = groups.Group(
            title="Speaking", seats=5, agreement=mentorships.Agreement(**AGREEMENT, focus_areas=["speaking"])
        )
        made = await api.call(
            stub.CreateGroup, groups.CreateGroupRequest(parent=api.parent, group=group), GUIDE
        )
        await api.call(stub.JoinGroup, groups.JoinGroupRequest(name=made.name, revision=1), ONE)
        today = DevelopmentClock(Path(platform.state.clock_file)).now()
        meeting = await booked(api, made.name, today.replace(minute=0, second=0, microsecond=0))
        await api.call(stub.JoinGroup, groups.JoinGroupRequest(name=made.name, revision=1), TWO)
        await api.call(stub.LeaveGroup, groups.LeaveGroupRequest(name=made.name), ONE)
        uid = f"UID:{meeting.rpartition('/')[2]}@groups.mentoring"
        wanted = {"e11@acme.example": "REQUEST", "e12@acme.example": "CANCEL", "e13@acme.example": "REQUEST"}

        async def told() -> dict[str, str]:
            return last_methods(platform, uid)

        await until(told, wanted.__eq__, "what calendars need")


async def booked(api: Api, group: str, today: datetime) -> str:
    """Book the session in nine days as soon as scheduling has heard of the group, and return its name."""
    start = today + timedelta(days=9)
    wish = meetings.Meeting(start_time=stamp(start), end_time=stamp(start + timedelta(hours=1)))
    request = meetings.BookMeetingRequest(parent=group, meeting=wish)

    async def tried() -> str:
        try:
            return str((await api.call(api.meetings.BookMeeting, request, GUIDE)).name)
        except grpc.aio.AioRpcError as error:
            if refusal(error) != "GROUP_NOT_FOUND":
                raise
            return ""

    return await until(tried, bool, "the group at scheduling")


def last_methods(platform: Stack, uid: str) -> dict[str, str]:
    """Return by address what the last mail about a meeting makes a calendar do."""
    found: dict[str, str] = {}
    for file in sorted((platform.folder.mails / "new").iterdir()):
        mail: Any = message_from_bytes(file.read_bytes(), policy=policy.default)
        for part in mail.walk():
            if part.get_content_type() == "text/calendar" and uid in part.get_content():
                found[mail["to"].addresses[0].addr_spec] = part.get_param("method")
    return found


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made
