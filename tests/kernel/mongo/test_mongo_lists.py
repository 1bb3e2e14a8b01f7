"""Pages of aggregates and what they may be filtered by, on every backend."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.mongo import Cause, Page, Query, Ref
from services.kernel.mongo.whole import whole_list, whole_pages
from tests.kernel.mongo.conftest import Store
from tests.kernel.tally import NOON, Mark, Mood, Opened, Tally

EVERYTHING = Query()


async def fill(tallies: Store, clock: FixedClock, states: Mapping[str, Tally], tenant: str = "acme") -> None:
    """Create tallies a minute apart."""
    for key, state in states.items():
        await tallies.create(Ref(tenant, key), state, [Opened()], Cause(f"open-{key}"))
        clock.advance(timedelta(minutes=1))


def ids(page: Page[Tally]) -> list[str]:
    return [key for key, _ in page.items]


async def walk(tallies: Store, query: Query) -> list[str]:
    """Read a list page by page to its end."""
    found: list[str] = []
    while True:
        page = await tallies.list("acme", query)
        found += ids(page)
        if not page.next_page_token:
            return found
        query = replace(query, page_token=page.next_page_token)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
async def test_pages_hold_everything_once_in_order(tallies: Store, clock: FixedClock, size: int) -> None:
    """The ids run against the times, so the order is told by the times."""
    keys = [f"n{9 - number}" for number in range(7)]
    await fill(tallies, clock, {key: Tally("ann") for key in keys})
    assert await walk(tallies, Query(page_size=size)) == keys
    assert await walk(tallies, Query(page_size=size, order="-create_time")) == keys[::-1]


@pytest.mark.parametrize("order", ["create_time", "-create_time", "total"])
async def test_a_page_goes_on_though_the_one_before_fits_no_longer(tallies: Store, order: str) -> None:
    """Whoever works through a list changes what it is filtered by."""
    for number in range(3):
        await tallies.create(Ref("acme", f"n{number}"), Tally("ann", total=7), [Opened()], Cause("open"))
    asked = Query(where={"owner": "ann"}, page_size=2, order=order)
    page = await tallies.list("acme", asked)
    for key in ids(page):
        await tallies.change(
            Ref("acme", key), lambda state: (replace(state, owner="bob"), [Opened()]), Cause("give away")
        )
    rest = await tallies.list("acme", replace(asked, page_token=page.next_page_token))
    assert ids(page) + ids(rest) == ["n0", "n1", "n2"]


@pytest.mark.parametrize("order", ["total", "-total", "create_time"])
async def test_equal_values_are_told_apart_by_id(tallies: Store, order: str) -> None:
    """All have the same total and come at the same moment."""
    for key in ("b", "d", "a", "c"):
        await tallies.create(Ref("acme", key), Tally("ann", total=5), [Opened()], Cause(key))
    assert await walk(tallies, Query(page_size=1, order=order)) == ["a", "b", "c", "d"]


async def test_lists_are_ordered_by_what_is_asked_for(tallies: Store, clock: FixedClock) -> None:
    totals = {"a": 3, "b": 1, "c": 2}
    await fill(tallies, clock, {key: Tally("ann", total=total) for key, total in totals.items()})
    assert await walk(tallies, Query(page_size=2, order="total")) == ["b", "c", "a"]
    assert await walk(tallies, Query(page_size=2, order="-total")) == ["a", "c", "b"]
    wakes = {"x": 2, "y": 1}
    await fill(tallies, clock, {key: Tally("bob", wake=NOON + timedelta(days=d)) for key, d in wakes.items()})
    assert await walk(tallies, Query({"owner": "bob"}, page_size=1, order="wake")) == ["y", "x"]


async def test_what_is_added_meanwhile_does_not_shift_pages(tallies: Store, clock: FixedClock) -> None:
    await fill(tallies, clock, {key: Tally("ann") for key in "abc"})
    first = await tallies.list("acme", Query(page_size=2, order="-create_time"))
    await fill(tallies, clock, {"d": Tally("ann")})
    following = Query(page_size=2, order="-create_time", page_token=first.next_page_token)
    assert ids(await tallies.list("acme", following)) == ["a"]


async def test_a_list_shows_its_tenant_only(tallies: Store, clock: FixedClock) -> None:
    await fill(tallies, clock, {"a": Tally("ann")})
    await fill(tallies, clock, {"z": Tally("ann")}, tenant="globex")
    assert await walk(tallies, EVERYTHING) == ["a"]


STATES = {
    "ann-loud": Tally("ann", mood=Mood.LOUD, total=1),
    "bob": Tally("bob", total=2, slots=("x", "y"), marks=(Mark("cid", NOON),)),
    "cid": Tally("cid", total=3, slots=("z",), wake=NOON),
}
FILTERS = [
    pytest.param({"owner": "bob"}, ["bob"], id="a value"),
    pytest.param({"mood": Mood.LOUD}, ["ann-loud"], id="an enum"),
    pytest.param({"wake": NOON}, ["cid"], id="a datetime"),
    pytest.param({"wake": None}, ["ann-loud", "bob"], id="nothing"),
    pytest.param({"slots": "y"}, ["bob"], id="an element"),
    pytest.param({"slots.0": {"$in": ["y", "z"]}}, ["cid"], id="the element at a place"),
    pytest.param({"slots": {"$all": ["x", "y"]}}, ["bob"], id="all of some elements"),
    pytest.param({"slots.0": {"$exists": False}}, ["ann-loud"], id="empty"),
    pytest.param({"marks.by": "cid"}, ["bob"], id="a field of an element"),
    pytest.param({"owner": {"$in": ["ann", "cid"]}}, ["ann-loud", "cid"], id="one of"),
    pytest.param({"owner": {"$ne": "ann"}, "total": 3}, ["cid"], id="not, and another field"),
    pytest.param({"total": {"$gt": 1, "$lt": 3}}, ["bob"], id="between"),
    pytest.param({"total": {"$gte": 2, "$lte": 3}}, ["bob", "cid"], id="from to"),
    pytest.param({"wake": {"$lte": NOON}}, ["cid"], id="due"),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
async def test_filters(
    tallies: Store, clock: FixedClock, where: Mapping[str, Any], expected: list[str]
) -> None:
    await fill(tallies, clock, STATES)
    assert await walk(tallies, Query(where, page_size=1)) == expected


async def test_of_several_conditions_one_must_hold_and_the_filter_as_well(
    tallies: Store, clock: FixedClock
) -> None:
    """The token belongs to the whole question."""
    await fill(tallies, clock, STATES)
    either = ({"owner": "ann"}, {"slots": "z", "wake": NOON})
    assert await walk(tallies, Query(either=either, page_size=1)) == ["ann-loud", "cid"]
    assert await walk(tallies, Query({"mood": Mood.LOUD}, either=either)) == ["ann-loud"]
    token = (await tallies.list("acme", Query(either=either, page_size=1))).next_page_token
    with pytest.raises(Invalid, match="INVALID_PAGE_TOKEN"):
        await tallies.list("acme", Query(either=either[:1], page_token=token))


async def test_a_list_can_begin_at_a_time_of_creation(tallies: Store, clock: FixedClock) -> None:
    """The token belongs to that time too."""
    keys = [f"n{number}" for number in range(5)]
    await fill(tallies, clock, {key: Tally("ann") for key in keys})
    asked = Query({"owner": "ann"}, created_after=NOON + timedelta(minutes=1), page_size=2)
    assert await walk(tallies, asked) == keys[2:]
    assert await walk(tallies, replace(asked, order="-create_time")) == keys[:1:-1]
    token = (await tallies.list("acme", asked)).next_page_token
    with pytest.raises(Invalid, match="INVALID_PAGE_TOKEN"):
        await tallies.list("acme", replace(asked, created_after=None, page_token=token))


async def test_a_few_values_are_read_without_the_states(tallies: Store, clock: FixedClock) -> None:
    await fill(tallies, clock, STATES)
    await fill(tallies, clock, {"foreign": Tally("ann")}, tenant="globex")
    asked = Query({"owner": {"$in": ["ann", "cid"]}}, order="-create_time")
    states = [stored.state for _, stored in (await tallies.list("acme", asked)).items]
    wanted = [(state.owner, state.wake, None) for state in states]
    assert await tallies.values("acme", asked, ("owner", "wake", "mood.nothing")) == wanted
    assert await tallies.values("acme", replace(asked, page_size=1), ("owner",)) == [(states[0].owner,)]


async def test_the_most_frequent_values_are_counted_within_the_tenant(
    tallies: Store, clock: FixedClock
) -> None:
    """Equally frequent ones come in the order of their values."""
    owners = {"1": "bob", "2": "cid", "3": "ann", "4": "bob", "5": "dan"}
    await fill(tallies, clock, {key: Tally(owner) for key, owner in owners.items()})
    await fill(tallies, clock, {"1": Tally("bob")}, tenant="globex")
    everybody = [("bob", 2), ("ann", 1), ("cid", 1), ("dan", 1)]
    assert await tallies.most_frequent("acme", "owner", {}, 9) == everybody
    assert await tallies.most_frequent("acme", "owner", {"owner": {"$nin": ["bob"]}}, 2) == everybody[1:3]


async def test_the_default_page_holds_50_and_no_page_more_than_1000(tallies: Store) -> None:
    for number in range(51):
        await tallies.create(Ref("acme", f"{number:02}"), Tally("ann"), [Opened()], Cause(str(number)))
    assert len((await tallies.list("acme", EVERYTHING)).items) == 50
    assert len((await tallies.list("acme", Query(page_size=5000))).items) == 51
    with pytest.raises(Invalid) as refused:
        await tallies.list("acme", Query(page_size=-1))
    assert [path for path, _ in refused.value.fields] == ["page_size"]


async def test_a_token_belongs_to_its_list(tallies: Store, clock: FixedClock) -> None:
    """Neither another filter, order or tenant nor a changed token is answered with a wrong page."""
    await fill(tallies, clock, {key: Tally("ann") for key in "abc"})
    token = (await tallies.list("acme", Query({"owner": "ann"}, page_size=1))).next_page_token
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[-3] ^= 1
    forged = base64.urlsafe_b64encode(bytes(raw)).decode()
    attempts = [
        ("acme", Query({"owner": "bob"}, page_token=token)),
        ("acme", Query({"owner": "ann"}, page_token=token, order="-create_time")),
        ("globex", Query({"owner": "ann"}, page_token=token)),
        ("acme", Query({"owner": "ann"}, page_token=forged)),
        *(("acme", Query({"owner": "ann"}, page_token=text)) for text in ("x", "ü", token[:-4], "AAAA")),
    ]
    for tenant, query in attempts:
        with pytest.raises(Invalid) as refused:
            await tallies.list(tenant, query)
        assert refused.value.reason == "INVALID_PAGE_TOKEN"
    assert ids(await tallies.list("acme", Query({"owner": "ann"}, page_token=token))) == ["b", "c"]


async def test_fields_that_a_list_does_without_show_their_defaults(tallies: Store, clock: FixedClock) -> None:
    await fill(tallies, clock, {"a": Tally("ada", total=3, mood=Mood.LOUD)})
    ((_, stored),) = (await tallies.list("acme", Query(without=("total",)))).items
    assert stored.state == Tally("ada", mood=Mood.LOUD)
    assert await walk(tallies, Query(without=("total",), page_size=1)) == ["a"]


async def test_a_list_may_do_without_parts_of_fields_also_of_many(tallies: Store) -> None:
    marks = (Mark("ann", NOON, "because"), Mark("bob", NOON, "so"))
    await tallies.create(Ref("acme", "a"), Tally("ann", 3, marks=marks), [Opened()], Cause("a"))
    ((_, stored),) = (await tallies.list("acme", Query(without=("marks.why", "note")))).items
    assert stored.state == Tally("ann", 3, marks=(Mark("ann", NOON), Mark("bob", NOON)))


@pytest.mark.parametrize("size", [0, 1, 2, 3])
async def test_a_list_is_read_to_its_end_whatever_the_size_of_its_pages(
    tallies: Store, clock: FixedClock, size: int
) -> None:
    await fill(tallies, clock, {key: Tally(key) for key in ("a", "b", "c")})
    found = [(key, state.owner) async for key, state in whole_list(tallies, "acme", Query(page_size=size))]
    assert found == [(key, key) for key in ("a", "b", "c")]
    pages = [len(page) async for page in whole_pages(tallies, "acme", Query(page_size=size))]
    assert (sum(pages), max(pages)) == (3, size or 3)
