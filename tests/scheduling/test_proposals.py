"""Times that one offers and the other picks: held for both until then, for nobody else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.scheduling.app.proposals import Proposals
from services.scheduling.domain import proposals
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.diary import Diary
from services.scheduling.domain.meetings import Meeting, Stage
from services.scheduling.domain.proposals import Offer
from services.scheduling.domain.told import (
    Closed,
    MeetingBooked,
    MeetingProposalClosed,
    MeetingProposed,
    Reason,
)
from tests.scheduling.factories import (
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
    booked,
    wish,
)
from tests.scheduling.test_app import OTHER_ID, World, mentee, mentor, stranger

HOUR = 60 * MINUTE
TOMORROW = NOON + timedelta(days=1)
OFFER = Offer((wish(TOMORROW), wish(NOON)))


def offered(offer: Offer = OFFER) -> Meeting:
    meeting, happened = proposals.propose(PAIR, MENTOR, offer, MORNING, POLICY)
    assert happened == [MeetingProposed(MENTOR)]
    return meeting


def test_every_time_is_held_until_one_is_picked_and_then_only_that_one() -> None:
    meeting = offered()
    assert set(meeting.slots) == {*booked().slots, *booked(TOMORROW).slots}
    assert (meeting.stage, meeting.start) == (Stage.PROPOSED, NOON)
    picked, happened = proposals.accept(meeting, (PAIR_ID, MENTEE), TOMORROW, MORNING, POLICY)
    assert happened == [MeetingBooked()]
    assert picked == booked(TOMORROW)


@pytest.mark.parametrize(
    ("hold", "until"),
    [(None, TOMORROW), (2 * HOUR, MORNING + 2 * HOUR), (timedelta(days=14), TOMORROW)],
)
def test_times_are_held_as_long_as_wanted_but_not_past_the_last_of_them(
    hold: timedelta | None, until: datetime
) -> None:
    meeting = offered(replace(OFFER, hold=hold))
    assert meeting.due_at == until
    assert meeting.fire(until - MINUTE) == (meeting, [])
    lapsed, happened = meeting.fire(until)
    assert happened == [MeetingProposalClosed("", Closed.LAPSED)]
    assert (lapsed.stage, lapsed.slots, lapsed.due_at) == (Stage.CLOSED, (), None)


def test_what_has_expired_cannot_be_picked_even_before_its_timer_fired() -> None:
    meeting = offered(replace(OFFER, hold=HOUR))
    with pytest.raises(Refused, match="NOTHING_PROPOSED"):
        proposals.accept(meeting, (PAIR_ID, MENTEE), NOON, MORNING + HOUR, POLICY)


def test_a_time_that_passed_or_was_not_offered_cannot_be_picked() -> None:
    for start, now in ((NOON, NOON), (NOON + HOUR, MORNING)):
        with pytest.raises(Refused, match="NO_SUCH_OPTION"):
            proposals.accept(offered(), (PAIR_ID, MENTEE), start, now, POLICY)


def test_only_the_other_one_picks() -> None:
    with pytest.raises(Denied, match="OWN_PROPOSAL"):
        proposals.accept(offered(), (PAIR_ID, MENTOR), NOON, MORNING, POLICY)
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        proposals.accept(offered(), (PAIR_ID, STRANGER), NOON, MORNING, POLICY)
    with pytest.raises(NotFound):
        proposals.accept(offered(), (OTHER_ID, MENTEE), NOON, MORNING, POLICY)


@pytest.mark.parametrize(("person", "closed"), [(MENTOR, Closed.WITHDRAWN), (MENTEE, Closed.REJECTED)])
def test_either_of_the_two_closes_an_offer(person: str, closed: Closed) -> None:
    left, happened = proposals.close(offered(), (PAIR_ID, person), MORNING)
    assert (left.slots, happened) == ((), [MeetingProposalClosed(person, closed)])
    with pytest.raises(Refused, match="NOTHING_PROPOSED"):
        proposals.close(left, (PAIR_ID, person), MORNING)


def test_what_cannot_be_booked_cannot_be_offered() -> None:
    with pytest.raises(Invalid, match="START_NOT_ON_QUARTER_HOUR"):
        offered(Offer((wish(), wish(TOMORROW + MINUTE))))


def test_an_offer_is_neither_moved_nor_checked_in_nor_called_off() -> None:
    with pytest.raises(Refused, match="NOT_BOOKED_YET"):
        offered().cancel(PAIR_ID, MENTEE, MORNING)
    with pytest.raises(Refused, match="NOT_BOOKED_YET"):
        offered().check_in(PAIR_ID, MENTEE, NOON)


def test_an_offer_ends_with_its_mentorship() -> None:
    assert offered().drop(MORNING, Reason.MENTORSHIP_ENDED)[1] == [MeetingProposalClosed("", Closed.LAPSED)]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True), st.data())
def test_whatever_is_picked_was_held_with_its_buffers(places: list[int], data: st.DataObject) -> None:
    own = Availability("UTC", before=15, after=30, notice=0, per_day=3)
    diaries = (Diary(MENTOR, own=own), Diary(MENTEE))
    starts = [NOON + place * HOUR for place in places]
    offer = Offer(tuple(wish(start) for start in starts))
    meeting, _ = proposals.propose(PAIR, MENTOR, offer, MORNING, POLICY, diaries)
    start = data.draw(st.sampled_from(starts))
    picked, _ = proposals.accept(meeting, (PAIR_ID, MENTEE), start, MORNING, POLICY)
    assert set(picked.slots) < set(meeting.slots) or len(starts) == 1
    assert picked.start == start


# --- kept ------------------------------------------------------------------------------------------------


@pytest.fixture
async def world() -> World:
    made = World()
    await made.mentorships.activated(Ref(ORG, PAIR_ID), PAIR, 5)
    await made.mentorships.activated(Ref(ORG, OTHER_ID), replace(PAIR, people=(MENTOR, STRANGER)), 5)
    return made


def offers(world: World) -> Proposals:
    return Proposals((world.kept, world.circles), world.diaries, world.clock, world.policies)


async def test_nobody_else_gets_a_time_that_is_held_until_another_one_is_picked(world: World) -> None:
    app = offers(world)
    ref, stored = await app.propose(mentor, PAIR_ID, OFFER, Cause("offer"))
    assert (await app.propose(mentor, PAIR_ID, OFFER, Cause("offer")))[1] == stored
    elsewhere = Wish(OTHER_ID, NOON, NOON + HOUR)
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await world.book(stranger, elsewhere, "r-1")
    assert "12:00" not in await world.starts()
    await app.accept(mentee, (PAIR_ID, ref.id), TOMORROW, ("", Cause("pick")))
    assert "12:00" in await world.starts()
    assert (await world.book(stranger, elsewhere, "r-2"))[1] is Stage.BOOKED
    assert world.told() == ["MeetingProposed", "MeetingBooked", "MeetingBooked"]


async def test_an_offer_of_a_taken_time_holds_nothing(world: World) -> None:
    await world.book(stranger, Wish(OTHER_ID, NOON, NOON + HOUR), "r-1")
    with pytest.raises(Refused, match="SLOT_TAKEN"):
        await offers(world).propose(mentor, PAIR_ID, OFFER, Cause("offer"))
    assert (await world.book(stranger, Wish(OTHER_ID, TOMORROW, TOMORROW + HOUR), "r-2"))[1] is Stage.BOOKED


async def test_when_a_mentorship_rests_its_offers_are_closed(world: World) -> None:
    ref, _ = await offers(world).propose(mentor, PAIR_ID, OFFER, Cause("offer"))
    await world.mentorships.stopped(Ref(ORG, PAIR_ID), Reason.MENTORSHIP_PAUSED, 6, Cause("rest"))
    assert (await world.kept.get(ref)).state.stage is Stage.CLOSED
