"""Facts and whole histories of pairs, with made-up ids, and times that go on from event to event."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from services.processor.domain.decisions import Decision
from services.processor.domain.facts import Fact, GoalCompleted, Heard, MeetingHeld, MeetingMissed, Names
from services.processor.domain.pairs import fold
from services.processor.domain.policy import DEFAULT, Policy
from services.processor.domain.state import Pair

ORG = "organizations/weavers"
MENTOR, MENTEE, LEAD = (f"{ORG}/people/{person}" for person in ("e1", "e2", "e9"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    """Return noon so many days after the story began."""
    return NOON + timedelta(days=number)


def mentorship(pair: str = "m1") -> str:
    return f"{ORG}/mentorships/{pair}"


def names(pair: str = "m1", lead: str = LEAD) -> Names:
    return Names(mentorship(pair), MENTOR, MENTEE, lead)


def heard(fact: Fact, subject: str, sequence: int = 1, pair: str = "m1") -> Heard:
    return Heard(f"{pair}/{subject}/{sequence}", names(pair), subject, sequence, NOON, fact)


def miss(meeting: str, pair: str = "m1") -> Heard:
    fact = MeetingMissed(f"{mentorship(pair)}/meetings/{meeting}")
    return heard(fact, f"meetings/{meeting}", 2, pair)


def hold(meeting: str, pair: str = "m1") -> Heard:
    return heard(MeetingHeld(), f"meetings/{meeting}", 4, pair)


def reach(goal: str, pair: str = "m1", sequence: int = 2) -> Heard:
    return heard(GoalCompleted(f"{mentorship(pair)}/goals/{goal}"), f"goals/{goal}", sequence, pair)


def at(moment: datetime, event: Heard) -> Heard:
    return replace(event, time=moment)


def fold_all(
    history: Iterable[Heard], pair: Pair | None = None, policy: Policy = DEFAULT
) -> tuple[Pair, list[Decision]]:
    """Fold a stretch of one pair's history, in order."""
    pair = pair or Pair()
    decisions: list[Decision] = []
    for event in history:
        pair, more = fold(pair, event, policy)
        decisions += more
    return pair, decisions
