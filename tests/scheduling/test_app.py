"""Who may do what with meetings, repeats included, on kept state in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.scheduling import store
from services.scheduling.app.availability import Asked, Free
from services.scheduling.app.circles import Circles
from services.scheduling.app.diaries import Diaries, Kept
from services.scheduling.app.following import Mentorships
from services.scheduling.app.meetings import Meetings
from services.scheduling.app.settings import Policies, ProgramSettings
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.groups import Group
from services.scheduling.domain.hours import Hours, Range
from services.scheduling.domain.invitations import Contact
from services.scheduling.domain.meetings import Pair, Stage
from services.scheduling.domain.parents import ALL
from services.scheduling.domain.told import Reason
from tests.fakes import Aggregates, Projection
from tests.scheduling.factories import (
    LEAD,
    MENTEE,
    MENTOR,
    MINUTE,
    MORNING,
    NOON,
    ORG,
    PAIR,
    PAIR_ID,
    POLICY,
    STRANGER,
    UTC_HOURS,
    wish,
)

OTHER_ID = "22222222-2222-4222-8222-222222222222"
HOUR = 60 * MINUTE

mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
service = Caller(ORG, "mail", frozenset({"service"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))


class People:
    """Everybody's weekly hours."""

    def __init__(self) -> None:
        self.known = {MENTOR: UTC_HOURS, MENTEE: UTC_HOURS, STRANGER: UTC_HOURS}

    async def hours(self, tenant: str, people: Sequence[str]) -> list[Hours]:
        assert tenant == ORG
        return [self.known[person] for person in people]

    async def contacts(self, tenant: str, people: Sequence[str]) -> list[Contact]:
        assert tenant == ORG
        if set(people) - set(self.known):
            raise NotFound("PERSON_NOT_FOUND", "one of the people does not exist")
        return [Contact(person, f"{person}@acme.example") for person in people]


class World:
    """Scheduling in memory in the morning, with MENTOR's pairs: one with MENTEE, another with STRANGER."""

    def __init__(self) -> None:
        self.clock = FixedClock(MORNING)
        self.people = People()
        self.kept = Aggregates(store.MEETINGS, self.clock)
        self.pairs = Projection(Pair)
        self.mentorships = Mentorships(self.pairs, self.kept, self.clock)
        self.own = Aggregates(store.AVAILABILITIES, self.clock)
        self.others = Aggregates(store.CALENDARS, self.clock)
        self.diaries = Diaries(Kept(self.kept, self.own, self.others), self.people, self.clock)
        self.programs = ProgramSettings(Aggregates(store.SETTINGS, self.clock))
        self.groups = Projection(Group)
        self.circles = Circles(self.pairs, self.groups)
        self.policies = Policies(POLICY, self.programs, self.circles)
        self.meetings = Meetings((self.kept, self.circles), self.diaries, self.clock, POLICY, self.policies)
        self.free = Free(self.circles, self.diaries, self.clock, POLICY)

    async def book(
        self, caller: Caller = mentee, asked: Wish | None = None, request: str = "book"
    ) -> tuple[str, Stage]:
        """Book a meeting, for NOON unless said otherwise; return its id and stage."""
        ref, stored = await self.meetings.book(caller, asked or wish(), Cause(request))
        return ref.id, stored.state.stage

    async def starts(self, caller: Caller = mentee, mentorship: str = PAIR_ID) -> list[str]:
        """Return when an hour from now on is free today."""
        within = Range(MORNING, MORNING + timedelta(hours=9))
        found = await self.free.find(caller, Asked(mentorship, within, HOUR, 100))
        return [f"{slot.start:%H:%M}" for slot in found.slots]

    def told(self) -> list[str]:
        return [event["type"].rsplit(".", 1)[-1] for event in self.kept.outbox]


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.mentorships.activated(Ref(ORG, OTHER_ID), replace(PAIR, people=(MENTOR, STRANGER)), 5)
    return made


async def test_either_of_the_two_books_and_both_see_it(world: World) -> None:
    meeting, stage = await world.book()
    assert stage is Stage.BOOKED
    for caller in (mentor, mentee, lead):
        assert (await world.meetings.get(caller, (PAIR_ID, meeting))).state.start == NOON
    assert world.told() == ["MeetingBooked"]


async def test_the_same_request_books_once_even_when_its_time_has_passed(world: World) -> None:
    first = await world.book()
    world.clock.advance(timedelta(days=1))
    assert await world.book() == first
    assert world.told() == ["MeetingBooked"]


async def test_a_request_id_is_not_reused_for_another_meeting(world: World) -> None:
    await world.meetings.book(mentee, wish(), Cause("r-1", digest="one"))
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await world.meetings.book(mentee, wish(NOON + HOUR), Cause("r-1", digest="another"))


async def test_nobody_meets_two_people_at_once(world: World) -> None:
    await world.book()
    overlapping = Wish(OTHER_ID, NOON + 30 * MINUTE, NOON + 90 * MINUTE)
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book(stranger, overlapping, "other")
    after = Wish(OTHER_ID, NOON + 45 * MINUTE, NOON + 90 * MINUTE)
    assert (await world.book(stranger, after, "after"))[1] is Stage.BOOKED


async def test_of_many_requests_for_one_slot_exactly_one_wins(world: World) -> None:
    requests = [world.book(mentee, wish(), f"r-{number}") for number in range(20)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 19
    assert {answer.reason for answer in refused} == {"SLOT_TAKEN"}


async def test_a_cancelled_meeting_frees_its_slot(world: World) -> None:
    meeting, _ = await world.book()
    await world.meetings.cancel(mentor, (PAIR_ID, meeting), Reason.ILLNESS, ("", Cause("cancel")))
    assert (await world.book(request="again"))[1] is Stage.BOOKED


@pytest.mark.parametrize("mentorship", ["33333333-3333-4333-8333-333333333333", "no-such"])
async def test_nothing_is_booked_before_the_mentorship_is_known_to_be_active(
    world: World, mentorship: str
) -> None:
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await world.book(mentee, Wish(mentorship, NOON, NOON + HOUR))
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await world.starts(mentee, mentorship)


async def test_both_check_in_and_the_meeting_is_held(world: World) -> None:
    meeting, _ = await world.book()
    world.clock.advance(NOON - MORNING)
    await world.meetings.check_in(mentee, (PAIR_ID, meeting), Cause("in-1"))
    again = await world.meetings.check_in(mentee, (PAIR_ID, meeting), Cause("in-2"))
    assert again.state.present == (MENTEE,)
    held = await world.meetings.check_in(mentor, (PAIR_ID, meeting), Cause("in-3"))
    assert held.state.stage is Stage.HELD
    assert world.told() == ["MeetingBooked", "MeetingCheckedIn", "MeetingCheckedIn", "MeetingHeld"]


async def test_a_stale_etag_cancels_nothing(world: World) -> None:
    meeting, _ = await world.book()
    world.clock.advance(NOON - MORNING - 15 * MINUTE)
    await world.meetings.check_in(mentee, (PAIR_ID, meeting), Cause("in"))
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await world.meetings.cancel(mentor, (PAIR_ID, meeting), Reason.ILLNESS, ('"1"', Cause("cancel")))


async def test_strangers_and_other_organizations_find_no_meeting(world: World) -> None:
    meeting, _ = await world.book()
    for caller in (stranger, foreigner):
        with pytest.raises(NotFound):
            await world.meetings.get(caller, (PAIR_ID, meeting))
    with pytest.raises(NotFound):
        await world.meetings.get(mentor, (OTHER_ID, meeting))
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        await world.meetings.check_in(stranger, (PAIR_ID, meeting), Cause("in"))


async def test_lists_hold_what_the_caller_may_see(world: World) -> None:
    await world.book()
    await world.book(stranger, Wish(OTHER_ID, NOON + HOUR, NOON + 2 * HOUR), "other")

    async def count(caller: Caller, mentorship: str) -> int:
        return len((await world.meetings.list(caller, mentorship, Query())).items)

    assert [await count(caller, PAIR_ID) for caller in (mentor, mentee, stranger, lead)] == [1, 1, 0, 1]
    assert await count(lead, ALL) == 2
    assert await count(foreigner, PAIR_ID) == 0
    with pytest.raises(Denied, match="STAFF_ONLY"):
        await count(mentor, ALL)


async def test_free_times_begin_an_hour_from_now_and_leave_out_what_either_has_booked(world: World) -> None:
    """It is 08:00, hours are 9 to 17; the mentor is booked with somebody else, the mentee with the mentor."""
    await world.book()
    await world.book(stranger, Wish(OTHER_ID, NOON + HOUR, NOON + 3 * HOUR), "other")
    assert await world.starts() == [
        *(f"{hour:02}:{minute}" for hour in (9, 10) for minute in ("00", "15", "30", "45")),
        "11:00",
        *(f"15:{minute}" for minute in ("00", "15", "30", "45")),
        "16:00",
    ]


async def test_a_meeting_that_runs_is_still_in_the_way(world: World) -> None:
    await world.book(mentee, wish(NOON, 240))
    world.clock.advance(NOON - MORNING)
    for place, caller in enumerate((mentor, mentee)):
        meeting = (await world.meetings.list(caller, PAIR_ID, Query())).items[0][0]
        await world.meetings.check_in(caller, (PAIR_ID, meeting), Cause(f"in-{place}"))
    assert await world.starts() == ["16:00"]


async def test_the_agreed_length_counts_where_none_is_asked_for(world: World) -> None:
    within = Range(MORNING, MORNING + timedelta(hours=9))
    found = await world.free.find(mentee, Asked(PAIR_ID, within))
    assert {slot.end - slot.start for slot in found.slots} == {45 * MINUTE}
    assert (len(found.slots), found.zones) == (20, ("UTC", "UTC"))


async def test_free_times_are_for_the_two_and_for_staff(world: World) -> None:
    assert await world.starts(lead) == await world.starts(mentor)
    for caller in (stranger, foreigner):
        with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
            await world.starts(caller)


async def test_an_ended_mentorship_books_no_more_and_leaves_no_meeting_to_miss(world: World) -> None:
    meeting, _ = await world.book()
    for _ in range(2):
        await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_ENDED, 6, Cause("ended"))
    stored = await world.meetings.get(lead, (PAIR_ID, meeting))
    assert (stored.state.stage, stored.state.due_at) == (Stage.CANCELLED, None)
    assert world.told() == ["MeetingBooked", "MeetingCancelled"]
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await world.book(request="again")


async def test_what_was_heard_before_the_end_does_not_begin_it_anew(world: World) -> None:
    await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_ENDED, 6, Cause("ended"))
    await world.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await world.starts()


async def test_the_end_of_what_never_was_active_is_nothing(world: World) -> None:
    await world.mentorships.stopped(Ref(ORG, "never-active"), Reason.MENTORSHIP_ENDED, 2, Cause("ended"))
    assert await world.pairs.get(Ref(ORG, "never-active")) is None


async def test_a_pair_that_rests_books_nothing_until_it_goes_on(world: World) -> None:
    meeting, _ = await world.book()
    await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_PAUSED, 6, Cause("paused"))
    assert (await world.meetings.get(lead, (PAIR_ID, meeting))).state.stage is Stage.CANCELLED
    with pytest.raises(Refused, match="MENTORSHIP_NOT_ACTIVE"):
        await world.book(request="again")
    await world.mentorships.resumed(Ref(ORG, PAIR_ID), 7)
    assert (await world.book(request="after"))[1] is Stage.BOOKED


async def test_a_rest_heard_again_after_it_went_on_stops_nothing_more(world: World) -> None:
    """The meeting booked since is not called off: the pair is active, whatever comes late."""
    await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_PAUSED, 6, Cause("paused"))
    await world.mentorships.resumed(Ref(ORG, PAIR_ID), 7)
    meeting, _ = await world.book()
    await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_PAUSED, 6, Cause("paused"))
    assert (await world.meetings.get(lead, (PAIR_ID, meeting))).state.stage is Stage.BOOKED


async def test_what_never_was_active_does_not_go_on(world: World) -> None:
    await world.mentorships.resumed(Ref(ORG, "never-active"), 3)
    assert await world.pairs.get(Ref(ORG, "never-active")) is None


async def test_guests_are_busy_too_see_the_meeting_and_must_exist(world: World) -> None:
    third = "33333333-3333-4333-8333-333333333333"
    await world.mentorships.activated(Ref(ORG, third), replace(PAIR, people=(LEAD, STRANGER)), 5)
    asked = replace(wish(), guests=(STRANGER,))
    ref, _ = await world.meetings.book(mentee, asked, Cause("r-1"))
    assert (await world.meetings.get(stranger, (PAIR_ID, ref.id))).state.guests == (STRANGER,)
    assert [key for key, _ in (await world.meetings.list(stranger, PAIR_ID, Query())).items] == [ref.id]
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book(stranger, Wish(third, NOON + 15 * MINUTE, NOON + HOUR), "r-2")
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await world.book(mentee, replace(wish(NOON + 60 * MINUTE), guests=("nobody",)), "r-3")
