"""Folds recorded history again, under another policy if wanted. Nobody is told anything."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Any

from services.kernel.events import Event, Poison, decode
from services.kernel.kafka import Cluster
from services.processor.agents.batch import Policies, organization
from services.processor.agents.history import Recorded, reader
from services.processor.agents.reading import TELLS, TOLD, Said, person_key, read
from services.processor.agents.worker import HEARD
from services.processor.commands.progress import Progress
from services.processor.domain import pairs, people
from services.processor.domain.decisions import Decision, NudgeDue
from services.processor.domain.facts import Heard
from services.processor.domain.people import Person
from services.processor.domain.state import Pair


class Replay:
    """What a history up to `end` leads to."""

    def __init__(self, policies: Policies, end: datetime) -> None:
        self.pairs: dict[bytes, Pair] = {}
        self.events = 0
        self._policies = policies
        self._end = end
        self._decisions: list[Decision] = []

    def add(self, said: Said[Heard]) -> None:
        """Fold what one event says; what happened later does not count."""
        if said.event.time > self._end:
            return
        self.events += 1
        policy = self._policies(organization(said.what.names))
        self.pairs[said.key], decisions = pairs.fold(self.pairs.get(said.key, Pair()), said.what, policy)
        self._decisions += decisions

    def finish(self) -> list[Decision]:
        """Let time pass until the end; return all that was decided, by its time."""
        for key, pair in self.pairs.items():
            policy = self._policies(organization(pair.names))
            self.pairs[key], decisions = pairs.advance(pair, self._end, policy)
            self._decisions += decisions
        nudges = [one for one in self._decisions if isinstance(one, NudgeDue)]
        others = [one for one in self._decisions if not isinstance(one, NudgeDue)]
        return sorted([*others, *self._verdicts(nudges)], key=_order)

    def _verdicts(self, nudges: Iterable[NudgeDue]) -> Iterator[Decision]:
        """Give each nudge its person's verdict, the one due first first."""
        known: defaultdict[bytes, Person] = defaultdict(Person)
        for nudge in sorted(nudges, key=_order):
            key, policy = person_key(nudge), self._policies(organization(nudge.names))
            known[key], verdict = people.fold(known[key], nudge, policy)
            yield verdict


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
