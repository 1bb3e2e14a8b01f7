"""When nothing happens: since when a pair is silent, and from when on it counts as inactive.

A pair is silent when no meeting is held or booked for too long: counted from the start until the first
meeting, afterwards in cadences from the last one held. What is booked postpones that; a meeting missed or
called off, and a new agreement, let a silence begin no earlier than that moment.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.processor.domain.decisions import Reason
from services.processor.domain.policy import Policy
from services.processor.domain.state import Mark, Pair


class Silence(NamedTuple):
    """The silence that comes, or came, if nothing else happens.

    `base` is what it counts from, `floor` the moment before which none can begin. `since` is when it is
    noticed, `inactive` when the last warning is due, `marks` the events behind it, the latest last.
    """

    base: Mark
    floor: datetime
    since: datetime
    inactive: datetime
    reason: Reason
    marks: tuple[Mark, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """Return the events behind it, the latest last."""
        return tuple(mark.event for mark in self.marks)

    def after(self, length: timedelta) -> datetime:
        """Return when it has been silent for `length`."""
        return max(self.base.time + length, self.floor)


def silence(pair: Pair, policy: Policy) -> Silence | None:
    """Return the silence of a pair; None before the agreement.

    A first meeting is missed one `nudge` before `first_meeting_nudge`, so that the nudge comes on its day.
    Inactive is a pair that was neither held nor booked for `ladder.inactive`, and that was warned before:
    a pair that meets every quarter is not inactive when its next meeting is due.
    """
    start, ladder, meetings = pair.terms.started, policy.ladder, pair.meetings
    if start is None:
        return None
    base = meetings.met or start
    marks = _marks(pair, base)
    floor = max(marks[-1].time, _booked_until(pair, policy) or base.time)
    first = meetings.met is None
    allowed = (
        ladder.first_meeting_nudge - ladder.nudge if first else cadence(pair, policy) * ladder.gap_cadences
    )
    since = max(base.time + allowed, floor)
    inactive = max(since + ladder.warn, floor + ladder.inactive)
    return Silence(base, floor, since, inactive, Reason.NO_FIRST_MEETING if first else Reason.GAP, marks)


def cadence(pair: Pair, policy: Policy) -> timedelta:
    """Return the agreed time between meetings, or the usual one."""
    return pair.terms.cadence or policy.ladder.usual_cadence


def _marks(pair: Pair, base: Mark) -> tuple[Mark, ...]:
    later = {mark for mark in (pair.meetings.alive, pair.terms.signed) if mark and mark.time > base.time}
    return (base, *sorted(later, key=lambda mark: mark.time))


def _booked_until(pair: Pair, policy: Policy) -> datetime | None:
    booked = pair.meetings.booked
    return booked[-1][1] - pair.rested + policy.ladder.outcome if booked else None
