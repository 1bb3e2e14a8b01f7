"""How a relationship goes, and why: signs that stand, less what has relieved them.

Needs attention: the agreement unsigned for long; no first meeting, or a gap, with nothing booked; many of the
last meetings missed or called off late; a middling answer after a better one; check-ins unanswered, expired
or open for days; a goal overdue. At risk: the same silence for longer; misses in a row; a poor answer; "not a
fit"; one side silent while the other is active. Inactive: neither held nor booked for very long. Too early:
none of this, in the first days and while nothing was missed.

Each sign stands from a moment on, in the past or to come, so how it goes at any time follows from what was
heard until then. A meeting held and a good answer each take one level from every sign before them: two
meetings held in a row clear everything that was wrong before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from services.processor.domain.decisions import Reason, Status
from services.processor.domain.policy import Policy
from services.processor.domain.silence import Silence, cadence
from services.processor.domain.state import Mark, Pair, Side

ATTENTION, RISK, INACTIVE = 1, 2, 3

_STATUS = (Status.ON_TRACK, Status.NEEDS_ATTENTION, Status.AT_RISK, Status.INACTIVE)


class Sign(NamedTuple):
    """Something noticed: from when on, how grave, by which events."""

    since: datetime
    level: int
    reason: Reason
    marks: tuple[Mark, ...]


class Health(Struct, frozen=True):
    """How it goes: the reasons, the gravest first, and the events behind those, the latest last."""

    status: Status
    reasons: tuple[Reason, ...]
    evidence: tuple[str, ...]


def signs(pair: Pair, silence: Silence | None, policy: Policy) -> list[Sign]:
    """Return every sign of a pair, also those that will show if nothing else happens."""
    found = _silent(silence, pair, policy)
    if silence is None:
        found += _unsigned(pair, policy)
    if pair.meetings.outcomes:
        found += _missed(pair, policy)
    if pair.goals.dated:
        found += _overdue(pair, policy)
    unanswered: list[Mark] = []
    for side, other in ((pair.mentor, pair.mentee), (pair.mentee, pair.mentor)):
        found += _said(side)
        found += _one_sided(side, other, pair, policy)
        unanswered += _unanswered(side, policy)
    return found + _ignored(unanswered, policy) if unanswered else found


def too_early_until(pair: Pair, policy: Policy) -> datetime | None:
    """Return until when it is too early to say; None when a meeting was missed."""
    begin = pair.terms.started or pair.terms.created
    if begin is None or any(outcome.bad for outcome in pair.meetings.outcomes):
        return None
    return begin.time + policy.health.too_early


def assess(relieved: Sequence[Mark], found: Sequence[Sign], at: datetime, *, early: bool) -> Health:
    """Return how it goes at a time of the pair's own clock, `early` while it is too early to say."""
    standing = [(level, sign) for sign in found if sign.since <= at and (level := _level(sign, relieved)) > 0]
    if not standing:
        return Health(Status.TOO_EARLY if early else Status.ON_TRACK, (), ())
    standing.sort(key=lambda one: -one[0])
    reasons = tuple(dict.fromkeys(sign.reason for _, sign in standing))
    marks = sorted({mark for _, sign in standing for mark in sign.marks}, key=_order)
    return Health(_STATUS[standing[0][0]], reasons, tuple(mark.event for mark in marks))


def _order(mark: Mark) -> tuple[datetime, str]:
    return mark.time, mark.event


def _level(sign: Sign, relieved: Sequence[Mark]) -> int:
    return sign.level - sum(mark.time > sign.since for mark in relieved)


def _silent(silence: Silence | None, pair: Pair, policy: Policy) -> list[Sign]:
    if silence is None:
        return []
    health, reason, marks = policy.health, silence.reason, silence.marks
    if reason is Reason.NO_FIRST_MEETING:
        attention, risk = health.first_meeting_attention, health.first_meeting_risk
    else:
        agreed = cadence(pair, policy)
        attention, risk = agreed * health.gap_attention_cadences, agreed * health.gap_risk_cadences
    return [
        Sign(silence.after(attention), ATTENTION, reason, marks),
        Sign(silence.after(risk), RISK, reason, marks),
        Sign(silence.inactive, INACTIVE, Reason.NO_SIGN_OF_LIFE, marks),
    ]


def _unsigned(pair: Pair, policy: Policy) -> list[Sign]:
    created = pair.terms.created
    if created is None:
        return []
    return [Sign(created.time + policy.health.unsigned, ATTENTION, Reason.AGREEMENT_UNSIGNED, (created,))]


def _missed(pair: Pair, policy: Policy) -> list[Sign]:
    bad = tuple(outcome.mark for outcome in pair.meetings.outcomes if outcome.bad)
    found = []
    if len(bad) >= policy.health.missed_often:
        found.append(Sign(bad[-1].time, ATTENTION, Reason.MISSED_OFTEN, bad))
    if pair.misses >= policy.health.missed_in_row:
        found.append(Sign(bad[-1].time, RISK, Reason.MISSED_IN_ROW, bad))
    return found


def _overdue(pair: Pair, policy: Policy) -> list[Sign]:
    return [
        Sign(goal.late + policy.health.goal_overdue, ATTENTION, Reason.GOAL_OVERDUE, (goal.set,))
        for goal in pair.goals.dated
        if goal.open
    ]


def _said(side: Side) -> list[Sign]:
    found = []
    if side.low is not None:
        found.append(Sign(side.low.time, RISK, Reason.LOW_ANSWER, (side.low,)))
    if side.unfit is not None:
        found.append(Sign(side.unfit.time, RISK, Reason.NOT_A_FIT, (side.unfit,)))
    if side.falling is not None:
        found.append(Sign(side.falling.time, ATTENTION, Reason.FALLING_ANSWER, (side.falling,)))
    return found


def _one_sided(side: Side, other: Side, pair: Pair, policy: Policy) -> list[Sign]:
    """One did nothing for long, and for a cadence, before the other did something."""
    if side.active is None or other.active is None:
        return []
    silent = other.active.time - side.active.time
    if silent < policy.health.one_side_silent or silent < cadence(pair, policy):
        return []
    return [Sign(other.active.time, RISK, Reason.ONE_SIDE_SILENT, (side.active, other.active))]


def overdue(asked: Mark, policy: Policy) -> Mark:
    """Return since when a check-in counts as unanswered if it stays open."""
    return replace(asked, time=asked.time + policy.health.check_in_overdue)


def _unanswered(side: Side, policy: Policy) -> tuple[Mark, ...]:
    return side.unanswered if side.asked is None else (*side.unanswered, overdue(side.asked, policy))


def _ignored(unanswered: Sequence[Mark], policy: Policy) -> list[Sign]:
    """Each check-in unanswered beyond those that are put up with is a sign anew."""
    marks, enough = tuple(sorted(unanswered, key=_order)), policy.health.check_ins_unanswered
    return [
        Sign(marks[number - 1].time, ATTENTION, Reason.CHECK_INS_UNANSWERED, marks[:number])
        for number in range(enough, len(marks) + 1)
    ]
