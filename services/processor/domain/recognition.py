"""What people earn: for goals, meetings, streaks, thanks and a mentorship brought to its end.

Counts are of one mentorship, but for a mentor's impact and thanks received: those are told on to `people`,
who count them over all mentorships of the person. Each is recognised once: a goal reached again after it was
opened again counts no second time, a streak counts only when it is longer than every one before.
"""

from collections.abc import Iterable

from services.processor.domain import facts
from services.processor.domain.decisions import (
    Achievement,
    AchievementCounted,
    Grounds,
    RecognitionEarned,
)
from services.processor.domain.facts import Heard
from services.processor.domain.policy import Policy
from services.processor.domain.state import Pair

Earned = RecognitionEarned | AchievementCounted


def decide(before: Pair, after: Pair, heard: Heard, policy: Policy) -> Iterable[Earned]:
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


def _reached(pair: Pair, heard: Heard, goal: str, policy: Policy) -> list[Earned]:
    names, count = pair.names, pair.goals.count
    one = Grounds((heard.event,), policy.version)
    mentee = (names, heard.time, names.mentee)
    earned: list[Earned] = [RecognitionEarned(*mentee, Achievement.GOAL_COMPLETED, one, goal)]
    if count == 1:
        earned.append(RecognitionEarned(*mentee, Achievement.FIRST_GOAL, one, goal))
    if names.mentor:
        impact = Achievement.MENTOR_IMPACT
        earned.append(AchievementCounted(names, heard.time, names.mentor, impact, one, count))
    return earned


def _thanked(pair: Pair, heard: Heard, recipient: str, policy: Policy) -> list[Earned]:
    side = pair.side(recipient)
    if side is None:
        return []
    one, kudos = Grounds((heard.event,), policy.version), Achievement.KUDOS_RECEIVED
    return [AchievementCounted(pair.names, heard.time, recipient, kudos, one, side.kudos)]
