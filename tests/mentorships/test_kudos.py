"""Kudos: thanks in measure, for the eyes of two."""

from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.kudos import KudosGiving, Selection
from services.mentorships.app.ports import ALL
from services.mentorships.domain import Mentorship, kudos
from services.mentorships.domain.kudos import DAILY, Category, KudosDraft, give
from services.mentorships.wire import kudos as wire
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from tests.fakes import Aggregates
from tests.mentorships.callers import foreigner, hr, mentee, mentor, stranger
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, active, ended, proposed

NAME = f"organizations/{ORG}/mentorships/{ID}"
THANKS = KudosDraft(Category.NETWORK, "Without you I would not know them.")


class World:
    """One mentorship of the pair and kudos in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates(store.MENTORSHIPS, self.clock)
        self.kept = Aggregates(store.KUDOS, self.clock)
        self.app = KudosGiving(self.kept, self.mentorships, self.clock)

    async def thank(self, by: Caller, request: str) -> str:
        """Thank the other one and return the id."""
        self.clock.advance(timedelta(minutes=1))
        ref, _ = await self.app.give(by, ID, THANKS, Cause(request))
        return ref.id


@pytest.fixture
async def world() -> World:
    world = World()
    await world.mentorships.create(Ref(ORG, ID), active(), (), Cause("match"))
    return world


@pytest.mark.parametrize(("author", "recipient"), [(MENTOR, MENTEE), (MENTEE, MENTOR)])
def test_both_thank_the_other_one(author: str, recipient: str) -> None:
    given, happened = give(ID, active(), author, THANKS)
    assert ((given.author, given.recipient), happened) == ((author, recipient), [kudos.KudosGiven()])


@pytest.mark.parametrize("mentorship", [proposed(), ended()])
def test_kudos_need_an_active_mentorship(mentorship: Mentorship) -> None:
    with pytest.raises(Refused) as refusal:
        give(ID, mentorship, MENTEE, THANKS)
    assert refusal.value.reason == "MENTORSHIP_NOT_ACTIVE"


def test_kudos_are_plain_text() -> None:
    with pytest.raises(Invalid) as refusal:
        give(ID, active(), MENTEE, KudosDraft(Category.SKILL, "\x07"))
    assert [path for path, _ in refusal.value.fields] == ["kudos.words"]


async def test_a_day_has_room_for_few_and_each_of_the_two_has_their_own(world: World) -> None:
    for number in range(DAILY):
        await world.thank(mentee, f"r-{number}")
    with pytest.raises(Refused) as refusal:
        await world.thank(mentee, "one more")
    assert refusal.value.reason == "KUDOS_SPENT"
    await world.thank(mentor, "r-0")
    world.clock.advance(timedelta(days=1))
    await world.thank(mentee, "tomorrow")
    assert len(world.kept.outbox) == DAILY + 2


async def test_a_repeat_is_answered_though_the_day_is_spent(world: World) -> None:
    ids = [await world.thank(mentee, f"r-{number}") for number in range(DAILY)]
    assert await world.thank(mentee, "r-0") == ids[0]
    assert len(world.kept.rows) == DAILY


async def test_the_two_read_the_words_and_hr_the_category_only(world: World) -> None:
    key = await world.thank(mentee, "r")
    for reader in (mentor, mentee):
        assert (await world.app.get(reader, ID, key)).state.words == THANKS.words
    seen = (await world.app.get(hr, ID, key)).state
    assert (seen.category, seen.words) == (Category.NETWORK, "")


@pytest.mark.parametrize("reader", [stranger, foreigner])
async def test_others_find_nothing(world: World, reader: Caller) -> None:
    key = await world.thank(mentee, "r")
    with pytest.raises(NotFound):
        await world.app.get(reader, ID, key)
    assert (await world.app.list(reader, Selection(ALL), Query())).items == []
    with pytest.raises(NotFound):
        await world.app.give(reader, ID, THANKS, Cause("mine"))


async def test_kudos_are_not_found_below_another_mentorship(world: World) -> None:
    key = await world.thank(mentee, "r")
    with pytest.raises(NotFound):
        await world.app.get(mentee, "another", key)


async def test_lists_are_by_giver_and_by_receiver_latest_first(world: World) -> None:
    first, second, third = [
        await world.thank(by, request) for by, request in ((mentee, "1"), (mentor, "2"), (mentee, "3"))
    ]

    async def listed(asked: Selection, by: Caller = mentor) -> list[str]:
        return [key for key, _ in (await world.app.list(by, asked, Query())).items]

    assert await listed(Selection(ID)) == [third, second, first]
    assert await listed(Selection(ID, author=MENTEE)) == [third, first]
    assert await listed(Selection(ALL, recipient=MENTEE)) == [second]
    assert await listed(Selection(ALL, author=MENTOR), hr) == [second]


def test_events_carry_the_category_and_no_words() -> None:
    given, _ = give(ID, active(), MENTEE, THANKS)
    outgoing = wire.kudos_outgoing(Ref(ORG, "k-1"), given, kudos.KudosGiven())
    assert (outgoing.message, outgoing.key) == (
        events.KudosGiven(
            kudos=f"{NAME}/kudos/k-1",
            mentorship=NAME,
            author=f"organizations/{ORG}/people/{MENTEE}",
            recipient=f"organizations/{ORG}/people/{MENTOR}",
            category=codes.KUDOS_CATEGORY_NETWORK,
        ),
        ID,
    )


@pytest.mark.parametrize("category", [value for value in codes.KudosCategory.values() if value])
def test_every_category_is_known(category: codes.KudosCategory.ValueType) -> None:
    draft = wire.draft(pb.Kudos(category=category))
    assert codes.KudosCategory.Name(category) == f"KUDOS_CATEGORY_{draft.category}"
