"""What is kept of how pairs go, in whichever order it is heard, and who sees it; in memory."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.health import HealthKeeping
from services.mentorships.domain import Mentorship
from services.mentorships.domain.health import Finding, PairHealth, Status
from tests.fakes import Aggregates, Projection
from tests.mentorships.callers import hr, lead
from tests.mentorships.factories import NOON, ORG, active

DAY = timedelta(days=1)
GAP = Finding(Status.NEEDS_ATTENTION, NOON + 20 * DAY, ("GAP",))
RISK = Finding(Status.AT_RISK, NOON + 40 * DAY, ("NO_FIRST_MEETING", "GAP"))


class World:
    """Pairs of the program, and how they go."""

    def __init__(self) -> None:
        self.pairs: Aggregates[Mentorship] = Aggregates(store.MENTORSHIPS, FixedClock(NOON))
        self.copies = Projection(PairHealth)
        self.health = HealthKeeping(self.copies, self.pairs)

    async def pair(self, key: str, **more: Any) -> Ref:
        ref = Ref(ORG, key)
        await self.pairs.create(ref, replace(active(), **more), (), Cause(key))
        return ref

    async def hear(self, ref: Ref, news: str) -> None:
        match news:
            case "begun":
                await self.health.begun(ref, NOON)
            case "over":
                await self.health.over(ref, NOON + 30 * DAY)
            case _:
                await self.health.found(ref, {"gap": GAP, "risk": RISK}[news])

    async def listed(self, *, status: Status | None = None, size: int = 0) -> list[str]:
        """Return the pairs that HR sees, over all pages."""
        found: list[str] = []
        token = ""
        while True:
            items, token = await self.health.list(hr, "spring", status, Query({}, size, token))
            found += [key for key, _ in items]
            if not token:
                return found


@pytest.mark.parametrize("order", sorted(set(permutations(("begun", "gap", "risk", "risk")))))
async def test_the_latest_finding_counts_in_whichever_order_it_is_heard(order: tuple[str, ...]) -> None:
    world = World()
    ref = await world.pair("one")
    for news in order:
        await world.hear(ref, news)
    found = await world.copies.get(ref)
    assert found is not None
    assert (found.status, found.since, found.reasons) == (RISK.status, RISK.since, RISK.reasons)
    assert (found.mentorship, found.program, found.over) == ("one", "spring", False)


@pytest.mark.parametrize("order", sorted(set(permutations(("begun", "over", "risk")))))
async def test_what_is_over_is_on_no_list_whatever_is_heard_after(order: tuple[str, ...]) -> None:
    world = World()
    ref = await world.pair("one")
    for news in order:
        await world.hear(ref, news)
    assert await world.listed() == []


async def test_pairs_come_by_page_those_first_that_have_gone_so_for_longest() -> None:
    world = World()
    for key, news in (("a", "risk"), ("b", "gap"), ("c", "begun"), ("d", "risk")):
        await world.hear(await world.pair(key), news)
    await world.hear(await world.pair("elsewhere", program="autumn"), "risk")
    assert await world.listed(size=1) == ["c", "b", "a", "d"]
    assert await world.listed(status=Status.AT_RISK) == ["a", "d"]


async def test_leads_see_the_pairs_that_they_lead() -> None:
    world = World()
    await world.hear(await world.pair("own"), "risk")
    await world.hear(await world.pair("foreign", lead="another"), "risk")
    (own,), _ = await world.health.list(lead, "spring", None, Query())
    assert own[0] == "own"
    assert await world.listed() == ["foreign", "own"]
