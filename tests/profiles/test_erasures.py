"""The ledger of erasures: who is to be forgotten, and which services are through."""

from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Ref
from services.profiles import domain, store
from services.profiles.app.erasures import Erasures
from services.profiles.domain.erasure import SERVICES, Reason
from services.profiles.domain.person import erase, is_erased
from services.profiles.events import CONFIRMATIONS
from services.profiles.wire import privacy as wire
from tests.fakes import Aggregates
from tests.kernel.tally import NOON
from tests.profiles.factories import person, values

HR = Caller("acme", "hr-office", frozenset({"hr_admin"}))
ADA = Ref("acme", "ada")


class World:
    """One person, and the ledger."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.people = Aggregates(store.PEOPLE, self.clock)
        self.ledger = Aggregates(store.ERASURES, self.clock)
        self.erasures = Erasures(self.ledger, self.people, self.clock)

    async def begin(self) -> None:
        await self.people.create(ADA, *domain.create("ada", values(person())), Cause("made"))

    async def erase(self, request: str) -> str:
        """Erase Ada and let the profiles hear of it."""
        entry, _ = await self.erasures.erase(HR, "ada", Reason.REQUESTED, Cause(request))
        await self.people.change(ADA, lambda known: erase("ada", known), Cause(f"heard {entry}"))
        return entry

    def told(self) -> list[str]:
        return [event["type"].rpartition(".")[2] for event in self.ledger.outbox]


@pytest.fixture
async def world() -> World:
    made = World()
    await made.begin()
    return made


async def test_an_erasure_is_told_and_waits_for_every_service(world: World) -> None:
    entry, stored = await world.erasures.erase(HR, "ada", Reason.RETENTION, Cause("1"))
    assert list(stored.state.pending) == list(SERVICES)
    assert (stored.state.requester, stored.state.time) == ("hr-office", NOON)
    assert (await world.erasures.get(HR, entry)).state == stored.state
    assert world.told() == ["PersonErased"]


async def test_who_is_not_there_is_not_erased(world: World) -> None:
    with pytest.raises(NotFound):
        await world.erasures.erase(HR, "nobody", Reason.REQUESTED, Cause("1"))
    foreign = Caller("other", "hr-office", frozenset({"hr_admin"}))
    with pytest.raises(NotFound):
        await world.erasures.erase(foreign, "ada", Reason.REQUESTED, Cause("2"))


async def test_it_is_finished_when_all_have_confirmed_it_however_often(world: World) -> None:
    ref = Ref("acme", await world.erase("1"))
    for number, service in enumerate((*SERVICES, *SERVICES)):
        await world.erasures.confirmed(ref, service, Cause(f"event {number}"))
    assert not (await world.ledger.get(ref)).state.pending
    assert world.told() == ["PersonErased", *["ErasureProgressed"] * len(SERVICES)]


async def test_of_an_erased_person_nothing_stays_and_they_have_left(world: World) -> None:
    await world.erase("1")
    kept = (await world.people.get(ADA)).state
    assert is_erased(kept)
    assert (kept.state, kept.roles, kept.email, kept.skills_offered) == (domain.State.TERMINATED, (), "", ())
    assert "Lovelace" not in str(world.people.rows)


async def test_erased_twice_is_erased_once(world: World) -> None:
    first = await world.erase("1")
    assert await world.erase("2") == first
    assert world.told() == ["PersonErased"]


async def test_requests_of_one_moment_are_one_erasure(world: World) -> None:
    first, _ = await world.erasures.erase(HR, "ada", Reason.REQUESTED, Cause("1"))
    second, _ = await world.erasures.erase(HR, "ada", Reason.MISTAKE, Cause("2"))
    assert first == second


async def test_who_came_back_can_be_erased_again(world: World) -> None:
    first = await world.erase("1")
    again = person(given_name="Again")
    await world.people.change(ADA, lambda old: domain.align("ada", old, again), Cause("import"))
    world.clock.advance(timedelta(days=1))
    second = await world.erase("2")
    assert second != first
    listed = await world.erasures.list(HR, "ada", (10, ""))
    assert [entry for entry, _ in listed.items] == [second, first]


async def test_told_again_all_have_to_confirm_anew(world: World) -> None:
    ref = Ref("acme", await world.erase("1"))
    await world.erasures.confirmed(ref, "matching", Cause("event"))
    entries = [found async for found in world.erasures.all_of("acme")]
    assert [entry for entry, _ in entries] == [ref.id]
    await world.erasures.told_again(ref, entries[0][1].state, Cause("replay"))
    assert list((await world.ledger.get(ref)).state.pending) == list(SERVICES)
    assert world.told() == ["PersonErased", "ErasureProgressed", "PersonErased"]


async def test_an_entry_that_a_restore_lost_is_entered_again_from_the_file(world: World) -> None:
    ref = Ref("acme", await world.erase("1"))
    line = wire.line(ref, (await world.ledger.get(ref)).state)
    assert "Lovelace" not in line
    world.ledger.rows.clear()
    named, entry = wire.entry(line)
    assert named == ref
    await world.erasures.told_again(named, entry, Cause("replay"))
    assert (await world.ledger.get(ref)).state == entry
    assert entry.time == NOON
    assert world.told() == ["PersonErased"]


def test_every_service_that_is_waited_for_is_heard_of() -> None:
    assert sorted(message.DESCRIPTOR.full_name.split(".")[1] for message in CONFIRMATIONS) == list(SERVICES)
