"""How many aggregates there are, by what they say: on the real database, which counts."""

from datetime import timedelta

import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Aggregates, Cause, Ref
from services.kernel.mongo.counts import count_by
from tests.kernel.tally import NOON, Mood, Opened, Tally

pytestmark = pytest.mark.servers


async def test_a_tenants_aggregates_are_counted_within_a_span(
    stored_tallies: Aggregates[Tally], clock: FixedClock
) -> None:
    kept = [("acme", "ann", Mood.CALM), ("acme", "ann", Mood.CALM), ("acme", "bob", Mood.LOUD)]
    for number, (tenant, owner, mood) in enumerate([*kept, ("globex", "ann", Mood.CALM)]):
        ref = Ref(tenant, f"tally-{number}")
        await stored_tallies.create(ref, Tally(owner, mood=mood), [Opened()], Cause(f"open-{number}"))
    clock.advance(timedelta(days=1))
    await stored_tallies.create(Ref("acme", "late"), Tally("ann"), [Opened()], Cause("late"))
    span = (NOON, NOON + timedelta(days=1))
    found = await count_by(stored_tallies, "acme", span, paths=("owner", "mood", "wake"))
    assert found == {("ann", "CALM", None): 2, ("bob", "LOUD", None): 1}
    everything = (NOON, NOON + timedelta(days=2))
    assert await count_by(stored_tallies, "acme", everything, paths=()) == {(): 4}
