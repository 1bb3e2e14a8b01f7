"""A recognition as the processor decides it, of the pair MENTOR and MENTEE."""

from datetime import UTC, datetime

from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.recognition.domain import Recognition

ORG = "acme"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
MENTORSHIP = "11111111-1111-4111-8111-111111111111"
GOAL = "22222222-2222-4222-8222-222222222222"
CAUSE = "33333333-3333-5333-8333-333333333333"
RULE = "goal-completed/1"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

EARNED = Recognition(MENTOR, MENTEE, MENTORSHIP, GOAL, evidence=(CAUSE,), rule=RULE)


def decision(org: str = ORG, *, cause: str = CAUSE) -> RecognitionEarned:
    """Return the processor's decision behind EARNED."""
    mentorship = f"organizations/{org}/mentorships/{MENTORSHIP}"
    return RecognitionEarned(
        mentorship=mentorship,
        goal=f"{mentorship}/goals/{GOAL}",
        mentor=f"organizations/{org}/people/{MENTOR}",
        mentee=f"organizations/{org}/people/{MENTEE}",
        cause_event_id=cause,
        rule=RULE,
    )
