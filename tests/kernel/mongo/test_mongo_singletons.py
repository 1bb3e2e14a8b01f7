"""What is there from the start is stored once something is said, and changes then; on every backend."""

from dataclasses import replace

import pytest

from services.kernel.errors import Conflict, Invalid, NotFound
from services.kernel.mongo import Cause, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from tests.kernel.mongo.conftest import Store
from tests.kernel.tally import Opened, Tally, add
from tests.overtaken import Overtaken

HERE = Ref("acme", "one")
FIRST = Tally("ann")


async def added(tallies: Store, amount: int, etag: str = "", cause: str = "") -> Versioned[Tally]:
    return await put(tallies, (HERE, FIRST), add(amount), (etag, Cause(cause or f"add-{amount}")))


def overtaken(tallies: Store) -> Overtaken[Tally]:
    """Let somebody else add 7 first."""
    return Overtaken(tallies, lambda: added(tallies, 7))


async def test_until_something_is_said_it_is_as_at_first_and_nothing_is_stored(tallies: Store) -> None:
    first = await present(tallies, HERE, FIRST)
    assert (first.state, first.version, first.etag) == (FIRST, 0, '"0"')
    with pytest.raises(NotFound):
        await tallies.get(HERE)


@pytest.mark.parametrize("etag", ["", '"0"'])
async def test_the_first_change_stores_it_and_later_ones_change_it(tallies: Store, etag: str) -> None:
    first = await added(tallies, 3, etag)
    assert (first.state, first.etag) == (replace(FIRST, total=3), '"1"')
    second = await added(tallies, 4, first.etag)
    assert (second.state.total, second.etag) == (7, '"2"')
    assert (await present(tallies, HERE, FIRST)).state == second.state


@pytest.mark.parametrize("etag", ["", '"0"'])
async def test_a_repeat_of_the_first_change_answers_the_same(tallies: Store, etag: str) -> None:
    first = await added(tallies, 3, etag)
    assert await added(tallies, 3, etag) == first
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await put(tallies, (HERE, FIRST), add(4), (etag, Cause("add-3", "another")))


async def test_a_stale_etag_stores_nothing(tallies: Store) -> None:
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await added(tallies, 3, '"1"')
    assert (await present(tallies, HERE, FIRST)).version == 0
    await added(tallies, 3)
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await added(tallies, 4, '"0"')
    assert (await tallies.get(HERE)).state.total == 3


async def test_what_changes_nothing_stores_nothing(tallies: Store) -> None:
    assert await added(tallies, 0) == await present(tallies, HERE, FIRST)
    with pytest.raises(NotFound):
        await tallies.get(HERE)


async def test_a_decision_can_tell_that_nothing_was_ever_said(tallies: Store) -> None:
    """Then to say what is so anyway is to say something."""

    def said(known: Tally | None) -> tuple[Tally, list[Opened]]:
        return FIRST, [] if known == FIRST else [Opened()]

    assert (await put(tallies, (HERE, None), said, ("", Cause("a")))).version == 1
    assert (await put(tallies, (HERE, None), said, ("", Cause("b")))).version == 1


async def test_of_two_first_changes_at_one_moment_the_second_comes_on_top(tallies: Store) -> None:
    second = await put(overtaken(tallies), (HERE, FIRST), add(3), ("", Cause("second")))
    assert (second.state.total, second.version) == (10, 2)
    assert await tallies.get(HERE) == second


async def test_of_two_first_changes_at_one_moment_that_go_by_the_etag_one_wins(tallies: Store) -> None:
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await put(overtaken(tallies), (HERE, FIRST), add(3), ('"0"', Cause("second")))
    assert (await tallies.get(HERE)).state.total == 7


async def test_a_first_change_that_comes_twice_at_one_moment_happens_once(tallies: Store) -> None:
    twice = Overtaken(tallies, lambda: added(tallies, 3, cause="same"))
    stored = await put(twice, (HERE, FIRST), add(3), ('"0"', Cause("same")))
    assert (stored.state.total, stored.version) == (3, 1)
