"""What a replay prints: what would have been told beside what was."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf import json_format

from services.kernel.events import Event
from services.pb.mentoring.processor.v1 import events_pb2 as pb

KINDS = {
    pb.NudgeDue: "nudges",
    pb.NudgeHeld: "nudges held back",
    pb.LeadEscalationDue: "leads told of silence",
    pb.ConclusionDue: "endings of silent pairs",
    pb.HealthChanged: "changes of health",
    pb.RecognitionEarned: "recognitions",
    pb.RebookReminderDue: "reminders to book again",
    pb.LeadAlertDue: "leads told of misses",
}

Row = tuple[str, int, int, int]
"""What, how many would be told, how many were, how many of both are the same."""


def rows(again: Sequence[Event[Any]], before: Sequence[Event[Any]]) -> Iterator[Row]:
    """Return a row for each kind of decision, below nudges one for each step."""
    for kind, name in KINDS.items():
        ours, theirs = _of(kind, again), _of(kind, before)
        yield _row(name, ours, theirs)
        if kind is pb.NudgeDue:
            for step in sorted({event.message.step for event in (*ours, *theirs)}):
                label = pb.LadderStep.Name(step).removeprefix("LADDER_STEP_").lower().replace("_", " ")
                yield _row(f"  {label}", _at(step, ours), _at(step, theirs))


def table(found: Iterable[Row]) -> list[str]:
    """Return lines for people."""
    head = ("", "would be told", "were told", "the same")
    cells = [head, *((name, *(f"{number:,}" for number in numbers)) for name, *numbers in found)]
    return [f"{name:<26}{would:>15}{were:>12}{same:>11}".rstrip() for name, would, were, same in cells]


def summary(again: Sequence[Event[Any]], before: Sequence[Event[Any]]) -> str:
    """Return the one number that a policy is judged by first."""
    would, were = len(_of(pb.NudgeDue, again)), len(_of(pb.NudgeDue, before))
    return f"{would:,} nudges would have been sent; {were:,} were"


def line(event: Event[Any]) -> str:
    """Return a decision as one line of JSON."""
    message = json_format.MessageToDict(event.message, preserving_proto_field_name=True)
    return json.dumps({"id": event.id, "type": event.type, "time": event.time.isoformat(), **message})


def _row(name: str, ours: Sequence[Event[Any]], theirs: Sequence[Event[Any]]) -> Row:
    same = {event.id for event in ours} & {event.id for event in theirs}
    return name, len(ours), len(theirs), len(same)


def _of(kind: type, events: Iterable[Event[Any]]) -> list[Event[Any]]:
    return [event for event in events if isinstance(event.message, kind)]


def _at(step: int, events: Iterable[Event[Any]]) -> list[Event[Any]]:
    return [event for event in events if event.message.step == step]


def count(events: Iterable[Event[Any]]) -> Counter[str]:
    """Return how often each type occurs."""
    return Counter(event.type for event in events)
