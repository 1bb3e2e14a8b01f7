"""Facts, events and whole histories of pairs, with made-up ids."""

from services.processor.domain import Fact, GoalCompleted, Heard, MeetingHeld, MeetingMissed

ORG = "organizations/weavers"
MENTOR, MENTEE, LEAD = (f"{ORG}/people/{person}" for person in ("e1", "e2", "e9"))


def mentorship(pair: str = "m1") -> str:
    return f"{ORG}/mentorships/{pair}"


def missed(meeting: str = "a", pair: str = "m1") -> MeetingMissed:
    return MeetingMissed(mentorship(pair), f"{mentorship(pair)}/meetings/{meeting}", MENTOR, MENTEE, LEAD)


def completed(goal: str = "g", pair: str = "m1") -> GoalCompleted:
    return GoalCompleted(mentorship(pair), f"{mentorship(pair)}/goals/{goal}", MENTOR, MENTEE)


def heard(fact: Fact, subject: str, sequence: int = 1, pair: str = "m1") -> Heard:
    return Heard(f"{pair}/{subject}/{sequence}", subject, sequence, fact)


def miss(meeting: str, pair: str = "m1") -> Heard:
    return heard(missed(meeting, pair), f"meetings/{meeting}", 2, pair)


def hold(meeting: str, pair: str = "m1") -> Heard:
    return heard(MeetingHeld(), f"meetings/{meeting}", 4, pair)


def reach(goal: str, pair: str = "m1") -> Heard:
    return heard(completed(goal, pair), f"goals/{goal}", 2, pair)
