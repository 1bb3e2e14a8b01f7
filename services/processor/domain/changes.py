"""How each fact changes what is kept of a pair; `meetings` has those of meetings."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace

from services.processor.domain import facts, health, meetings
from services.processor.domain.facts import Heard, Names
from services.processor.domain.policy import Policy
from services.processor.domain.state import (
    GOALS,
    REACHED,
    UNANSWERED,
    Goal,
    Goals,
    Mark,
    Pair,
    Side,
    later,
    remember,
)


def apply(pair: Pair, heard: Heard, policy: Policy) -> Pair:
    """Return the pair after an event that was not heard before; decides nothing."""
    pair = replace(pair, handled=remember(pair.handled, heard), names=_names(pair.names, heard.names))
    mark = Mark(pair.own(heard.time), heard.event)
    match heard.fact:
        case facts.MeetingBooked() | facts.MeetingHeld() | facts.MeetingMissed() | facts.MeetingCancelled():
            return meetings.apply(pair, heard, mark, policy)
        case facts.GoalDated() | facts.GoalCompleted() | facts.GoalReopened() | facts.GoalDropped():
            return replace(pair, goals=_goals(pair, heard, mark))
        case facts.Answered() as answer:
            return _answered(pair, answer, mark, policy)
        case facts.CheckInOpened() | facts.CheckInExpired() | facts.FitAnswered() | facts.KudosGiven():
            return _voiced(pair, heard, mark, policy)
        case facts.Warned() as warned:
            return _warned(pair, warned, heard.time)
        case _:
            return _lifecycle(pair, heard, mark)


def _names(known: Names, told: Names) -> Names:
    if told == known:
        return known
    return Names(
        told.mentorship or known.mentorship,
        told.mentor or known.mentor,
        told.mentee or known.mentee,
        told.lead or known.lead,
    )


def _lifecycle(pair: Pair, heard: Heard, mark: Mark) -> Pair:
    match heard.fact:
        case facts.MentorshipCreated():
            return replace(pair, terms=replace(pair.terms, created=mark))
        case facts.MentorshipActivated() as fact:
            return _activated(pair, fact, mark)
        case facts.MentorshipExtended(end):
            return replace(pair, terms=replace(pair.terms, end=_after(end, pair)))
        case facts.MentorshipCompleted() | facts.MentorshipEnded():
            return replace(pair, over=True)
        case _:
            return _rested(pair, heard)


def _rested(pair: Pair, heard: Heard) -> Pair:
    pausing = isinstance(heard.fact, facts.MentorshipPaused)
    if pausing and pair.resting is None:
        return replace(pair, resting=heard.time)
    if pausing or pair.resting is None:
        return pair
    rest = max(heard.time - pair.resting, timedelta())
    return replace(pair, resting=None, rested=pair.rested + rest)


def _activated(pair: Pair, fact: facts.MentorshipActivated, mark: Mark) -> Pair:
    end = None if fact.end is None else _after(fact.end, pair)
    terms = replace(pair.terms, signed=mark, cadence=fact.cadence, end=end)
    if terms.started is not None:
        return replace(pair, terms=terms)
    meetings = replace(pair.meetings, alive=later(pair.meetings.alive, mark))
    pair = replace(pair, terms=replace(terms, started=mark), meetings=meetings)
    return pair.active(mark, *pair.names.people)


def _after(day: date, pair: Pair) -> datetime:
    """Return the end of a calendar day (UTC) on the pair's own clock."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1) - pair.rested


def _goals(pair: Pair, heard: Heard, mark: Mark) -> Goals:
    goals, subject = pair.goals, heard.subject
    others = tuple(goal for goal in goals.dated if goal.subject != subject)
    match heard.fact:
        case facts.GoalDated(None) | facts.GoalDropped():
            return replace(goals, dated=others)
        case facts.GoalDated(date() as target):
            known = {goal.subject: goal.open for goal in goals.dated}
            is_open = known.get(subject, subject not in goals.reached)
            goal = Goal(subject, _after(target, pair), mark, is_open)
            dated = sorted((*others, goal), key=lambda one: (not one.open, one.late))
            return replace(goals, dated=tuple(dated[:GOALS]))
        case facts.GoalReopened():
            return replace(goals, dated=_opened(goals, subject, is_open=True))
        case _:
            return _reached(replace(goals, dated=_opened(goals, subject, is_open=False)), heard)


def _opened(goals: Goals, subject: str, *, is_open: bool) -> tuple[Goal, ...]:
    return tuple(replace(goal, open=is_open) if goal.subject == subject else goal for goal in goals.dated)


def _reached(goals: Goals, heard: Heard) -> Goals:
    if heard.subject in goals.reached:
        return goals
    return replace(goals, reached=(*goals.reached, heard.subject)[-REACHED:], count=goals.count + 1)


def _answered(pair: Pair, answer: facts.Answered, mark: Mark, policy: Policy) -> Pair:
    pair = pair.active(mark, answer.person)
    if answer.check_in:
        pair = pair.on_side(answer.person, lambda side: replace(side, unanswered=(), asked=None))
    if not answer.lowest or answer.person not in pair.names.people:
        return pair
    if answer.lowest >= policy.health.good_answer:
        pair = pair.relieve(mark)
    return pair.on_side(answer.person, lambda side: _rated(side, answer.lowest, mark, policy))


def _rated(side: Side, answer: int, mark: Mark, policy: Policy) -> Side:
    low = answer <= policy.health.low_answer
    fell = not low and answer <= policy.health.falling_answer and answer < side.answer
    return replace(side, answer=answer, low=mark if low else side.low, falling=mark if fell else side.falling)


def _warned(pair: Pair, fact: facts.Warned, told: datetime) -> Pair:
    again = None if fact.again is None else fact.again - pair.rested
    warned = pair.own(told) if again is None else None
    return pair.on_side(
        fact.person, lambda side: replace(side, warned=warned or side.warned, warn_again=again)
    )


def _voiced(pair: Pair, heard: Heard, mark: Mark, policy: Policy) -> Pair:
    match heard.fact:
        case facts.CheckInOpened(person):
            return pair.on_side(person, lambda side: replace(side, asked=mark))
        case facts.CheckInExpired(person):
            return pair.on_side(person, lambda side: _expired(side, mark, policy))
        case facts.FitAnswered(person, fit):
            unfit = mark if fit is facts.Fit.NO else None
            return pair.active(mark, person).on_side(person, lambda side: replace(side, unfit=unfit))
        case facts.KudosGiven(author, recipient):
            return pair.active(mark, author).on_side(recipient, _thanked)
        case _:
            return pair


def _expired(side: Side, mark: Mark, policy: Policy) -> Side:
    """Return a side whose check-in is over: unanswered since it was overdue, not only since then."""
    overdue = mark if side.asked is None else min(mark, health.overdue(side.asked, policy), key=_when)
    return replace(side, unanswered=(*side.unanswered, overdue)[-UNANSWERED:], asked=None)


def _when(mark: Mark) -> datetime:
    return mark.time


def _thanked(side: Side) -> Side:
    return replace(side, kudos=side.kudos + 1)
