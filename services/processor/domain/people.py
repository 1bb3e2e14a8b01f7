"""What one person heard lately, over all programs: a budget that no nudge passes."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.processor.domain.decisions import NudgeDue, NudgeHeld, text
from services.processor.domain.policy import WEEK, Policy

REMEMBERED = 48
"""Nudges whose verdict a person keeps: more than a cap of two lets pass in five months."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one nudge: `key` tells it from all others."""

    key: str
    time: datetime
    sent: bool


@dataclass(frozen=True, slots=True)
class Person:
    """The last nudges of one person, in the order they came."""

    verdicts: tuple[Verdict, ...] = ()


def fold(person: Person, nudge: NudgeDue, policy: Policy) -> tuple[Person, NudgeDue | NudgeHeld]:
    """Let a nudge pass while no seven days around it hold more than `policy.nudges_per_week`, else hold it.

    Nudges of several pairs may come out of order. A repeat gets the verdict of the first time.
    """
    key = f"{nudge.grounds.cause}/{nudge.step}/{text(nudge.time)}"
    known = next((verdict for verdict in person.verdicts if verdict.key == key), None)
    if known is not None:
        return person, nudge if known.sent else NudgeHeld(nudge)
    sent = _has_room(person, nudge.time, policy.nudges_per_week)
    verdicts = (*person.verdicts, Verdict(key, nudge.time, sent))[-REMEMBERED:]
    return replace(person, verdicts=verdicts), nudge if sent else NudgeHeld(nudge)


def _has_room(person: Person, time: datetime, cap: int) -> bool:
    sent = (verdict.time for verdict in person.verdicts if verdict.sent)
    times = sorted([time, *(moment for moment in sent if abs(moment - time) < WEEK)])
    return all(last - first >= WEEK for first, last in zip(times, times[cap:], strict=False))
