"""What one batch of readings, or the passing of time, leads to; worked out before anything is written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from services.kernel.events import encode
from services.kernel.kafka import Record
from services.processor import wire
from services.processor.agents.reading import Reading, Said, person_key
from services.processor.domain import pairs, people
from services.processor.domain.decisions import Decision, NudgeDue, NudgeHeld, Waiting
from services.processor.domain.facts import Heard, Names
from services.processor.domain.policy import Policy

S = TypeVar("S")

Policies = Callable[[str], Policy]
"""The policy in force for an organization."""

Table = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """Records to publish, changed table values by key, and when looked-at keys are due next (None: never)."""

    told: list[Record] = field(default_factory=list)
    rows: dict[bytes, bytes] = field(default_factory=dict)
    due: dict[bytes, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Folds events into pairs. What is for their person to judge goes to the topic `waiting`."""

    policies: Policies
    waiting: str

    def fold(self, readings: Iterable[Reading[Heard]], table: Table) -> Change:
        """Fold readings in the order they come, each key's pair loaded and dumped once."""
        change = Change()
        for key, history in _by_key(readings).items():
            pair = before = wire.load(table.get(key))
            policy = self.policies(organization(history[0].what.names))
            for said in history:
                # What was due before has no trace: a timer would have told it without.
                pair, due = pairs.advance(pair, said.event.time, policy)
                pair, decisions = pairs.fold(pair, said.what, policy)
                change.told.extend(map(self.tell, due))
                change.told.extend(self.tell(decision, said.event.trace) for decision in decisions)
            if pair != before:
                change.rows[key] = wire.dump(pair)
            change.due[key] = pairs.due_at(pair, policy)
        return change

    def advance(self, keys: Iterable[bytes], now: datetime, table: Table) -> Change:
        """Let time pass for pairs, up to `now`."""
        change = Change()
        for key in keys:
            if (value := table.get(key)) is None:
                continue
            before = wire.load(value)
            policy = self.policies(organization(before.names))
            pair, decisions = pairs.advance(before, now, policy)
            change.told.extend(map(self.tell, decisions))
            if pair != before:
                change.rows[key] = wire.dump(pair)
            change.due[key] = pairs.due_at(pair, policy)
        return change

    def due(self, value: bytes) -> datetime | None:
        """Return when the pair of a table value is due next."""
        pair = wire.load(value)
        return pairs.due_at(pair, self.policies(organization(pair.names)))

    def tell(self, decision: Decision, trace: str | None = None) -> Record:
        """Return the record of a decision."""
        record = encode(wire.told(decision, trace))
        if not isinstance(decision, Waiting):
            return record
        return Record(self.waiting, person_key(decision), record.value, record.headers)


@dataclass(frozen=True, slots=True)
class People:
    """Folds what waits into what each person heard this week and was recognised for.

    The verdicts on last warnings go to the topic `verdicts` as well, where their pairs hear them.
    """

    policies: Policies
    verdicts: str

    def fold(self, readings: Iterable[Reading[Waiting]], table: Table) -> Change:
        """Judge and count in the order they come."""
        change = Change()
        for key, history in _by_key(readings).items():
            person = before = wire.load_person(table.get(key))
            for said in history:
                policy = self.policies(organization(said.what.names))
                person, decisions = people.fold(person, said.what, policy)
                for decision in decisions:
                    change.told.extend(self._told(decision, said.event.trace))
            if person != before:
                change.rows[key] = wire.dump_person(person)
        return change

    def _told(self, decision: Decision, trace: str | None) -> Iterator[Record]:
        record = encode(wire.told(decision, trace))
        yield record
        nudge = decision.nudge if isinstance(decision, NudgeHeld) else decision
        if isinstance(nudge, NudgeDue) and nudge.is_last_warning:
            yield Record(self.verdicts, record.key, record.value, record.headers)


def organization(names: Names) -> str:
    """Return whose mentorship it is; "" while its name is not known."""
    return names.mentorship.split("/", 2)[1] if names.mentorship else ""


def _by_key(readings: Iterable[Reading[S]]) -> Mapping[bytes, list[Said[S]]]:
    groups: defaultdict[bytes, list[Said[S]]] = defaultdict(list)
    for reading in readings:
        if reading.said is not None:
            groups[reading.said.key].append(reading.said)
    return groups
