"""What a traced caller's commands leave behind, and that others leave nothing."""

from collections.abc import Iterator

import pytest

from services.kernel import tracing
from services.kernel.mongo import Aggregates, Cause, Projection, Query, Ref, Save
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
