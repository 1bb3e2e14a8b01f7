"""Many changes at once, on every backend; races on the real one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.kernel.errors import Invalid, Refused
from services.kernel.mongo import Aggregates, Cause, Outcome, Ref, Save
from tests.kernel.mongo.conftest import Store
from tests.kernel.tally import Added, Opened, Tally, add


def align(owner: str, key: str, cause: str) -> Save[Tally]:
    """Make the tally `key` belong to `owner`, as an import would."""

    def decide(old: Tally | None) -> tuple[Tally, Sequence[Any]] | None:
        if old is None:
            return Tally(owner), [Opened()]
        return None if old.owner == owner else (replace(old, owner=owner), [Added(0)])

    return Save(Ref("acme", key), decide, Cause(f"{cause}-{key}"))


async def test_each_is_created_changed_or_left(tallies: Store) -> None:
    await tallies.apply_many("acme", [align("ann", "a", "1"), align("bob", "b", "1")])
    outcomes = await tallies.apply_many(
        "acme", [align("cid", "c", "2"), align("ann", "a", "2"), align("eve", "b", "2")]
    )
    assert list(outcomes) == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UPDATED]
    found = await tallies.get_many("acme", ["a", "b", "c"])
    assert {key: stored.state.owner for key, stored in found.items()} == {"a": "ann", "b": "eve", "c": "cid"}
    assert [found[key].version for key in "abc"] == [1, 2, 1]


async def test_no_events_is_unchanged_too(tallies: Store) -> None:
    await tallies.apply_many("acme", [align("ann", "a", "1")])

    def same(old: Tally | None) -> tuple[Tally, list[Any]]:
        return old or Tally(""), []

    assert list(await tallies.apply_many("acme", [Save(Ref("acme", "a"), same, Cause("c"))])) == [
        Outcome.UNCHANGED
    ]


async def test_the_same_causes_again_change_nothing(tallies: Store) -> None:
    changes = [align("ann", "a", "1"), align("ann", "b", "1")]
    await tallies.apply_many("acme", changes)
    await tallies.change(Ref("acme", "a"), add(1), Cause("c"))
    assert list(await tallies.apply_many("acme", changes)) == [Outcome.UNCHANGED] * 2
    assert (await tallies.get(Ref("acme", "a"))).version == 2


async def test_a_reused_cause_with_another_digest_is_refused(tallies: Store) -> None:
    change = align("ann", "a", "1")
    await tallies.apply_many("acme", [change])
    with pytest.raises(Invalid):
        await tallies.apply_many("acme", [replace(change, cause=replace(change.cause, digest="other"))])


async def test_a_batch_is_of_one_tenant_and_names_each_once(tallies: Store) -> None:
    with pytest.raises(ValueError, match="tenant"):
        await tallies.apply_many("globex", [align("ann", "a", "1")])
    with pytest.raises(ValueError, match="once"):
        await tallies.apply_many("acme", [align("ann", "a", "1"), align("bob", "a", "2")])
    assert list(await tallies.apply_many("acme", [])) == []


async def test_a_broken_unique_field_is_refused(tallies: Store) -> None:
    def held(_: Tally | None) -> tuple[Tally, list[Any]]:
        return Tally("ann", slots=("9:00",)), [Opened()]

    with pytest.raises(Refused) as refused:
        await tallies.apply_many("acme", [Save(Ref("acme", key), held, Cause(key)) for key in "ab"])
    assert refused.value.reason == "SLOT_TAKEN"


async def test_more_than_one_round_trip_holds(tallies: Store) -> None:
    changes = [align("ann", f"{number}", "1") for number in range(1201)]
    assert set(await tallies.apply_many("acme", changes)) == {Outcome.CREATED}
    assert set(await tallies.apply_many("acme", changes)) == {Outcome.UNCHANGED}


@pytest.mark.servers
async def test_batches_and_commands_that_race_lose_nothing(stored_tallies: Aggregates[Tally]) -> None:
    """Four batches and single commands add to the same 50 tallies at once: every addition counts."""
    refs = [Ref("acme", str(number)) for number in range(50)]

    def batch(number: int) -> list[Save[Tally]]:
        return [Save(ref, plus_one, Cause(f"batch-{number}-{ref.id}")) for ref in refs]

    await stored_tallies.apply_many("acme", batch(0))
    results = await asyncio.gather(
        *(stored_tallies.apply_many("acme", batch(number)) for number in range(1, 5)),
        *(stored_tallies.change(ref, add(1), Cause("single")) for ref in refs),
    )
    assert all(set(outcomes) == {Outcome.UPDATED} for outcomes in results[:4] if isinstance(outcomes, list))
    stored = await stored_tallies.get_many("acme", [ref.id for ref in refs])
    assert {found.state.total for found in stored.values()} == {6}
    assert {found.version for found in stored.values()} == {6}


def plus_one(old: Tally | None) -> tuple[Tally, Sequence[Any]]:
    return (Tally("ann", total=1), [Opened()]) if old is None else add(1)(old)
