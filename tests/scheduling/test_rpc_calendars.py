"""Availability, series and calendars over real gRPC and MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import grpc
import pytest
import vobject
from aiohttp import web

from services.pb.mentoring.profiles.v1.person_service_pb2 import Person, WeeklyWindow
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1.events_pb2 import CalendarFetchDue
from tests.scheduling.factories import (
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    STRANGER,
)
from tests.scheduling.serving import PARENT, PEOPLE, World, refused, served, stamp

pytestmark = pytest.mark.servers


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with served(mongo_url) as made:
        yield made


async def test_people_set_when_they_can_be_met_and_search_and_booking_heed_it(world: World) -> None:
    name = f"{PEOPLE}/{MENTOR}/availability"
    get = availability.GetAvailabilityRequest(name=name)
    fresh = await world.availability.GetAvailability(get, metadata=world.mentor)
    assert (fresh.etag, fresh.step_minutes) == ('"0"', 15)
    windows = [availability.Availability.WeeklyWindow(day=1, start_minute=13 * 60, end_minute=15 * 60)]
    wanted = availability.Availability(
        name=name,
        etag=fresh.etag,
        time_zone="Europe/Berlin",
        weekly_hours=availability.Availability.WeeklyHours(windows=windows),
        step_minutes=60,
    )
    update = availability.UpdateAvailabilityRequest(availability=wanted, request_id="r-1")
    stored = await world.availability.UpdateAvailability(update, metadata=world.mentor)
    assert stored == await world.availability.UpdateAvailability(update, metadata=world.mentor)
    denied = world.availability.UpdateAvailability(update, metadata=world.mentee)
    assert (await refused(denied))[1] == "AVAILABILITY_NOT_YOURS"
    assert (await refused(world.book(NOON + 180 * MINUTE)))[1] == "OUTSIDE_HOURS"
    everyday = [WeeklyWindow(day=1, start_minute=0, end_minute=1440)]
    world.people.add(Person(name=f"{PEOPLE}/{MENTEE}", time_zone="UTC", weekly_hours=everyday))
    find = availability.FindSlotsRequest(
        parent=PARENT, start_time=stamp(MORNING), end_time=stamp(MORNING + timedelta(days=1))
    )
    slots = (await world.availability.FindSlots(find, metadata=world.mentee)).slots
    assert [slot.mentor_local_start[11:16] for slot in slots] == ["13:00", "14:00"]


async def test_a_window_that_ends_before_it_starts_is_refused_by_the_contract(world: World) -> None:
    backward = availability.Availability.WeeklyWindow(day=1, start_minute=900, end_minute=600)
    wanted = availability.Availability(
        name=f"{PEOPLE}/{MENTOR}/availability",
        time_zone="UTC",
        weekly_hours=availability.Availability.WeeklyHours(windows=[backward]),
    )
    update = availability.UpdateAvailabilityRequest(availability=wanted)
    code, why = await refused(world.availability.UpdateAvailability(update, metadata=world.mentor))
    assert (code, why) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")


async def test_a_series_is_booked_and_its_rest_called_off(world: World) -> None:
    request = meetings.BookSeriesRequest(
        parent=PARENT, start_time=stamp(NOON), time_zone="Europe/Berlin", count=3, request_id="r-1"
    )
    made = await world.meetings.BookSeries(request, metadata=world.mentee)
    assert made == await world.meetings.BookSeries(request, metadata=world.mentee)
    assert [one.start_time.ToDatetime(UTC).hour for one in made.meetings] == [12, 12, 11]
    cancel = meetings.CancelSeriesRequest(name=made.meetings[1].name, reason=codes.CANCEL_REASON_WORKLOAD)
    off = await world.meetings.CancelSeries(cancel, metadata=world.mentor)
    assert [one.name for one in off.meetings] == [one.name for one in made.meetings[1:]]


async def test_an_invitation_goes_out_and_its_answer_comes_back(world: World) -> None:
    meeting = await world.book()
    request = meetings.GetInvitationRequest(
        name=meeting.name,
        organizer_address="mailto:meet@example.com",
        mentor_address="mailto:ada@example.com",
        mentee_address="mailto:bob@example.com",
    )
    told = await world.meetings.GetInvitation(request, metadata=world.mentee)
    assert (told.method, told.sequence) == ("REQUEST", 0)
    answer = told.document.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", "DECLINED")
    lines = [line for line in answer.replace("\r\n ", "").split("\r\n") if "ada@" not in line]
    back = meetings.AnswerInvitationRequest(person=f"{PEOPLE}/{MENTEE}", document="\r\n".join(lines))
    foreign = world.meetings.AnswerInvitation(back, metadata=world.mentor)
    assert (await refused(foreign))[1] == "ANSWER_NOT_YOURS"
    stored = await world.meetings.AnswerInvitation(back, metadata=world.at.token("mail", "service"))
    assert stored.answers[0].status == codes.ANSWER_STATUS_DECLINED
    assert stored.notices[0].notice == codes.NOTICE_ABSENT


async def test_another_calendar_is_imported_listed_heeded_and_removed(world: World) -> None:
    name = f"{PEOPLE}/{MENTOR}/calendars/outlook"
    event = (
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTART:20260302T120000Z",
        "DURATION:PT1H",
        "END:VEVENT",
    )
    document = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *event, "END:VCALENDAR", ""))
    request = availability.ImportCalendarRequest(name=name, document=document, time_zone="Europe/Berlin")
    imported = await world.availability.ImportCalendar(request, metadata=world.mentor)
    assert (imported.name, imported.busy_count, imported.stale) == (name, 1, False)
    assert (await refused(world.book()))[1] == "SLOT_TAKEN"
    request.document = "nothing"
    malformed = world.availability.ImportCalendar(request, metadata=world.mentor)
    assert await refused(malformed) == (grpc.StatusCode.INVALID_ARGUMENT, "CALENDAR_MALFORMED")
    listing = availability.ListCalendarsRequest(parent=f"{PEOPLE}/{MENTOR}")
    listed = await world.availability.ListCalendars(listing, metadata=world.mentor)
    assert list(listed.calendars) == [imported]
    remove = availability.RemoveCalendarRequest(name=name, etag=imported.etag)
    await world.availability.RemoveCalendar(remove, metadata=world.mentor)
    assert (await world.book()).state == meetings.Meeting.STATE_BOOKED


async def test_a_feed_has_a_secret_address_until_it_is_closed(world: World) -> None:
    name = f"{PEOPLE}/{MENTOR}/calendarFeed"
    opening = availability.OpenCalendarFeedRequest(name=name)
    opened = await world.availability.OpenCalendarFeed(opening, metadata=world.mentor)
    assert opened.url.startswith(f"/calendar/acme/{MENTOR}/")
    assert await world.availability.OpenCalendarFeed(opening, metadata=world.mentor) == opened
    closing = availability.CloseCalendarFeedRequest(name=name)
    assert (await world.availability.CloseCalendarFeed(closing, metadata=world.mentor)).url == ""
    again = await world.availability.OpenCalendarFeed(opening, metadata=world.mentor)
    assert again.url not in {"", opened.url}


async def test_an_answer_by_mail_counts_once_and_only_from_who_was_invited(world: World) -> None:
    """The whole way: an invitation as a mail takes it along, read by vobject, and the answer to it."""
    for person in (MENTOR, MENTEE, STRANGER):
        world.people.add(Person(name=f"{PEOPLE}/{person}", given_name=person, email=f"{person}@acme.example"))
    gateway = world.at.token("mail", "service")
    wish = meetings.Meeting(start_time=stamp(NOON), end_time=stamp(NOON + 45 * MINUTE))
    wish.guests.append(f"{PEOPLE}/{STRANGER}")
    book = meetings.BookMeetingRequest(parent=PARENT, meeting=wish)
    meeting = await world.meetings.BookMeeting(book, metadata=world.mentee)
    asked = meetings.GetInvitationRequest(name=meeting.name, organizer_address="mailto:meet@acme.example")
    assert (await refused(world.meetings.GetInvitation(asked, metadata=world.mentee)))[
        1
    ] == "ADDRESSES_WITHHELD"
    invitation = await world.meetings.GetInvitation(asked, metadata=gateway)
    event = vobject.readOne(invitation.document).vevent
    assert [one.params["CN"] for one in event.attendee_list] == [[MENTOR], [MENTEE], [STRANGER]]

    def mail(status: str, stamped: str, sequence: int = 0) -> bytes:
        return (
            f"From: {MENTEE}@acme.example\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n"
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n"
            f"UID:{invitation.uid}\r\nSEQUENCE:{sequence}\r\nDTSTAMP:{stamped}\r\n"
            f"ATTENDEE;PARTSTAT={status}:mailto:{MENTEE}@acme.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ).encode()

    async def receive(message: bytes, sender: str = "") -> meetings.ReceiveReplyResponse:
        request = meetings.ReceiveReplyRequest(
            parent="organizations/acme", message=message, sender_address=sender
        )
        return await world.meetings.ReceiveReply(request, metadata=gateway)

    assert (await refused(receive(mail("ACCEPTED", "20260302T090000Z"), "eve@acme.example")))[1] == (
        "SENDER_IS_NOT_ATTENDEE"
    )
    for _ in range(2):
        taken = await receive(mail("DECLINED", "20260302T090100Z"))
        assert taken.outcome == meetings.ReceiveReplyResponse.OUTCOME_TAKEN
    assert (await world.told(meeting)).count("MeetingAnswered") == 1
    overtaken = await receive(mail("ACCEPTED", "20260302T090000Z"))
    assert overtaken.outcome == meetings.ReceiveReplyResponse.OUTCOME_OUTDATED
    assert overtaken.meeting.answers[0].status == codes.ANSWER_STATUS_DECLINED
    move = meetings.RescheduleMeetingRequest(name=meeting.name, start_time=stamp(NOON + 60 * MINUTE))
    await world.meetings.RescheduleMeeting(move, metadata=world.mentor)
    to_old_time = await receive(mail("ACCEPTED", "20260302T090200Z"))
    assert to_old_time.outcome == meetings.ReceiveReplyResponse.OUTCOME_OUTDATED
    assert (await receive(mail("ACCEPTED", "20260302T090300Z", 1))).meeting.answers[0].status == (
        codes.ANSWER_STATUS_ACCEPTED
    )


async def test_who_counters_an_invitation_proposes_a_time_that_the_other_accepts_in_one_call(
    world: World,
) -> None:
    meeting, later = await world.book(), NOON + 60 * MINUTE
    counter = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:COUNTER\r\nBEGIN:VEVENT\r\n"
        f"UID:{meeting.name.rpartition('/')[2]}@acme.mentoring\r\nSEQUENCE:0\r\nDTSTAMP:20260302T090000Z\r\n"
        f"DTSTART:{later:%Y%m%dT%H%M%SZ}\r\nDTEND:{later + 45 * MINUTE:%Y%m%dT%H%M%SZ}\r\n"
        f"ATTENDEE:mailto:{MENTEE}@acme.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    answer = meetings.AnswerInvitationRequest(person=f"{PEOPLE}/{MENTEE}", document=counter)
    asked = await world.meetings.AnswerInvitation(answer, metadata=world.mentee)
    assert (asked.state, asked.start_time) == (meetings.Meeting.STATE_BOOKED, stamp(NOON))
    assert asked.proposal.person == f"{PEOPLE}/{MENTEE}"
    assert (await refused(world.book(later, request_id="other")))[1] == "SLOT_TAKEN"
    accept = meetings.AcceptProposalRequest(
        name=meeting.name, start_time=asked.proposal.options[0].start_time, request_id="accept"
    )
    for _ in range(2):
        moved = await world.meetings.AcceptProposal(accept, metadata=world.mentor)
        assert (moved.start_time, moved.sequence) == (stamp(later), 1)
        assert not moved.HasField("proposal")
    assert (await world.told(meeting))[-2:] == ["MeetingAnswered", "MeetingRescheduled"]


async def test_times_are_offered_held_and_one_of_them_picked(world: World) -> None:
    starts = [NOON, NOON + timedelta(days=1)]
    options = [
        meetings.Meeting.Option(start_time=stamp(start), end_time=stamp(start + 45 * MINUTE))
        for start in starts
    ]
    propose = meetings.ProposeMeetingRequest(parent=PARENT, options=options, request_id="r-1")
    offer = await world.meetings.ProposeMeeting(propose, metadata=world.mentor)
    assert offer.state == meetings.Meeting.STATE_PROPOSED
    assert list(offer.proposal.options) == options
    assert (await refused(world.book()))[1] == "SLOT_TAKEN"
    invite = meetings.GetInvitationRequest(
        name=offer.name,
        organizer_address="mailto:a@b",
        mentor_address="mailto:a@b",
        mentee_address="mailto:a@b",
    )
    assert (await refused(world.meetings.GetInvitation(invite, metadata=world.mentee)))[1] == "NOT_BOOKED_YET"
    accept = meetings.AcceptProposalRequest(name=offer.name, start_time=stamp(starts[1]), request_id="r-2")
    assert (await refused(world.meetings.AcceptProposal(accept, metadata=world.mentor)))[1] == "OWN_PROPOSAL"
    picked = await world.meetings.AcceptProposal(accept, metadata=world.mentee)
    assert (picked.state, picked.start_time) == (meetings.Meeting.STATE_BOOKED, stamp(starts[1]))
    assert (await world.book()).state == meetings.Meeting.STATE_BOOKED
    assert await world.told(offer) == ["MeetingProposed", "MeetingBooked"]


async def test_an_offer_that_nobody_answers_expires_and_one_can_be_taken_back(world: World) -> None:
    option = meetings.Meeting.Option(start_time=stamp(NOON), end_time=stamp(NOON + 45 * MINUTE))
    propose = meetings.ProposeMeetingRequest(parent=PARENT, options=[option])
    propose.hold.FromTimedelta(30 * MINUTE)
    offer = await world.meetings.ProposeMeeting(propose, metadata=world.mentor)
    world.clock.advance(30 * MINUTE)
    for kind in world.at.service.kinds:
        if kind.kind.fire is not None:
            await world.due.fire(kind)
    assert await world.told(offer) == ["MeetingProposed", "MeetingProposalClosed"]
    again = await world.meetings.ProposeMeeting(propose, metadata=world.mentor)
    close = meetings.CloseProposalRequest(name=again.name)
    closed = await world.meetings.CloseProposal(close, metadata=world.mentor)
    assert closed.state == meetings.Meeting.STATE_CLOSED


async def test_a_calendar_is_fetched_from_its_address_and_the_address_is_never_told(world: World) -> None:
    """The service here is let into this network, as in development."""
    document = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        "DTSTART:20260302T120000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    app = web.Application()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=document, content_type="text/calendar")

    app.router.add_get("/private-7/basic.ics", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/private-7/basic.ics"
    name = f"{PEOPLE}/{MENTOR}/calendars/outlook"
    request = availability.SubscribeCalendarRequest(name=name, url=url, time_zone="Europe/Berlin")
    stored = await world.availability.SubscribeCalendar(request, metadata=world.mentor)
    assert (stored.busy_count, stored.stale, stored.failure) == (1, False, "")
    assert stored.HasField("fetch_time")
    assert (await refused(world.book()))[1] == "SLOT_TAKEN"
    assert "private-7" not in str(stored)
    await runner.cleanup()
    world.clock.advance(stored.fetch_time.ToDatetime(UTC) - world.clock.now())
    for kind in world.at.service.kinds:
        if kind.kind.fire is not None:
            await world.due.fire(kind)
    await world.at.hear(CalendarFetchDue(calendar=name, person=f"{PEOPLE}/{MENTOR}"), "due-1")
    listing = availability.ListCalendarsRequest(parent=f"{PEOPLE}/{MENTOR}")
    failed = stored
    async with asyncio.timeout(30):
        while not failed.failure:  # it is fetched beside the events
            [failed] = (await world.availability.ListCalendars(listing, metadata=world.mentor)).calendars
    assert (failed.failure, failed.stale) == ("UNREACHABLE", False)
    world.clock.advance(timedelta(hours=6))
    [stale] = (await world.availability.ListCalendars(listing, metadata=world.mentor)).calendars
    assert stale.stale


async def test_a_series_is_invited_to_as_one_entry_and_moved_as_one(world: World) -> None:
    request = meetings.BookSeriesRequest(
        parent=PARENT, start_time=stamp(NOON), time_zone="Europe/Berlin", count=3, request_id="r-1"
    )
    made = await world.meetings.BookSeries(request, metadata=world.mentee)
    one = "mailto:a@acme.example"
    ask = meetings.GetInvitationRequest(
        name=made.meetings[1].name,
        organizer_address=one,
        mentor_address=one,
        mentee_address=one,
        whole_series=True,
    )
    whole = await world.meetings.GetInvitation(ask, metadata=world.mentee)
    [event] = vobject.readOne(whole.document).vevent_list
    assert (event.uid.value, event.rrule.value) == (whole.uid, "FREQ=WEEKLY;COUNT=3;INTERVAL=2")
    move = meetings.RescheduleSeriesRequest(
        name=made.meetings[1].name,
        start_time=stamp(NOON + timedelta(days=14, hours=2)),
        scope=meetings.RescheduleSeriesRequest.SCOPE_FOLLOWING,
        request_id="r-2",
    )
    moved = await world.meetings.RescheduleSeries(move, metadata=world.mentor)
    assert [one.start_time.ToDatetime(UTC).hour for one in moved.meetings] == [14, 13]
    assert moved == await world.meetings.RescheduleSeries(move, metadata=world.mentor)
    again = await world.meetings.GetInvitation(ask, metadata=world.mentee)
    assert len(vobject.readOne(again.document).vevent_list) == 3
    assert await world.told(made.meetings[0]) == ["MeetingBooked", "SeriesBooked"]
    off = meetings.CancelMeetingRequest(name=ask.name)
    await world.meetings.CancelMeeting(off, metadata=world.mentor)
    rest = await world.meetings.GetInvitation(ask, metadata=world.mentee)
    assert (rest.method, vobject.readOne(rest.document).method.value) == ("REQUEST", "REQUEST")
