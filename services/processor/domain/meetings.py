"""How the events of meetings change what is kept of a pair."""

from datetime import datetime

from msgspec.structs import replace

from services.processor.domain import facts
from services.processor.domain.facts import Heard
from services.processor.domain.policy import Policy
from services.processor.domain.state import BOOKED, EVIDENCE, Mark, Meetings, Outcome, Pair, later


def apply(pair: Pair, heard: Heard, mark: Mark, policy: Policy) -> Pair:
    """Return the pair after a meeting was booked, held, missed or called off."""
    start, pair = _taken(pair, heard.subject, mark)
    bad = Outcome(bad=True, mark=mark, meeting=heard.subject)
    match heard.fact:
        case facts.MeetingBooked(begins):
            return _booked(pair, heard.subject, begins)
        case facts.MeetingHeld():
            return _held(_ended(pair, Outcome(bad=False, mark=mark, meeting=heard.subject), policy), mark)
        case facts.MeetingMissed(_, absent):
            return _missed(_ended(pair, bad, policy), mark, absent)
        case facts.MeetingCancelled(person):
            late = start is not None and start - heard.time < policy.health.late_cancellation
            if person and late:  # a meeting that fell to a rest or an end was nobody's fault
                return _ended(pair, bad, policy)
            return pair
        case _:
            return pair


def _taken(pair: Pair, subject: str, mark: Mark) -> tuple[datetime | None, Pair]:
    """Return the booked start of a meeting and the pair without the booking."""
    meetings = pair.meetings
    booked = dict(meetings.booked)
    start = booked.pop(subject, None)
    meetings = replace(meetings, alive=later(meetings.alive, mark), booked=tuple(booked.items()))
    return start, replace(pair, meetings=meetings)


def _booked(pair: Pair, subject: str, begins: datetime) -> Pair:
    booked = sorted((*pair.meetings.booked, (subject, begins)), key=lambda one: one[1])[:BOOKED]
    return replace(pair, meetings=replace(pair.meetings, booked=tuple(booked)))


def _ended(pair: Pair, outcome: Outcome, policy: Policy) -> Pair:
    """Return the pair with a meeting's outcome, in the place of what was said of that meeting before."""
    others = (one for one in pair.meetings.outcomes if one.meeting != outcome.meeting)
    outcomes = (*others, outcome)[-policy.health.recent_meetings :]
    return replace(pair, meetings=replace(pair.meetings, outcomes=outcomes))


def _held(pair: Pair, mark: Mark) -> Pair:
    known = pair.meetings
    streak = known.streak + 1
    meetings = replace(
        known,
        held=known.held + 1,
        streak=streak,
        longest=max(streak, known.longest),
        met=later(known.met, mark),
        evidence=(*known.evidence, mark.event)[-EVIDENCE:],
    )
    return replace(pair, misses=0, meetings=meetings).active(mark, *pair.names.people).relieve(mark)


def _missed(pair: Pair, mark: Mark, absent: tuple[str, ...]) -> Pair:
    present = [person for person in pair.names.people if absent and person not in absent]
    meetings: Meetings = replace(pair.meetings, streak=0)
    return replace(pair, misses=pair.misses + 1, meetings=meetings).active(mark, *present)
