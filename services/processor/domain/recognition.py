"""What people earn: for goals, meetings, streaks, thanks and a mentorship brought to its end.

Counts are of one mentorship. Each is recognised once: a goal reached again after it was opened again counts
no second time, a streak counts only when it is longer than every one before.
"""

from collections.abc import Iterable

from services.processor.domain import facts
from services.processor.domain.decisions import Achievement, Grounds, RecognitionEarned
from services.processor.domain.facts import Heard
from services.processor.domain.policy import Policy
from services.processor.domain.state import Pair


def decide(before: Pair, after: Pair, heard: Heard, policy: Policy) -> Iterable[RecognitionEarned]:
    """Return what an event earned, by what it changed."""
    match heard.fact:
        case facts.MeetingHeld():
            return _met(before, after, heard, policy)
        case facts.GoalCompleted(goal) if after.goals.count > before.goals.count:
            return _reached(after, heard, goal, policy)
        case facts.KudosGiven(_, recipient):
            return _thanked(after, heard, recipient, policy)
        case facts.MentorshipCompleted() if not before.over:
            earned = Achievement.MENTORSHIP_COMPLETED
            grounds = Grounds((heard.event,), policy.version)
            return [
                RecognitionEarned(after.names, heard.time, person, earned, grounds)
                for person in after.names.people
            ]
        case _:
            return []


def _met(before: Pair, after: Pair, heard: Heard, policy: Policy) -> list[RecognitionEarned]:
    rules, meetings = policy.recognition, after.meetings
    earned: list[tuple[Achievement, int]] = []
    if meetings.held in rules.meetings:
        earned.append((Achievement.MEETINGS_HELD, meetings.held))
    if meetings.longest > before.meetings.longest and meetings.longest in rules.streaks:
        earned.append((Achievement.STREAK, meetings.longest))
    return [
        RecognitionEarned(
            after.names,
            heard.time,
            person,
            achievement,
            Grounds(meetings.evidence[-count:], policy.version),
            count=count,
        )
        for achievement, count in earned
        for person in after.names.people
    ]


def _reached(pair: Pair, heard: Heard, goal: str, policy: Policy) -> list[RecognitionEarned]:
    names, goals = pair.names, pair.goals
    one = Grounds((heard.event,), policy.version)
    mentee = (names, heard.time, names.mentee)
    earned = [RecognitionEarned(*mentee, Achievement.GOAL_COMPLETED, one, goal)]
    if goals.count == 1:
        earned.append(RecognitionEarned(*mentee, Achievement.FIRST_GOAL, one, goal))
    if goals.count in policy.recognition.impact:
        grounds = Grounds(goals.evidence[-goals.count :], policy.version)
        mentor = (names, heard.time, names.mentor)
        impact = Achievement.MENTOR_IMPACT
        earned.append(RecognitionEarned(*mentor, impact, grounds, count=goals.count))
    return earned


def _thanked(pair: Pair, heard: Heard, recipient: str, policy: Policy) -> list[RecognitionEarned]:
    side = pair.side(recipient)
    if side is None or side.kudos not in policy.recognition.kudos:
        return []
    grounds = Grounds(side.evidence[-side.kudos :], policy.version)
    kudos = Achievement.KUDOS_RECEIVED
    return [RecognitionEarned(pair.names, heard.time, recipient, kudos, grounds, count=side.kudos)]
