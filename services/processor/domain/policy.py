"""Every threshold of every rule, as one value with a version. Sources of the defaults are in README.md."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from services.kernel.errors import Fields, Invalid

WEEK = timedelta(days=7)


class Step(StrEnum):
    """How far the reaction to a silent pair has gone, in this order."""

    NUDGE = "NUDGE"
    NUDGE_AGAIN = "NUDGE_AGAIN"
    TELL_LEAD = "TELL_LEAD"
    WARN = "WARN"
    CONCLUDE = "CONCLUDE"


@dataclass(frozen=True, slots=True)
class Ladder:
    """How a silent pair is brought back; `ladder` says how the times play together.

    `nudge` to `warn` count from when a silence was noticed, `first_meeting_*` from the start, `inactive` from
    the last meeting held or booked, `conclude` from the last warning. `usual_cadence` is for pairs that
    agreed none. `outcome` is how long after its start a meeting still counts as booked while its outcome is
    not heard.
    """

    gap_cadences: float = 1.5
    nudge: timedelta = timedelta(days=1)
    nudge_again: timedelta = timedelta(days=3)
    tell_lead: timedelta = timedelta(days=7)
    warn: timedelta = timedelta(days=14)
    first_meeting_nudge: timedelta = timedelta(days=7)
    first_meeting_lead: timedelta = timedelta(days=10)
    inactive: timedelta = timedelta(days=90)
    conclude: timedelta = timedelta(days=7)
    quiet_before_end: timedelta = timedelta(days=7)
    skipped_steps: frozenset[Step] = frozenset()
    usual_cadence: timedelta = timedelta(days=14)
    outcome: timedelta = timedelta(hours=24)
    lead_alert_misses: int = 2


@dataclass(frozen=True, slots=True)
class Health:
    """What makes a relationship need attention or be at risk; `health` has the rules."""

    too_early: timedelta = timedelta(days=10)
    unsigned: timedelta = timedelta(days=21)
    first_meeting_attention: timedelta = timedelta(days=10)
    first_meeting_risk: timedelta = timedelta(days=21)
    gap_attention_cadences: float = 1.5
    gap_risk_cadences: float = 2.0
    recent_meetings: int = 3
    missed_often: int = 2
    missed_in_row: int = 3
    late_cancellation: timedelta = timedelta(hours=24)
    low_answer: int = 2
    falling_answer: int = 3
    good_answer: int = 4
    check_ins_unanswered: int = 2
    check_in_overdue: timedelta = timedelta(days=2)
    goal_overdue: timedelta = timedelta(days=14)
    one_side_silent: timedelta = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Recognition:
    """Which counts are recognised."""

    meetings: frozenset[int] = frozenset({1, 5, 10, 40})
    streaks: frozenset[int] = frozenset({6, 12, 24})
    impact: frozenset[int] = frozenset({1, 5, 10, 40})
    kudos: frozenset[int] = frozenset({1, 5, 10, 40})


@dataclass(frozen=True, slots=True)
class Policy:
    """What decisions are made under. Pairs keep times worked out by it: other content, another version."""

    version: str
    nudges_per_week: int = 2
    ladder: Ladder = field(default_factory=Ladder)
    health: Health = field(default_factory=Health)
    recognition: Recognition = field(default_factory=Recognition)


DEFAULT = Policy(version="1")


def consistent(policy: Policy) -> Policy:
    """Return the policy. Raises Invalid POLICY_CONTRADICTS with the fields whose order makes no sense."""
    found = tuple(_contradictions(policy))
    if found:
        raise Invalid("POLICY_CONTRADICTS", "thresholds contradict each other", fields=found)
    return policy


def _contradictions(policy: Policy) -> Fields:
    ladder, health = policy.ladder, policy.health
    ordered = (
        ("ladder.nudge_again_days", ladder.nudge, ladder.nudge_again, "nudge_days"),
        ("ladder.warn_days", ladder.nudge_again, ladder.warn, "nudge_again_days"),
        ("ladder.warn_days", ladder.tell_lead, ladder.warn, "tell_lead_days"),
        ("ladder.first_meeting_nudge_days", ladder.nudge, ladder.first_meeting_nudge, "nudge_days"),
        (
            "ladder.first_meeting_lead_days",
            ladder.first_meeting_nudge,
            ladder.first_meeting_lead,
            "first_meeting_nudge_days",
        ),
        (
            "health.first_meeting_risk_days",
            health.first_meeting_attention,
            health.first_meeting_risk,
            "first_meeting_attention_days",
        ),
    )
    found = [(name, f"must not be before {other}") for name, early, late, other in ordered if late < early]
    if health.gap_risk_cadences < health.gap_attention_cadences:
        found.append(("health.gap_risk_cadences", "must not be before gap_attention_cadences"))
    if health.missed_often > health.recent_meetings:
        found.append(("health.missed_often", "must not be more than recent_meetings"))
    if not health.low_answer < health.good_answer:
        found.append(("health.good_answer", "must be above low_answer"))
    return found
