"""Pairs meet, or miss each other, while the days pass on the shared development clock."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.demo.api import Who, refusal
from deploy.local.demo.story import WAIT, Bar, GaveUpError, Story, acting, mentee, until
from services.kernel.clock import DevelopmentClock, advance
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Mentorship
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as scheduling
from services.pb.mentoring.scheduling.v1.availability_service_pb2 import FindSlotsRequest, Slot

AHEAD = (timedelta(days=14), timedelta(days=28))
"""How far ahead a pair looks for a slot; further when a busy mentor has none in the next two weeks."""
GRACE = timedelta(minutes=11)
"""A minute more than the platform's grace period."""


async def meet(story: Story, attends: Callable[[int], bool]) -> None:
    """Book one meeting for each pair and live through the days: those who attend check in, others do not."""
    booked = await _book(story)
    bar = story.screen.bar("days pass", len(booked))
    coming = {meeting.name for place, meeting in enumerate(booked) if attends(place)}
    days = groupby(sorted(booked, key=_start), key=lambda meeting: _start(meeting).date())
    for _, meetings in days:
        await _live(story, list(meetings), coming, bar)
    over = await _over(story, {meeting.name for meeting in booked})
    states = Counter(scheduling.Meeting.State.Name(meeting.state) for meeting in over)
    story.screen.said("meet", booked=len(booked), held=states["STATE_HELD"], missed=states["STATE_MISSED"])


async def _live(story: Story, day: Sequence[scheduling.Meeting], coming: set[str], bar: Bar) -> None:
    """Live through one day; it ends when everybody has been told of what was missed."""
    for start, meetings in groupby(day, key=_start):
        move_to(story, start)
        now = list(meetings)
        await _check_in(story, [meeting for meeting in now if meeting.name in coming])
        bar.step(len(now))
    move_to(story, _start(day[-1]) + GRACE)
    await _over(story, {meeting.name for meeting in day})
    story.missed += sum(meeting.name not in coming for meeting in day)
    await until(
        lambda: _reminders(story), lambda sent: sent >= 2 * story.missed, "the reminders of missed meetings"
    )


async def _reminders(story: Story) -> int:
    """Return how many reminders to book again have been handed to the mail server."""
    request = inbox.ListMessagesRequest(
        parent=f"{story.api.parent}/people/-",
        category=inbox.Message.CATEGORY_REBOOK_REMINDER,
        states=[inbox.Message.STATE_SENT],
    )
    pages = story.api.pages(story.api.inbox.ListMessages, request)
    return sum([len(page.messages) async for page in pages])


async def all_meetings(story: Story) -> list[scheduling.Meeting]:
    """Return every meeting of the organization."""
    request = scheduling.ListMeetingsRequest(parent=f"{story.api.parent}/mentorships/-")
    pages = story.api.pages(story.api.meetings.ListMeetings, request)
    return [one async for page in pages for one in page.meetings]


async def _over(story: Story, names: set[str]) -> list[scheduling.Meeting]:
    async def read() -> list[scheduling.Meeting]:
        return [meeting for meeting in await all_meetings(story) if meeting.name in names]

    return await until(read, lambda held: all(one.state != one.STATE_BOOKED for one in held), "the meetings")


async def _book(story: Story) -> list[scheduling.Meeting]:
    bar = story.screen.bar("booking meetings", len(story.pairs))
    now = DevelopmentClock(story.clock_file).now()

    async def one(place: int, pair: Mentorship) -> scheduling.Meeting:
        for ahead in AHEAD:
            ask = FindSlotsRequest(
                parent=pair.name, start_time=_stamp(now), end_time=_stamp(now + ahead), page_size=200
            )
            free = await _when_active(story, story.api.availability.FindSlots, ask, mentee(pair))
            if (meeting := await _taken(story, pair, _spread(free.slots, place))) is not None:
                bar.step()
                return meeting
        raise GaveUpError(f"no free slot for {pair.name}")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(place, pair)) for place, pair in enumerate(story.pairs)]
    return [task.result() for task in tasks]


async def _taken(story: Story, pair: Mentorship, slots: Iterable[Slot]) -> scheduling.Meeting | None:
    """Book the first slot that nobody took meanwhile out of either calendar; None if there is none."""
    for slot in slots:
        wish = scheduling.Meeting(start_time=slot.start_time, end_time=slot.end_time)
        request = scheduling.BookMeetingRequest(parent=pair.name, meeting=wish)
        try:
            booked = await _when_active(story, story.api.meetings.BookMeeting, request, mentee(pair))
        except grpc.aio.AioRpcError as error:
            if refusal(error) != "SLOT_TAKEN":
                raise
        else:
            return booked  # type: ignore[no-any-return]  # the stub's type is lost in the generic caller
    return None


async def _when_active(story: Story, method: Callable[..., Any], request: Any, who: Who) -> Any:
    """Call until scheduling has heard that the mentorship is active."""
    end = asyncio.get_running_loop().time() + WAIT
    while True:
        try:
            return await story.api.call(method, request, who)
        except grpc.aio.AioRpcError as error:
            if refusal(error) != "MENTORSHIP_NOT_ACTIVE" or asyncio.get_running_loop().time() > end:
                raise
        await asyncio.sleep(0.2)


async def _check_in(story: Story, attended: Sequence[scheduling.Meeting]) -> None:
    requests = [
        (scheduling.CheckInRequest(name=meeting.name), acting(person, role))
        for meeting in attended
        for person, role in ((meeting.mentee, "mentee"), (meeting.mentor, "mentor"))
    ]
    await story.api.each(story.api.meetings.CheckIn, requests, lambda: None)


def move_to(story: Story, moment: datetime) -> None:
    """Move every service's clock forward to `moment`; never back."""
    ahead = moment - DevelopmentClock(story.clock_file).now()
    if ahead > timedelta(0):
        advance(story.clock_file, ahead)


def _start(meeting: scheduling.Meeting) -> datetime:
    return meeting.start_time.ToDatetime(tzinfo=UTC)


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _spread(slots: Sequence[Slot], place: int) -> list[Slot]:
    """Return the slots, begun at another place for each pair, so that not everybody meets at once."""
    if not slots:
        return []
    at = place * 7 % len(slots)
    return [*slots[at:], *slots[:at]]
