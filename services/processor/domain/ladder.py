"""The steps that answer a silence: nudge both, nudge again, tell the lead, warn both, conclude.

Nudge to warning come `nudge`, `nudge_again`, `tell_lead` and `warn` after the silence was noticed (days 1, 3,
7, 14). Before the first meeting the lead is told earlier, on `first_meeting_lead`. A warning on day 14 must
not be all that precedes an end many weeks later: when the pair has become inactive (90 days without a
meeting held or booked, and never before that warning) both are warned a last time, and `conclude` (7 days)
after it the mentorship ends, never earlier. Where both warnings fall on one moment there is one. A last
warning that a person's weekly budget holds back is tried again, and the end waits until both were warned.

A meeting booked or held ends the silence and with it all steps to come. Steps may be skipped; the last
warning belongs to the conclusion and goes with it. The lead's step is skipped where there is no lead. A
silence that begins when the agreed end is near leads to the last warning and the conclusion only.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from services.processor.domain.decisions import (
    ConclusionDue,
    Decision,
    Grounds,
    LeadEscalationDue,
    NudgeDue,
    Reason,
)
from services.processor.domain.policy import Policy, Step
from services.processor.domain.silence import Silence
from services.processor.domain.state import Pair, Side

DAY = timedelta(days=1)


class Rung(NamedTuple):
    """A step and its time on the pair's own clock; `people` are whom it concerns, empty for both."""

    due: datetime
    step: Step
    reasons: tuple[Reason, ...]
    evidence: tuple[str, ...]
    people: tuple[str, ...] = ()

    @property
    def is_last_warning(self) -> bool:
        """Whether nothing but the end follows."""
        return self.step is Step.WARN and Reason.NO_SIGN_OF_LIFE in self.reasons


def rungs(pair: Pair, silence: Silence, policy: Policy) -> list[Rung]:
    """Return all steps of a silence, past and to come."""
    ladder, end = policy.ladder, pair.terms.end
    near_end = end is not None and silence.since >= end - ladder.quiet_before_end
    late = [] if Step.CONCLUDE in ladder.skipped_steps else _last(pair, silence, policy)
    taken = {rung.due for rung in late}
    early = [] if near_end else _first(pair, silence, policy)
    return [*(rung for rung in early if rung.step is not Step.WARN or rung.due not in taken), *late]


def _first(pair: Pair, silence: Silence, policy: Policy) -> list[Rung]:
    ladder = policy.ladder
    tell_lead = ladder.tell_lead
    if silence.reason is Reason.NO_FIRST_MEETING:
        tell_lead = ladder.nudge + ladder.first_meeting_lead - ladder.first_meeting_nudge
    waits = {
        Step.NUDGE: ladder.nudge,
        Step.NUDGE_AGAIN: ladder.nudge_again,
        Step.TELL_LEAD: tell_lead,
        Step.WARN: ladder.warn,
    }
    skipped = ladder.skipped_steps if pair.names.lead else ladder.skipped_steps | {Step.TELL_LEAD}
    why = ((silence.reason,), silence.evidence)
    return [Rung(silence.since + wait, step, *why) for step, wait in waits.items() if step not in skipped]


def _last(pair: Pair, silence: Silence, policy: Policy) -> list[Rung]:
    """Return what is next of the last steps: both are warned, one is warned again, it ends."""
    why = ((Reason.NO_SIGN_OF_LIFE, silence.reason), silence.evidence)
    if pair.warning is None or pair.warning < silence.inactive:
        return [Rung(_still(silence.inactive, pair), Step.WARN, *why)]
    told = [_told(side, silence) for side in (pair.mentor, pair.mentee)]
    warned = [moment for moment in told if moment is not None]
    if len(warned) == len(told):
        return [Rung(max(warned) + policy.ladder.conclude, Step.CONCLUDE, *why)]
    sides = zip(pair.names.people, (pair.mentor, pair.mentee), told, strict=True)
    return [
        Rung(_still(side.warn_again, pair), Step.WARN, *why, (person,))
        for person, side, warned_at in sides
        if warned_at is None and side.warn_again is not None
    ]


def _told(side: Side, silence: Silence) -> datetime | None:
    """Return when a side was warned of this silence."""
    return side.warned if side.warned is not None and side.warned >= silence.inactive else None


def _still(due: datetime, pair: Pair) -> datetime:
    """Return `due`, or the first of the days after it that is still to come."""
    if pair.clock is None or due > pair.clock:
        return due
    return due + ((pair.clock - due) // DAY + 1) * DAY


def taken(pair: Pair, rung: Rung) -> Pair:
    """Return the pair once a step is decided."""
    if not rung.is_last_warning:
        return pair
    if not rung.people:
        return replace(pair, warning=rung.due)
    (person,) = rung.people
    return pair.on_side(person, lambda side: replace(side, warn_again=None))


def decide(pair: Pair, rung: Rung, policy: Policy) -> list[Decision]:
    """Return what a step means: who is told, and whether the mentorship should end."""
    names, time = pair.names, pair.calendar(rung.due)
    grounds = Grounds(rung.evidence, policy.version)
    if rung.step is Step.TELL_LEAD:
        return [LeadEscalationDue(names, time, rung.step, rung.reasons, grounds)]
    nudges: list[Decision] = [
        NudgeDue(names, time, person, rung.step, rung.reasons, grounds)
        for person in rung.people or names.people
    ]
    if rung.step is Step.CONCLUDE:
        nudges.append(ConclusionDue(names, time, rung.reasons, grounds))
    return nudges
