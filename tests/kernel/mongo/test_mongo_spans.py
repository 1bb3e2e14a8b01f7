"""What a traced caller's commands leave behind, and that others leave nothing."""

from collections.abc import Iterator

import pytest
from pymongo.errors import OperationFailure

from services.kernel import tracing
from services.kernel.clock import FixedClock
from services.kernel.due import Due
from services.kernel.mongo import Aggregates, Cause, Database, Projection, Query, Ref, Save, pending
from services.kernel.mongo.spans import shared
from services.kernel.tracing import Kind, Span
from tests.kernel.tally import TALLIES, Opened, Tally
from tests.spans import taken

pytestmark = pytest.mark.servers
REF = Ref("acme", "a-tally")
STATE = Tally("ann")


@pytest.fixture
def spans() -> Iterator[list[Span]]:
    with taken() as spans:
        yield spans


async def use(tallies: Aggregates[Tally]) -> None:
    """Let a caller do something of everything."""
    await tallies.create(REF, STATE, [Opened()], Cause("open"))
    await tallies.get(REF)
    await tallies.get_many("acme", ["a-tally"])
    await tallies.list("acme", Query(where={"owner": "ann"}))
    await tallies.apply_many("acme", [Save(Ref("acme", "b"), lambda _: (STATE, [Opened()]), Cause("b"))])


async def test_each_command_of_a_traced_caller_is_a_span_below_its_own(
    stored_tallies: Aggregates[Tally], spans: list[Span]
) -> None:
    root = tracing.begin(sample=1)
    tracing.attach(root)
    await use(stored_tallies)
    kind = TALLIES.collection
    assert [one.name for one in spans] == [
        f"bulkWrite {kind}",
        f"find {kind}",
        f"find {kind}",
        f"find {kind}",
        f"find {kind}",
        f"bulkWrite {kind}",
    ]
    assert {(one.kind, one.parent_id, one.place.trace_id) for one in spans} == {
        (Kind.CLIENT, root.span_id, root.trace_id)
    }


async def test_a_span_names_the_command_and_where_it_went_and_nothing_of_what_it_asked(
    stored_tallies: Aggregates[Tally], spans: list[Span]
) -> None:
    tracing.attach(tracing.begin(sample=1))
    await stored_tallies.list("acme", Query(where={"owner": "ann"}))
    (one,) = spans
    assert one.attributes == {
        "db.system.name": "mongodb",
        "db.namespace": stored_tallies.collection.database.name,
        "db.collection.name": TALLIES.collection,
        "db.operation.name": "find",
    }


async def test_a_copy_of_what_others_told_leaves_spans_as_well(
    stored_copies: Projection[Tally], spans: list[Span]
) -> None:
    tracing.attach(tracing.begin(sample=1))
    await stored_copies.put(REF, STATE, 1)
    await stored_copies.get(REF)
    assert [one.name for one in spans] == ["bulkWrite copies", "find copies"]


async def test_a_caller_who_is_not_sampled_leaves_nothing(
    stored_tallies: Aggregates[Tally], spans: list[Span]
) -> None:
    tracing.attach(tracing.begin())
    await use(stored_tallies)
    assert spans == []


async def test_the_queries_that_carry_an_event_away_are_spans_of_each_trace_that_told_one(
    stored_tallies: Aggregates[Tally], spans: list[Span]
) -> None:
    kept, dropped = tracing.begin(sample=1), tracing.begin()
    for key, trace in (("a", kept), ("b", dropped)):
        cause = Cause(key, trace=trace.header())
        await stored_tallies.create(Ref("acme", key), STATE, [Opened(), Opened()], cause)
    await pending.remove(stored_tallies, await pending.events(stored_tallies, 10))
    kind = TALLIES.collection
    assert [one.name for one in spans] == [f"find {kind}", f"update {kind}"]
    assert {(one.kind, one.parent_id, one.place.trace_id) for one in spans} == {
        (Kind.CLIENT, kept.span_id, kept.trace_id)
    }


async def test_a_timer_begins_a_trace_that_its_queries_and_its_events_are_part_of(
    database: Database, stored_tallies: Aggregates[Tally], clock: FixedClock, spans: list[Span]
) -> None:
    await stored_tallies.create(REF, Tally("ann", wake=clock.now()), [], Cause("open"))
    assert await Due(database, [stored_tallies], clock, sample=1).fire(stored_tallies) == 1
    find, save, root = spans
    kind = TALLIES.collection
    assert [one.name for one in spans] == [f"find {kind}", f"bulkWrite {kind}", f"fire {kind}"]
    assert (root.parent_id, root.failed) == ("", False)
    assert find.parent_id == save.parent_id == root.place.span_id
    (waiting,) = await pending.events(stored_tallies, 10)
    assert [event["trace"] for event in waiting.events] == [root.place.header()]


async def test_timers_that_are_not_sampled_and_looks_that_find_none_leave_nothing(
    database: Database, stored_tallies: Aggregates[Tally], clock: FixedClock, spans: list[Span]
) -> None:
    assert await Due(database, [stored_tallies], clock, sample=1).fire(stored_tallies) == 0
    await stored_tallies.create(REF, Tally("ann", wake=clock.now()), [], Cause("open"))
    assert await Due(database, [stored_tallies], clock).fire(stored_tallies) == 1
    assert spans == []


async def test_a_shared_command_that_fails_has_failed_for_all_it_serves(
    stored_tallies: Aggregates[Tally], spans: list[Span]
) -> None:
    places = [tracing.begin(sample=1) for _ in range(2)]
    with pytest.raises(OperationFailure), shared(stored_tallies.collection, "update", places):
        await stored_tallies.collection.update_many({}, {"$nothing": {}})
    assert [(one.parent_id, one.failed) for one in spans] == [(place.span_id, True) for place in places]
