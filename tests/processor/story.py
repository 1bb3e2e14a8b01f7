"""The story of one pair, day by day, and what the processor made of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from services.processor.domain import facts, people
from services.processor.domain.decisions import (
    AchievementCounted,
    ConclusionDue,
    Decision,
    HealthChanged,
    LeadEscalationDue,
    NudgeDue,
    Reason,
    RecognitionEarned,
    Status,
)
from services.processor.domain.facts import Fact, Heard
from services.processor.domain.pairs import advance, fold
from services.processor.domain.people import Person
from services.processor.domain.policy import DEFAULT, Policy, Step
from services.processor.domain.state import Pair
from tests.processor.factories import LEAD, MENTEE, MENTOR, day, mentorship, names


def tell(on: float, fact: Fact, subject: str = "", sequence: int = 1, lead: str = LEAD) -> Heard:
    """Return an event of noon on a day; its id says what it is about and when."""
    kind = type(fact).__name__
    return Heard(f"{kind}@{on:g}", names(lead=lead), subject or f"{kind}@{on:g}", sequence, day(on), fact)


def created(on: float) -> Heard:
    return tell(on, facts.MentorshipCreated(), "pair", 1)


def activated(on: float = 0, cadence: float = 14, end: float | None = None, lead: str = LEAD) -> Heard:
    terms = facts.MentorshipActivated(timedelta(days=cadence), None if end is None else _date(end))
    return tell(on, terms, lead=lead)


def paused(on: float) -> Heard:
    return tell(on, facts.MentorshipPaused())


def resumed(on: float) -> Heard:
    return tell(on, facts.MentorshipResumed())


def booked(meeting: str, on: float, start: float) -> Heard:
    return tell(on, facts.MeetingBooked(day(start)), f"meetings/{meeting}", 1)


def held(meeting: str, on: float) -> Heard:
    return tell(on, facts.MeetingHeld(), f"meetings/{meeting}", 4)


def missed(meeting: str, on: float, absent: Sequence[str] = ()) -> Heard:
    name = f"{mentorship()}/meetings/{meeting}"
    return tell(on, facts.MeetingMissed(name, tuple(absent)), f"meetings/{meeting}", 2)


def cancelled(meeting: str, on: float, person: str = MENTEE) -> Heard:
    return tell(on, facts.MeetingCancelled(person), f"meetings/{meeting}", 3)


def answered(on: float, lowest: int, person: str = MENTEE, *, check_in: bool = True) -> Heard:
    return tell(on, facts.Answered(person, lowest, check_in))


def asked(on: float, person: str = MENTEE, number: int = 1) -> Heard:
    return tell(on, facts.CheckInOpened(person), f"plans/{person}", 3 * number - 2)


def unanswered(on: float, person: str = MENTEE) -> Heard:
    return tell(on, facts.CheckInExpired(person))


def goal_set(goal: str, on: float, target: float | None) -> Heard:
    fact = facts.GoalDated(None if target is None else _date(target))
    return tell(on, fact, f"goals/{goal}", int(on) + 1)


def goal_reached(goal: str, on: float) -> Heard:
    return tell(on, facts.GoalCompleted(f"{mentorship()}/goals/{goal}"), f"goals/{goal}", int(on) + 1)


def goal_reopened(goal: str, on: float) -> Heard:
    return tell(on, facts.GoalReopened(), f"goals/{goal}", int(on) + 1)


def goal_dropped(goal: str, on: float) -> Heard:
    return tell(on, facts.GoalDropped(), f"goals/{goal}", int(on) + 1)


def kudos(on: float, recipient: str = MENTOR) -> Heard:
    author = MENTEE if recipient == MENTOR else MENTOR
    return tell(on, facts.KudosGiven(author, recipient))


def _date(number: float) -> date:
    return day(number).date()


def told(history: Iterable[Heard], until: float, policy: Policy = DEFAULT) -> list[Decision]:
    """Return all that was decided until noon of a day; what counts per person counted, every nudge passed."""
    return list(_counted(run(history, until, policy)[1], policy))


def _counted(decisions: Iterable[Decision], policy: Policy) -> Iterator[Decision]:
    known: defaultdict[str, Person] = defaultdict(Person)
    for made in decisions:
        if not isinstance(made, AchievementCounted):
            yield made
            continue
        known[made.person], earned_by_it = people.fold(known[made.person], made, policy)
        yield from earned_by_it


def run(history: Iterable[Heard], until: float, policy: Policy = DEFAULT) -> tuple[Pair, list[Decision]]:
    """Fold a history and let time go on until noon of a day."""
    pair, decisions = Pair(), []
    for heard in history:
        pair, before = passed(pair, heard.time, policy)
        pair, more = fold(pair, heard, policy)
        decisions += [*before, *more]
    pair, more = passed(pair, day(until), policy)
    return pair, decisions + more


def passed(pair: Pair, until: datetime, policy: Policy) -> tuple[Pair, list[Decision]]:
    """Let time go on, while every last warning is told at once."""
    pair, decisions = advance(pair, until, policy)
    made, found = decisions, list[Decision]()
    while made:
        found += made
        warnings = [one for one in made if isinstance(one, NudgeDue) and one.is_last_warning]
        made = []
        for warning in warnings:
            pair, more = fold(pair, warned(warning), policy)
            made += more
        pair, more = advance(pair, until, policy)
        made += more
    return pair, found


def warned(nudge: NudgeDue, again: datetime | None = None) -> Heard:
    """Return that a last warning was told, or held back until `again`."""
    sequence = int(nudge.time.timestamp() * 1000)
    fact = facts.Warned(nudge.person, again)
    return Heard(f"warned/{nudge.person}", nudge.names, f"warned/{nudge.person}", sequence, nudge.time, fact)


def _on(decision: Decision) -> float:
    return (decision.time - day(0)) / timedelta(days=1)


Steps = list[tuple[float, Step | str]]


def steps(decisions: Iterable[Decision]) -> Steps:
    """Return (day, step) of the ladder; one nudge to both counts once."""
    found: dict[tuple[float, Step | str], None] = {}
    for made in decisions:
        if isinstance(made, NudgeDue | LeadEscalationDue):
            found[_on(made), made.step] = None
        if isinstance(made, ConclusionDue):
            found[_on(made), "end"] = None
    return list(found)


def health(decisions: Iterable[Decision]) -> list[tuple[float, Status, tuple[Reason, ...]]]:
    """Return (day, status, reasons) of each change."""
    return [(_on(made), made.after, made.reasons) for made in decisions if isinstance(made, HealthChanged)]


def earned(decisions: Iterable[Decision]) -> list[tuple[float, str, str, int]]:
    """Return (day, person, achievement, count) of recognitions; people by the last part of their names."""
    return [
        (_on(made), made.person.rpartition("/")[2], made.achievement, made.count)
        for made in decisions
        if isinstance(made, RecognitionEarned)
    ]
