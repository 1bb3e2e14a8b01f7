"""Exactly-once effect as a state machine: commands, a relay that crashes, records delivered again.

A tally tells what was added; a reader keeps a sum per tally in two ways, as aggregate and as projection.
Whatever crashes and repeats, the sums never exceed what was told, and equal it in the end.
"""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kernel.clock import FixedClock
from services.kernel.events import Event, Handlers, decode
from services.kernel.kafka import Record
from services.kernel.mongo import Cause, Ref
from services.kernel.mongo.documents import Document
from services.kernel.mongo.pending import Pending
from services.kernel.outbox import records
from services.pb.mentoring.mentorships.v1.events_pb2 import GoalCompleted
from tests import fakes
from tests.examples import examples
from tests.kernel.tally import NOON, TALLIES, Opened, Tally, add
from tests.kernel.test_events_codec import arrived

TALLY_IDS = st.sampled_from(["a", "b", "c"])


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """Run work that never really waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("fakes do not wait")


class ExactlyOnce(RuleBasedStateMachine):
    """One writer, one topic, one reader with a committed offset."""

    def __init__(self) -> None:
        super().__init__()
        clock = FixedClock(NOON)
        self.writer = fakes.Aggregates(TALLIES, clock)
        self.sums = fakes.Aggregates(TALLIES, clock)
        self.latest = fakes.Projection(Tally)
        self.unsent: dict[str, int] = {}
        self.topic: list[Record] = []
        self.offset = 0
        self.requests = 0
        self.last: tuple[str, int, int] | None = None
        self.handlers = Handlers()
        self.handlers.on(GoalCompleted, self.count)

    @rule(key=TALLY_IDS, amount=st.integers(1, 3), times=st.integers(1, 2))
    def command(self, key: str, amount: int, times: int) -> None:
        self.requests += 1
        self.last = (key, amount, times)
        self.send()

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_client_repeats_its_last_request(self) -> None:
        self.send()

    def send(self) -> None:
        assert self.last
        key, amount, times = self.last
        ref = Ref("acme", key)
        done(self.writer.create(ref, Tally("ann"), [Opened()], Cause(f"open-{key}")))
        done(self.writer.change(ref, add(amount, times), Cause(f"request-{self.requests}")))

    @rule(crash=st.booleans())
    def relay(self, crash: bool) -> None:  # noqa: FBT001 -- drawn by name
        """Publish what is pending; a crash comes between the acknowledgement and the removal."""
        for row in self.writer.rows.values():
            waiting = row["outbox"][self.unsent.get(row["_id"], 0) :]
            if waiting:
                self.topic += records(Pending(row["_id"], row["tenant_id"], waiting, "model"))
            if not crash:
                self.unsent[row["_id"]] = len(row["outbox"])

    @rule(count=st.integers(1, 5), crash=st.booleans())
    def deliver(self, count: int, crash: bool) -> None:  # noqa: FBT001 -- drawn by name
        """Handle some records; a crash comes between their effects and the commit of the offset."""
        batch = self.topic[self.offset : self.offset + count]
        for record in batch:
            event = decode(arrived(record), self.handlers.types)
            if event is not None:
                done(self.handlers.handle(event))
        if not crash:
            self.offset += len(batch)

    @rule(back=st.integers(1, 10))
    def rewind(self, back: int) -> None:
        """A rebalance hands the partition to a member that knows an older offset."""
        self.offset = max(0, self.offset - back)

    async def count(self, event: Event[GoalCompleted]) -> None:
        ref = Ref(event.tenant, event.key)
        amount = int(event.message.mentee)
        await self.sums.create(ref, Tally("reader"), [Opened()], Cause("first"))
        await self.sums.change(ref, add(amount), Cause(event.id))
        await self.latest.fold(
            ref, event.sequence, lambda old: replace(old or Tally("reader"), total=event.sequence)
        )

    def told(self) -> dict[str, list[Document]]:
        return {row["id"]: row["outbox"] for row in self.writer.rows.values()}

    @invariant()
    def no_effect_comes_twice(self) -> None:
        for row in self.sums.rows.values():
            written = self.writer.rows[row["_id"]]
            assert row["state"]["total"] <= written["state"]["total"]
            assert len({cause["id"] for cause in row["seen"]}) == len(row["seen"])

    @invariant()
    def sequences_have_no_gap(self) -> None:
        for outbox in self.told().values():
            assert [event["ver"] for event in outbox] == list(range(1, len(outbox) + 1))

    def teardown(self) -> None:
        """Without faults everything catches up."""
        self.relay(crash=False)
        while self.offset < len(self.topic):
            self.deliver(count=5, crash=False)
        for row in self.writer.rows.values():
            ref = Ref("acme", row["id"])
            assert done(self.sums.get(ref)).state.total == row["state"]["total"]
            assert done(self.latest.get(ref)).total == row["version"]


ExactlyOnce.TestCase.settings = examples(100, steps=30)
TestExactlyOnce = ExactlyOnce.TestCase
