"""The steps that answer a silence: nudge both, nudge again, tell the lead, warn both, conclude.

Nudge to warning come `nudge`, `nudge_again`, `tell_lead` and `warn` after the silence was noticed (days 1, 3,
7, 14). Before the first meeting the lead is told earlier, on `first_meeting_lead`. A warning on day 14 must
not be all that precedes an end many weeks later: when the pair has become inactive (90 days without a
meeting held or booked, and never before that warning) both are warned a last time, and `conclude` (7 days)
after it the mentorship ends, never earlier. Where both warnings fall on one moment there is one.

A meeting booked or held ends the silence and with it all steps to come. Steps may be skipped; the last
warning belongs to the conclusion and goes with it. The lead's step is skipped where there is no lead. A
silence that begins when the agreed end is near leads to the last warning and the conclusion only.
"""

from datetime import datetime
from typing import NamedTuple

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
from services.processor.domain.state import Pair


class Rung(NamedTuple):
    """A step and its time on the pair's own clock."""

    due: datetime
    step: Step
    reasons: tuple[Reason, ...]
    evidence: tuple[str, ...]


def rungs(pair: Pair, silence: Silence, policy: Policy) -> list[Rung]:
    """Return all steps of a silence, past and to come."""
    ladder, end = policy.ladder, pair.terms.end
    near_end = end is not None and silence.since >= end - ladder.quiet_before_end
    late = [] if Step.CONCLUDE in ladder.skipped_steps else _last(silence, policy)
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


def _last(silence: Silence, policy: Policy) -> list[Rung]:
    why = ((Reason.NO_SIGN_OF_LIFE, silence.reason), silence.evidence)
    end = silence.inactive + policy.ladder.conclude
    return [Rung(silence.inactive, Step.WARN, *why), Rung(end, Step.CONCLUDE, *why)]


def decide(pair: Pair, rung: Rung, policy: Policy) -> list[Decision]:
    """Return what a step means: who is told, and whether the mentorship should end."""
    names, time = pair.names, pair.calendar(rung.due)
    grounds = Grounds(rung.evidence, policy.version)
    if rung.step is Step.TELL_LEAD:
        return [LeadEscalationDue(names, time, rung.step, rung.reasons, grounds)]
    nudges: list[Decision] = [
        NudgeDue(names, time, person, rung.step, rung.reasons, grounds) for person in names.people
    ]
    if rung.step is Step.CONCLUDE:
        nudges.append(ConclusionDue(names, time, rung.reasons, grounds))
    return nudges
