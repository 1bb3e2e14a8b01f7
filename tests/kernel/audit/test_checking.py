"""Whatever is done to a chain behind its back is found, and where."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.audit.checking import Ages, Head
from services.kernel.audit.entry import GENESIS, Change, bound, restored, stored
from tests.kernel.audit.chain import AGES, NOON, Kept, entry


@pytest.fixture
def kept() -> Kept:
    return Kept(3, 1, 2)


async def test_an_untouched_chain_is_whole_and_tells_its_head(kept: Kept) -> None:
    report = await kept.check()
    assert (report.findings, report.entries, report.settled) == ([], 6, 6)
    assert report.head == Head(6, kept.chain[-1].hashes[-1])


async def test_an_empty_chain_is_whole() -> None:
    assert (await Kept().check()).head == Head(0, GENESIS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("caller", "eve"),
        ("code", "NOT_FOUND"),
        ("at", NOON),
        ("roles", []),
        ("new", "field"),
        ("reason", "x"),
    ],
)
async def test_an_edit_is_found(kept: Kept, field: str, value: Any) -> None:
    kept.stored["e5"][field] = value
    assert await kept.found() == ["ENTRY_CHANGED 5 e5"]


async def test_a_deletion_is_found(kept: Kept) -> None:
    del kept.stored["e2"]
    assert await kept.found() == ["ENTRY_MISSING 2 e2"]


async def test_a_swap_is_found(kept: Kept) -> None:
    first, second = kept.stored["e1"], kept.stored["e2"]
    kept.stored["e1"], kept.stored["e2"] = {**second, "_id": "e1"}, {**first, "_id": "e2"}
    assert await kept.found() == ["ENTRY_CHANGED 1 e1", "ENTRY_CHANGED 2 e2"]


async def test_another_order_in_the_chain_is_found(kept: Kept) -> None:
    one = kept.chain[0]
    kept.chain[0] = replace(one, ids=["e2", "e1", "e3"], hashes=[one.hashes[1], one.hashes[0], one.hashes[2]])
    assert "ENTRY_CHANGED 1 e2" in await kept.found()


@pytest.mark.parametrize(("number", "found"), [(0, "BLOCK_MISSING 3"), (1, "BLOCK_MISSING 4")])
async def test_a_part_of_the_chain_that_is_gone_is_found(kept: Kept, number: int, found: str) -> None:
    for key in kept.chain.pop(number).ids:
        del kept.stored[key]
    assert await kept.found() == [found]


async def test_an_edit_with_its_own_hash_put_right_is_found_at_the_next_link(kept: Kept) -> None:
    kept.stored["e4"]["caller"] = "eve"
    block = kept.chain[1]
    kept.chain[1] = replace(block, hashes=[bound(block.previous, 4, kept.stored["e4"])])
    assert await kept.found() == ["BLOCK_CHANGED 5"]


async def test_who_rewrites_everything_cannot_rewrite_a_head_that_was_noted(kept: Kept) -> None:
    noted = (await kept.check()).head
    forged = Kept(3, 1, 2)
    forged.stored.clear()
    forged = Kept(6)
    assert (await forged.check(noted)).findings == [], "the same entries in the same order are the same chain"
    rewritten = Kept(5)
    assert [one.problem for one in (await rewritten.check(noted)).findings] == ["HEAD_CHANGED"]
    edited = Kept(3, 1, 2)
    edited.chain[-1] = replace(edited.chain[-1], hashes=[*edited.chain[-1].hashes[:-1], "f" * 64])
    assert "HEAD_CHANGED" in [one.problem for one in (await edited.check(noted)).findings]


async def test_what_is_too_old_may_be_gone_and_nothing_else(kept: Kept) -> None:
    for key in kept.chain.pop(0).ids:
        del kept.stored[key]
    later = Ages(expired=NOON + timedelta(seconds=1), settled=AGES.settled)
    assert (await kept.check(ages=later)).findings == []


async def test_a_ruined_chain_is_told_of_in_a_hundred_findings() -> None:
    kept = Kept(300)
    kept.stored.clear()
    assert len((await kept.check()).findings) == 100


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
async def test_any_one_change_of_any_one_entry_is_found(sizes: list[int], data: st.DataObject) -> None:
    kept = Kept(*sizes)
    key = data.draw(st.sampled_from(sorted(kept.stored)))
    field = data.draw(st.sampled_from(["caller", "method", "code", "call", "digest", "address"]))
    kept.stored[key][field] = data.draw(
        st.text().filter(lambda text: text != kept.stored[key].get(field, ""))
    )
    assert [(one.problem, one.entry) for one in (await kept.check()).findings] == [("ENTRY_CHANGED", key)]


def test_an_entry_comes_back_as_it_was_stored() -> None:
    told = entry(1, changes=[Change("goals", "g-1", 2, 3)], resources=["organizations/acme"], agent="x")
    assert restored(stored(told)) == told


def test_a_field_of_a_newer_build_changes_no_hash_of_what_was_there_before() -> None:
    """What has its usual value is not stored at all."""
    assert set(stored(entry(1))) == {"_id", "tenant_id", "at", "caller", "roles", "method", "code", "call"}
