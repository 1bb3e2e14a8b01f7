"""Series of groups: one entry and one message for those who come, and for those who leave."""

from dataclasses import replace
from datetime import timedelta

import pytest
import vobject

from services.kernel.mongo import Cause
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.pb.mentoring.scheduling.v1.meeting_service_pb2 import BookSeriesRequest, GetInvitationRequest
from services.scheduling.app.invitations import Invitations, Outcome
from services.scheduling.app.series import Series
from services.scheduling.domain.invitations import Reply
from services.scheduling.domain.said import Answer
from services.scheduling.domain.series import Rhythm
from services.scheduling.domain.told import Reason, Status
from services.scheduling.wire import calendar
from services.scheduling.wire import series as wire
from services.scheduling.wire.names import stamp_of
from tests.scheduling.factories import MENTEE, NOON, STRANGER
from tests.scheduling.test_app import mentor, service
from tests.scheduling.test_groups import GROUP, HOUR, MEMBER, PARENT, Here


@pytest.fixture
async def here() -> Here:
    made = Here()
    await made.become(GROUP, 1)
    return made


async def test_a_series_is_one_for_those_who_come_and_go(here: Here) -> None:
    """One message tells somebody of all of it, once all of it is as it says."""
    series = Series((here.kept, here.circles), here.meetings, here.clock)
    rhythm = Rhythm(NOON, HOUR, "UTC", 7, 3)
    made = await series.book(mentor, PARENT, lambda _: rhythm, Cause("series"))
    first, *others = (ref for ref, _ in made.meetings)
    await here.become(replace(GROUP, members=(MENTEE, MEMBER, STRANGER)), 2)
    await here.become(replace(GROUP, members=(MEMBER, STRANGER)), 3)
    told = [event for event in here.kept.outbox if "Attendee" in event["type"]]
    added, removed = told[:3], told[3:]
    for kind, news in (("GroupMeetingAttendeeAdded", added), ("GroupMeetingAttendeeRemoved", removed)):
        message = getattr(events, kind)
        said = [message.FromString(one["value"]) for one in news]
        assert [one.told_of_series for one in said] == [True, True, False]
        assert said[-1].group_meeting.endswith(first.id)
    invitations = Invitations(here.meetings, here.kept, here.people)
    for attendee, method, count in ((STRANGER, "REQUEST", 1), (MENTEE, "CANCEL", 3)):
        stored, contacts = await invitations.attendees(service, (PARENT, first.id), attendee)
        look = calendar.look(contacts, GetInvitationRequest(organizer_address="mailto:meet@acme.example"))
        kept = await invitations.siblings(service, stored.state)
        document = vobject.readOne(calendar.series(kept, look))
        assert (document.method.value, len(document.vevent_list)) == (method, count)
        assert len({event.uid.value for event in document.vevent_list}) == 1
    off = await series.cancel(mentor, (PARENT, others[0].id), Reason.WORKLOAD, Cause("off"))
    assert [ref for ref, _ in off] == others


async def test_who_joined_later_answers_the_rest_of_a_series(here: Here) -> None:
    series = Series((here.kept, here.circles), here.meetings, here.clock)
    made = await series.book(mentor, PARENT, lambda _: Rhythm(NOON, HOUR, "UTC", 7, 2), Cause("series"))
    here.clock.advance(timedelta(days=1))
    await here.become(replace(GROUP, members=(STRANGER,)), 2)
    address = f"{STRANGER}@acme.example"
    reply = Reply(made.meetings[0][1].state.series, Answer("", Status.ACCEPTED), 1, address, address)
    invitations = Invitations(here.meetings, here.kept, here.people)
    outcome, ref, stored = await invitations.receive(service, reply, Cause("reply"))
    assert (outcome, ref) == (Outcome.TAKEN, made.meetings[1][0])
    assert [one.person for one in stored.state.answers] == [STRANGER]


def test_a_series_is_as_the_group_agreed() -> None:
    request = BookSeriesRequest(start_time=stamp_of(NOON), time_zone="UTC", count=3)
    group = replace(GROUP, cadence_days=21)
    assert wire.rhythm(request, group) == Rhythm(NOON, HOUR, "UTC", 21, 3)
