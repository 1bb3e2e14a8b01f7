"""Recognitions as the processor decides them, of the pair MENTOR and MENTEE."""

from datetime import UTC, datetime
from typing import Any

from services.kernel.auth import Caller
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.recognition.domain.recognitions import Kind, Recognition

ORG = "acme"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
MENTORSHIP = "11111111-1111-4111-8111-111111111111"
GOAL = "22222222-2222-4222-8222-222222222222"
CAUSE = "33333333-3333-5333-8333-333333333333"
RULE = "goal-completed/1"
POLICY = "2026-03"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

EARNED = Recognition(MENTOR, MENTEE, MENTORSHIP, GOAL, evidence=(CAUSE,), rule=RULE, person=MENTEE)
"""For a goal, by the mentee."""

HELD = Recognition(
    MENTOR,
    MENTEE,
    MENTORSHIP,
    "",
    evidence=("meeting-event-9", CAUSE),
    rule="meetings-held/2",
    kind=Kind.MEETINGS_HELD,
    person=MENTOR,
    count=10,
    policy_version=POLICY,
)
"""For ten meetings, by the mentor."""

mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
lead = Caller(ORG, "e0100001", frozenset({"program_lead"}))
hr = Caller(ORG, "admin", frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))


def decision(org: str = ORG, *, cause: str = CAUSE) -> processor.RecognitionEarned:
    """Return the processor's decision behind EARNED, as told before there were other achievements."""
    mentorship = f"organizations/{org}/mentorships/{MENTORSHIP}"
    return processor.RecognitionEarned(
        mentorship=mentorship,
        goal=f"{mentorship}/goals/{GOAL}",
        mentor=f"organizations/{org}/people/{MENTOR}",
        mentee=f"organizations/{org}/people/{MENTEE}",
        cause_event_id=cause,
        rule=RULE,
    )


def meetings_decision(person: str = MENTOR, count: int = 10, **more: Any) -> processor.RecognitionEarned:
    """Return a decision for `person` and `count` meetings: the one behind HELD unless changed."""
    usual = {
        "mentorship": f"organizations/{ORG}/mentorships/{MENTORSHIP}",
        "mentor": f"organizations/{ORG}/people/{MENTOR}",
        "mentee": f"organizations/{ORG}/people/{MENTEE}",
        "person": f"organizations/{ORG}/people/{person}",
        "achievement": processor.ACHIEVEMENT_MEETINGS_HELD,
        "count": count,
        "cause_event_id": CAUSE,
        "evidence_event_ids": ["meeting-event-9", CAUSE],
        "rule": "meetings-held/2",
        "policy_version": POLICY,
    }
    return processor.RecognitionEarned(**{**usual, **more})
