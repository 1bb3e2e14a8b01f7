"""Folds recorded history again, under another policy if wanted. Nobody is told anything."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.kernel.events import Event, Poison, decode
from services.kernel.kafka import Cluster
from services.pb.mentoring.processor.v1.events_pb2 import NudgeHeld
from services.processor import wire
from services.processor.agents.batch import Policies, organization
from services.processor.agents.history import Recorded, reader
from services.processor.agents.reading import TELLS, TOLD, Said, person_key, read
from services.processor.agents.worker import HEARD
from services.processor.commands.progress import Progress
from services.processor.domain import pairs, people
from services.processor.domain.decisions import Decision, NudgeDue, Waiting
from services.processor.domain.facts import Heard
from services.processor.domain.people import Person
from services.processor.domain.policy import Policy
from services.processor.domain.state import Pair, repeats


class Replay:
    """What a history up to `end` leads to.

    A last warning passes unless `held` has what held the same one back, by its id: the end waits for it.
    """

    def __init__(
        self, policies: Policies, end: datetime, held: Mapping[str, Event[Any]] | None = None
    ) -> None:
        self.pairs: dict[bytes, Pair] = {}
        self.events = 0
        self._policies = policies
        self._end = end
        self._held = held or {}
        self._decisions: list[Decision] = []

    def add(self, said: Said[Heard]) -> None:
        """Fold what one event says; what happened later does not count."""
        if said.event.time > self._end:
            return
        self.events += 1
        policy = self._policies(organization(said.what.names))
        pair = self.pairs.get(said.key, Pair())
        if not repeats(pair, said.what):
            pair = self._advanced(pair, said.what.time, policy)
        self.pairs[said.key], decisions = pairs.fold(pair, said.what, policy)
        self._decisions += decisions

    def finish(self) -> list[Decision]:
        """Let time pass until the end; return all that was decided, by its time."""
        for key, pair in self.pairs.items():
            self.pairs[key] = self._advanced(pair, self._end, self._policies(organization(pair.names)))
        waiting = [one for one in self._decisions if isinstance(one, Waiting)]
        others = [one for one in self._decisions if not isinstance(one, Waiting)]
        return sorted([*others, *self._verdicts(waiting)], key=_order)

    def _advanced(self, pair: Pair, until: datetime, policy: Policy) -> Pair:
        """Return the pair at a time, its last warnings answered on the way."""
        pair, decisions = pairs.advance(pair, until, policy)
        while decisions:
            self._decisions += decisions
            warnings = [one for one in decisions if isinstance(one, NudgeDue) and one.is_last_warning]
            decisions = []
            for warning in warnings:
                pair, more = pairs.fold(pair, self._verdict(warning), policy)
                decisions += more
            pair, more = pairs.advance(pair, until, policy)
            decisions += more
        return pair

    def _verdict(self, warning: NudgeDue) -> Heard:
        event: Event[Any] = wire.told(warning)
        return wire.warned(self._held.get(event.id, event), warning.time)

    def _verdicts(self, waiting: Iterable[Waiting]) -> Iterator[Decision]:
        """Give all that waits its person's verdict, what is due first first."""
        known: defaultdict[bytes, Person] = defaultdict(Person)
        for one in sorted(waiting, key=_order):
            key, policy = person_key(one), self._policies(organization(one.names))
            known[key], verdicts = people.fold(known[key], one, policy)
            yield from verdicts


def _order(decision: Decision) -> tuple[datetime, tuple[str, ...]]:
    return decision.time, decision.identity


async def history(cluster: Cluster, progress: Progress) -> AsyncIterator[Said[Heard]]:
    """Go through all that the services ever told and the topics still hold, as workers do. KafkaError."""
    async with reader(cluster, *HEARD) as consumer:
        recorded = await Recorded.of(consumer)
        async for reading in recorded.in_order(HEARD, read):
            progress.advance(1, recorded.total)
            if reading.said is not None:
                yield reading.said
    progress.end()


async def told(cluster: Cluster, progress: Progress) -> list[Event[Any]]:
    """Return the decisions that were published, each id once. KafkaError."""
    found: dict[str, Event[Any]] = {}
    async with reader(cluster, TOLD) as consumer:
        recorded = await Recorded.of(consumer)
        async for records in recorded.batches():
            progress.advance(len(records), recorded.total)
            for record in records:
                try:
                    event = decode(record, TELLS)
                except Poison:
                    continue
                if event is not None:
                    found.setdefault(event.id, event)
    progress.end()
    return list(found.values())


def held(events: Iterable[Event[Any]]) -> Mapping[str, Event[Any]]:
    """Return what held nudges back, by the ids of those."""
    return {event.message.nudge: event for event in events if isinstance(event.message, NudgeHeld)}
