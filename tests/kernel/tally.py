"""A small aggregate that the kernel's tests keep: a tally that people add to, with every kind of field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.kernel.mongo import Kind, Outgoing, Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import GoalCompleted, GoalCreated

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOPIC = "mentoring.mentorships.v1"


class Mood(StrEnum):
    CALM = "CALM"
    LOUD = "LOUD"


@dataclass(frozen=True, slots=True)
class Mark:
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """`wake` is its timer, `slots` what no other tally of the tenant may hold, `note` makes events larger."""

    owner: str
    total: int = 0
    mood: Mood = Mood.CALM
    marks: tuple[Mark, ...] = ()
    slots: tuple[str, ...] = ()
    day: date | None = None
    wake: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    pass


@dataclass(frozen=True, slots=True)
class Added:
    amount: int


def add(amount: int, times: int = 1) -> Callable[[Tally], tuple[Tally, Sequence[Any]]]:
    """Decide to add `amount` in `times` events; nothing changes for 0."""

    def decide(tally: Tally) -> tuple[Tally, Sequence[Any]]:
        if not amount:
            return tally, []
        return replace(tally, total=tally.total + amount * times), [Added(amount)] * times

    return decide


def hold(*slots: str) -> Callable[[Tally], tuple[Tally, Sequence[Any]]]:
    """Decide to hold exactly `slots`."""
    return lambda tally: (replace(tally, slots=slots), [Added(0)])


def encode(ref: Ref, state: Tally, event: Opened | Added) -> Outgoing:
    """Encode with the messages of a real contract; the tally's id is the key."""
    name = f"organizations/{ref.tenant}/tallies/{ref.id}"
    message = GoalCreated(goal=name, mentorship=state.note)
    if isinstance(event, Added):
        return Outgoing(GoalCompleted(goal=name, mentee=str(event.amount)), name, ref.id)
    return Outgoing(message, name, ref.id)


def ring(tally: Tally, now: datetime) -> tuple[Tally, Sequence[Any]]:
    """At its time: count once, wake again a day later while loud."""
    again = now + timedelta(days=1) if tally.mood is Mood.LOUD else None
    return replace(tally, total=tally.total + 1, wake=again), [Added(1)]


TALLIES = Kind(
    collection="tallies",
    state=Tally,
    encode=encode,
    due_at=lambda tally: tally.wake,
    fire=ring,
    unique=("slots", "SLOT_TAKEN"),
    indexes=(("owner",),),
)
