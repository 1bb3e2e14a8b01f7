"""Copies of what other services told, on every backend."""

import asyncio
from dataclasses import replace

import pytest

from services.kernel.errors import Invalid
from services.kernel.mongo import Projection, Query, Ref
from services.kernel.mongo.whole import whole_copies
from tests.kernel.mongo.conftest import Copies
from tests.kernel.tally import NOON, Mood, Tally

ONE = Ref("acme", "one")


async def test_the_latest_is_kept_whatever_the_order(copies: Copies) -> None:
    assert await copies.get(ONE) is None
    assert await copies.put(ONE, Tally("ann", wake=NOON), 3)
    assert not await copies.put(ONE, Tally("old"), 2)
    assert not await copies.put(ONE, Tally("again"), 3)
    assert await copies.get(ONE) == Tally("ann", wake=NOON)
    assert await copies.put(ONE, Tally("new"), 7)
    assert await copies.get(ONE) == Tally("new")


async def test_a_fold_builds_on_what_was_heard(copies: Copies) -> None:
    assert await copies.fold(ONE, 1, lambda old: old or Tally("ann"))
    assert await copies.fold(ONE, 2, lambda old: replace(old or Tally(""), total=5))
    assert not await copies.fold(ONE, 2, lambda old: replace(old or Tally(""), total=9))
    assert await copies.get(ONE) == Tally("ann", total=5)


async def test_find_is_by_tenant_and_condition(copies: Copies) -> None:
    await copies.put(ONE, Tally("ann"), 1)
    await copies.put(Ref("acme", "all"), Tally("bob", mood=Mood.LOUD), 1)
    await copies.put(Ref("globex", "one"), Tally("ann"), 1)
    assert await copies.find("acme") == [("all", Tally("bob", mood=Mood.LOUD)), ("one", Tally("ann"))]
    assert await copies.find("acme", {"owner": "ann"}) == [("one", Tally("ann"))]
    assert await copies.find("nobody") == []


@pytest.mark.servers
async def test_racing_events_leave_the_latest(stored_copies: Projection[Tally]) -> None:
    """Consumers of two processes may hold the same records for a moment."""
    await asyncio.gather(
        *(stored_copies.put(ONE, Tally("ann", total=number), number) for number in range(1, 30)),
        *(stored_copies.fold(ONE, number, lambda old: old or Tally("ann")) for number in range(1, 29)),
    )
    assert await stored_copies.get(ONE) == Tally("ann", total=29)


async def test_pages_go_through_all_that_match_in_their_order(copies: Copies) -> None:
    for place, key in enumerate("cabd"):
        await copies.put(Ref("acme", key), Tally("ann", total=place // 2), 1)
    await copies.put(Ref("acme", "other"), Tally("bob"), 1)
    await copies.put(Ref("globex", "a"), Tally("ann"), 1)
    query = Query({"owner": "ann"}, page_size=3, order="total")
    found, token = await copies.page("acme", query)
    assert [(key, one.total) for key, one in found] == [("a", 0), ("c", 0), ("b", 1)]
    assert await copies.page("acme", replace(query, page_token=token)) == ([("d", Tally("ann", total=1))], "")
    whole = [key async for key, _ in whole_copies(copies, "acme", replace(query, page_size=1))]
    assert whole == ["a", "c", "b", "d"]
    with pytest.raises(Invalid, match="INVALID_PAGE_TOKEN"):
        await copies.page("acme", replace(query, where={"owner": "bob"}, page_token=token))
