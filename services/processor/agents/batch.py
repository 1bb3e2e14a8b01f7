"""What one batch of readings, or the passing of time, leads to; worked out before anything is written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from services.kernel.events import encode
from services.kernel.kafka import Record
from services.processor import wire
from services.processor.agents.reading import Reading, Said, person_key
from services.processor.domain import pairs, people
from services.processor.domain.decisions import Decision, NudgeDue
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
    """Folds events into pairs. Nudges go to the topic `nudges`, where their person's budget is looked at."""

    policies: Policies
    nudges: str

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
        if not isinstance(decision, NudgeDue):
            return record
        return Record(self.nudges, person_key(decision), record.value, record.headers)


@dataclass(frozen=True, slots=True)
class People:
    """Folds nudges into what each person heard this week."""

    policies: Policies

    def fold(self, readings: Iterable[Reading[NudgeDue]], table: Table) -> Change:
        """Pass each nudge on or hold it, in the order they come."""
        change = Change()
        for key, history in _by_key(readings).items():
            person = before = wire.load_person(table.get(key))
            for said in history:
                policy = self.policies(organization(said.what.names))
                person, verdict = people.fold(person, said.what, policy)
                change.told.append(encode(wire.told(verdict, said.event.trace)))
            if person != before:
                change.rows[key] = wire.dump_person(person)
        return change


def organization(names: Names) -> str:
    """Return whose mentorship it is; "" while its name is not known."""
    return names.mentorship.split("/", 2)[1] if names.mentorship else ""


def _by_key(readings: Iterable[Reading[S]]) -> Mapping[bytes, list[Said[S]]]:
    groups: defaultdict[bytes, list[Said[S]]] = defaultdict(list)
    for reading in readings:
        if reading.said is not None:
            groups[reading.said.key].append(reading.said)
    return groups
