"""What users of aggregates may rely on, on every backend."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import AlreadyExists, Conflict, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from tests.kernel.mongo.conftest import Store
from tests.kernel.tally import NOON, Added, Mark, Mood, Opened, Tally, add, hold

HERE = Ref("acme", "one")
ELSEWHERE = Ref("globex", "one")
FULL = Tally(
    "ann",
    total=3,
    mood=Mood.LOUD,
    marks=(Mark("bob", NOON), Mark("cid", NOON + timedelta(milliseconds=1))),
    slots=("x", "y"),
    day=date(2026, 2, 28),
    wake=NOON + timedelta(days=40),
    note="grün",
)


async def opened(tallies: Store, ref: Ref = HERE, state: Tally | None = None) -> None:
    await tallies.create(ref, state or Tally("ann"), [Opened()], Cause(f"open-{ref.key}"))


async def test_every_field_comes_back_as_it_was(tallies: Store) -> None:
    await opened(tallies, state=FULL)
    stored = await tallies.get(HERE)
    assert stored.state == FULL
    assert (stored.version, stored.etag) == (1, '"1"')
    assert (stored.create_time, stored.update_time) == (NOON, NOON)
    assert stored.create_time.tzinfo is not None


async def test_absent_is_not_found(tallies: Store) -> None:
    with pytest.raises(NotFound):
        await tallies.get(HERE)
    with pytest.raises(NotFound):
        await tallies.change(HERE, add(1), Cause("c"))


async def test_tenants_do_not_meet(tallies: Store) -> None:
    """The same id in two organizations is two aggregates."""
    await opened(tallies)
    with pytest.raises(NotFound):
        await tallies.get(ELSEWHERE)
    await opened(tallies, ELSEWHERE, Tally("eve"))
    await tallies.change(ELSEWHERE, add(7), Cause("c"))
    assert (await tallies.get(HERE)).state == Tally("ann")
    assert await tallies.get_many("acme", ["one"]) == {"one": await tallies.get(HERE)}


async def test_get_many_answers_what_is_there(tallies: Store) -> None:
    await opened(tallies)
    await opened(tallies, Ref("acme", "two"))
    assert set(await tallies.get_many("acme", ["two", "one", "none", "two"])) == {"one", "two"}
    assert await tallies.get_many("acme", []) == {}


async def test_a_change_counts_versions_by_events(tallies: Store, clock: FixedClock) -> None:
    await opened(tallies)
    later = clock.advance(timedelta(hours=1))
    changed = await tallies.change(HERE, add(2, times=3), Cause("c"))
    assert (changed.state.total, changed.version) == (6, 4)
    assert (changed.create_time, changed.update_time) == (NOON, later)
    assert await tallies.get(HERE) == changed


async def test_a_change_of_what_was_read_just_now_counts_as_any_other(tallies: Store) -> None:
    await opened(tallies)
    changed = await tallies.change(HERE, add(2), Cause("c"), known=await tallies.get(HERE))
    assert (changed.state.total, changed.version) == (2, 2)
    assert await tallies.get(HERE) == changed


async def test_what_was_read_before_is_never_the_answer_once_it_was_passed(tallies: Store) -> None:
    await opened(tallies)
    before = await tallies.get(HERE)
    await tallies.change(HERE, add(1), Cause("c"))

    def once(tally: Tally) -> tuple[Tally, list[object]]:
        if not tally.total:
            raise Refused("TOO_EARLY", "not yet")
        return replace(tally, total=tally.total + 1), [Added(1)]

    assert (await tallies.change(HERE, add(1), Cause("c"), known=before)).state.total == 1
    assert (await tallies.change(HERE, add(0), Cause("d"), known=before)).state.total == 1
    assert (await tallies.change(HERE, once, Cause("e"), known=before)).state.total == 2
    assert (await tallies.change(HERE, add(1), Cause("f"), known=before)).state.total == 3


async def test_without_events_nothing_is_stored(tallies: Store) -> None:
    await opened(tallies)
    before = await tallies.get(HERE)
    assert await tallies.change(HERE, add(0), Cause("c")) == before
    assert await tallies.get(HERE) == before


async def test_a_refusing_decision_leaves_everything_as_it_was(tallies: Store) -> None:
    await opened(tallies)

    def refuse(_: Tally) -> tuple[Tally, list[object]]:
        raise Refused("CLOSED", "no more")

    with pytest.raises(Refused):
        await tallies.change(HERE, refuse, Cause("c"))
    changed = await tallies.change(HERE, add(1), Cause("c"))
    assert changed.version == 2


async def test_the_same_cause_changes_once_and_answers_what_is_stored_now(tallies: Store) -> None:
    await opened(tallies)
    await tallies.change(HERE, add(1), Cause("c"))
    await tallies.change(HERE, add(10), Cause("d"))
    repeated = await tallies.change(HERE, add(1), Cause("c"), etag='"1"')
    assert (repeated.state.total, repeated.version) == (11, 3)


async def test_the_same_cause_creates_once(tallies: Store) -> None:
    await opened(tallies)
    await tallies.change(HERE, add(1), Cause("c"))
    again = await tallies.create(HERE, Tally("ann"), [Opened()], Cause(f"open-{HERE.key}"))
    assert (again.state.total, again.version) == (1, 2)


async def test_another_cause_finds_the_name_taken(tallies: Store) -> None:
    await opened(tallies)
    with pytest.raises(AlreadyExists):
        await tallies.create(HERE, Tally("eve"), [Opened()], Cause("other"))


async def test_the_cause_of_creation_is_remembered_for_ever(tallies: Store) -> None:
    """Changes forget their causes after 32 others; a late repeat of a create must not be refused."""
    await opened(tallies)
    for number in range(40):
        await tallies.change(HERE, add(1), Cause(str(number)))
    again = await tallies.create(HERE, Tally("ann"), [Opened()], Cause(f"open-{HERE.key}"))
    assert again.state.total == 40
    assert (await tallies.change(HERE, add(1), Cause("20"))).state.total == 40
    assert (await tallies.change(HERE, add(1), Cause("0"))).state.total == 41


@pytest.mark.parametrize("cause", ["open", "change"])
async def test_a_request_id_is_not_reused_for_another_request(tallies: Store, cause: str) -> None:
    await tallies.create(HERE, Tally("ann"), [Opened()], Cause("open", digest="1"))
    await tallies.change(HERE, add(1), Cause("change", digest="1"))
    with pytest.raises(Invalid) as refused:
        await tallies.change(HERE, add(2), Cause(cause, digest="2"))
    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert [path for path, _ in refused.value.fields] == ["request_id"]
    with pytest.raises(Invalid):
        await tallies.create(HERE, Tally("ann"), [Opened()], Cause(cause, digest="2"))


async def test_a_stale_etag_is_refused(tallies: Store) -> None:
    await opened(tallies)
    await tallies.change(HERE, add(1), Cause("c"), etag='"1"')
    with pytest.raises(Conflict) as refused:
        await tallies.change(HERE, add(1), Cause("d"), etag='"1"')
    assert refused.value.reason == "ETAG_MISMATCH"
    assert (await tallies.get(HERE)).state.total == 1


async def test_a_held_slot_is_refused_to_others_of_the_tenant_until_it_is_released(tallies: Store) -> None:
    await opened(tallies, state=Tally("ann", slots=("9:00", "9:15")))
    with pytest.raises(Refused) as refused:
        await opened(tallies, Ref("acme", "two"), Tally("bob", slots=("9:15", "9:30")))
    assert refused.value.reason == "SLOT_TAKEN"
    await opened(tallies, ELSEWHERE, Tally("eve", slots=("9:15",)))
    await opened(tallies, Ref("acme", "two"), Tally("bob"))
    with pytest.raises(Refused):
        await tallies.change(Ref("acme", "two"), hold("9:15"), Cause("c"))
    await tallies.change(HERE, hold(), Cause("d"))
    assert (await tallies.change(Ref("acme", "two"), hold("9:15"), Cause("e"))).state.slots == ("9:15",)


async def test_an_event_too_large_to_be_published_is_refused_when_it_is_made(tallies: Store) -> None:
    with pytest.raises(Invalid) as refused:
        await opened(tallies, state=Tally("ann", note="x" * 100_001))
    assert refused.value.reason == "EVENT_TOO_LARGE"
