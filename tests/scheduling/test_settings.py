"""What a program says about its meetings: when its people are reminded, and where they meet."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
import vobject

from services.kernel.errors import Conflict
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling import store
from services.scheduling.app.settings import ProgramSettings
from services.scheduling.domain.settings import Settings
from tests.fakes import Aggregates
from tests.overtaken import Overtaken
from tests.scheduling.factories import MINUTE, NOON, ORG, PAIR, PAIR_ID, wish
from tests.scheduling.serving import World as Served
from tests.scheduling.serving import refused, served, stamp
from tests.scheduling.test_app import World, lead, mentee

SPRING = "spring"
HOUR = 60 * MINUTE
TOMORROW = NOON + timedelta(days=1)
OFTEN = Settings((120, 15), "https://video.example/room-{meeting}")


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), replace(PAIR, program=SPRING), 5)
    return made


async def reminders(world: World, meeting: str) -> list[timedelta]:
    state = (await world.kept.get(Ref(ORG, meeting))).state
    return [state.start - moment for moment in state.reminders]


async def test_a_program_that_says_nothing_reminds_a_day_and_an_hour_before(world: World) -> None:
    meeting, _ = await world.book(asked=wish(TOMORROW))
    assert await reminders(world, meeting) == [24 * HOUR, HOUR]


async def test_people_are_reminded_as_their_program_says_from_then_on(world: World) -> None:
    before, _ = await world.book(asked=wish(TOMORROW), request="before")
    await world.programs.put(lead, SPRING, OFTEN, ("", Cause("set")))
    after, _ = await world.book(asked=wish(TOMORROW + HOUR), request="after")
    assert await reminders(world, before) == [24 * HOUR, HOUR]
    assert await reminders(world, after) == [2 * HOUR, 15 * MINUTE]
    later = wish(TOMORROW + 3 * HOUR)
    await world.meetings.move(mentee, (PAIR_ID, before), lambda _: later, ("", Cause("move")))
    assert await reminders(world, before) == [2 * HOUR, 15 * MINUTE]


async def test_a_program_that_wants_none_has_none(world: World) -> None:
    await world.programs.put(lead, SPRING, Settings(()), ("", Cause("set")))
    meeting, _ = await world.book(asked=wish(TOMORROW))
    state = (await world.kept.get(Ref(ORG, meeting))).state
    assert (state.reminders, state.due_at) == ((), state.check_time)


async def test_settings_are_set_against_what_was_read(world: World) -> None:
    with pytest.raises(Conflict):
        await world.programs.put(lead, SPRING, OFTEN, ('"7"', Cause("set")))
    stored = await world.programs.put(lead, SPRING, OFTEN, ('"0"', Cause("set")))
    with pytest.raises(Conflict):
        await world.programs.put(lead, SPRING, Settings(), ('"0"', Cause("again")))
    assert await world.programs.put(lead, SPRING, OFTEN, (stored.etag, Cause("same"))) == stored


@pytest.mark.parametrize("etag", ["", '"0"'])
async def test_of_two_who_set_them_first_at_one_moment_the_second_is_told_if_it_went_by_an_etag(
    world: World, etag: str
) -> None:
    kept, seldom = Aggregates(store.SETTINGS, world.clock), Settings((30,))
    first = ProgramSettings(kept)
    other = Overtaken(kept, lambda: first.put(lead, SPRING, seldom, (etag, Cause("first"))))
    second = ProgramSettings(other).put(lead, SPRING, OFTEN, (etag, Cause("second")))
    with pytest.raises(Conflict, match="ETAG_MISMATCH") if etag else nullcontext():
        assert (await second).etag == '"2"'
    assert (await first.get(Ref(ORG, SPRING))).state == (seldom if etag else OFTEN)


@pytest.fixture
async def at(mongo_url: str) -> AsyncIterator[Served]:
    async with served(mongo_url) as made:
        yield made


@pytest.mark.servers
async def test_leads_set_reminders_and_a_room_that_invitations_and_meetings_name(at: Served) -> None:
    name = f"organizations/{ORG}/programs/{SPRING}/meetingSettings"
    get = pb.GetMeetingSettingsRequest(name=name)
    fresh = await at.meetings.GetMeetingSettings(get, metadata=at.mentee)
    assert (list(fresh.reminder_minutes), fresh.video_url, fresh.etag) == ([1440, 60], "", '"0"')
    told = pb.MeetingSettings(name=name, reminder_minutes=[30], video_url=OFTEN.video, etag=fresh.etag)
    change = pb.SetMeetingSettingsRequest(settings=told)
    stored = await at.meetings.SetMeetingSettings(change, metadata=at.lead)
    assert stored == await at.meetings.GetMeetingSettings(get, metadata=at.mentor)
    meeting = await at.book(TOMORROW)
    room = f"https://video.example/room-{meeting.name.rsplit('/', 1)[-1]}"
    assert meeting.video_url == room
    one = "mailto:a@acme.example"
    ask = pb.GetInvitationRequest(
        name=meeting.name, organizer_address=one, mentor_address=one, mentee_address=one
    )
    invitation = await at.meetings.GetInvitation(ask, metadata=at.mentee)
    assert vobject.readOne(invitation.document).vevent.location.value == room
    at.clock.advance(TOMORROW - 30 * MINUTE - at.clock.now())
    for kind in at.at.service.kinds:
        if kind.kind.fire is not None:
            await at.due.fire(kind)
    assert await at.told(meeting) == ["MeetingBooked", "MeetingReminderDue"]
    change.settings.reminder_minutes[:] = [1]
    assert (await refused(at.meetings.SetMeetingSettings(change, metadata=at.lead)))[1] == "INVALID_FIELDS"
    move = pb.RescheduleMeetingRequest(name=meeting.name, start_time=stamp(TOMORROW + 24 * HOUR))
    assert (await refused(at.meetings.RescheduleMeeting(move, metadata=at.mentor)))[
        1
    ] == "RESCHEDULED_TOO_LATE"
