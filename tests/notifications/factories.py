"""Messages that tests start from, to MENTEE or MENTOR of one pair or to its program's LEAD."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifications.domain.messages import (
    Attempt,
    Category,
    Content,
    Draft,
    Facts,
    Message,
    Reason,
    Verdict,
    queue,
)
from services.pb.mentoring.matching.v1.events_pb2 import MatchEnded
from services.pb.mentoring.processor.v1.events_pb2 import LeadAlertDue, RebookReminderDue
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition

ORG = "acme"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
LEAD = "e0100001"
CONTACT = "e0100123"
PAIR_ID = "11111111-1111-4111-8111-111111111111"
MESSAGE_ID = "22222222-2222-4222-8222-222222222222"
REQUEST_ID = "44444444-4444-4444-8444-444444444444"
EVENT_ID = "33333333-3333-4333-8333-333333333333"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

ACCEPTED = Attempt(Verdict.ACCEPTED)
BUSY = Attempt(Verdict.TEMPORARY, "SMTP_451")
UNKNOWN = Attempt(Verdict.PERMANENT, "SMTP_550")
CONTENT = Content("Please book", "Hello Kim")

REMINDER = Facts(PAIR_ID, MENTOR, MENTEE, meeting="meeting-1", misses_in_row=1)
ALERT = Facts(PAIR_ID, meeting="meeting-1", misses_in_row=2)
REQUEST = Facts(request=REQUEST_ID, requester=MENTEE, recipient=MENTOR)
RECOGNITION = Facts(PAIR_ID, MENTOR, MENTEE, goal="goal-1")
TEN_MEETINGS = Facts(PAIR_ID, MENTOR, MENTEE, code="MEETINGS_HELD", count=10)

_PEOPLE = "organizations/acme/people"
_MENTORSHIP = f"organizations/acme/mentorships/{PAIR_ID}"


def draft(
    person: str = MENTEE, category: Category = Category.REBOOK_REMINDER, facts: Facts = REMINDER
) -> Draft:
    """Return a message to be queued."""
    return Draft(person, category, facts)


def queued(
    person: str = MENTEE, category: Category = Category.REBOOK_REMINDER, facts: Facts = REMINDER
) -> Message:
    """Return a message that waits to be sent."""
    return queue(draft(person, category, facts), MESSAGE_ID, EVENT_ID)[0]


def delayed() -> Message:
    """Return a message after its first try failed for now."""
    return queued().settle(CONTENT, BUSY, NOON)[0]


def sent() -> Message:
    """Return a message that the mail server took."""
    return queued().settle(CONTENT, ACCEPTED, NOON)[0]


def failed() -> Message:
    """Return a message that was given up."""
    return queued().settle(CONTENT, UNKNOWN, NOON)[0]


def held() -> Message:
    """Return a message that waits for the end of quiet hours."""
    return queued().hold(CONTENT, Reason.QUIET_HOURS, NOON + timedelta(hours=8))[0]


def suppressed() -> Message:
    """Return a message that is in the inbox only."""
    return queued().suppress(CONTENT, Reason.CATEGORY_OFF)[0]


def reminder_due() -> RebookReminderDue:
    """Return what the processor tells after a missed meeting."""
    return RebookReminderDue(
        mentorship=_MENTORSHIP,
        meeting=f"{_MENTORSHIP}/meetings/meeting-1",
        mentor=f"{_PEOPLE}/{MENTOR}",
        mentee=f"{_PEOPLE}/{MENTEE}",
        misses_in_row=1,
        cause_event_id="missed-1",
        rule="rebook/1",
    )


def alert_due() -> LeadAlertDue:
    """Return what the processor tells after the second missed meeting in a row."""
    return LeadAlertDue(
        mentorship=_MENTORSHIP,
        meeting=f"{_MENTORSHIP}/meetings/meeting-1",
        lead=f"{_PEOPLE}/{LEAD}",
        misses_in_row=2,
        cause_event_id="missed-2",
        rule="lead/1",
    )


def recognition_issued() -> RecognitionIssued:
    """Return what recognition tells once a recognition is stored."""
    return RecognitionIssued(
        recognition=f"{_PEOPLE}/{MENTEE}/recognitions/recognition-1",
        mentorship=_MENTORSHIP,
        mentor=f"{_PEOPLE}/{MENTOR}",
        mentee=f"{_PEOPLE}/{MENTEE}",
        goal=f"{_MENTORSHIP}/goals/goal-1",
    )


def meetings_recognised(person: str = MENTOR) -> RecognitionIssued:
    """Return what recognition tells once ten meetings of the pair are recognised for one of the two."""
    return RecognitionIssued(
        recognition=f"{_PEOPLE}/{person}/recognitions/recognition-2",
        kind=Recognition.KIND_MEETINGS_HELD,
        mentorship=_MENTORSHIP,
        mentor=f"{_PEOPLE}/{MENTOR}",
        mentee=f"{_PEOPLE}/{MENTEE}",
        person=f"{_PEOPLE}/{person}",
        count=10,
    )


def request_news(event: type[Any], **more: Any) -> Any:
    """Return what matching tells of a request of MENTEE to MENTOR."""
    return event(
        match_request=f"organizations/acme/programs/spring/matchRequests/{REQUEST_ID}",
        program="organizations/acme/programs/spring",
        requester=f"{_PEOPLE}/{MENTEE}",
        recipient=f"{_PEOPLE}/{MENTOR}",
        **more,
    )


def match_ended() -> MatchEnded:
    """Return what matching tells when a match is over."""
    return MatchEnded(
        match="organizations/acme/programs/spring/matches/match-1",
        mentorship=_MENTORSHIP,
        mentor=f"{_PEOPLE}/{MENTOR}",
        mentee=f"{_PEOPLE}/{MENTEE}",
    )


def told(event: type[Any], **more: Any) -> Any:
    """Return an event about the pair, with those of its fields that name people and the mentorship."""
    names = {
        "mentorship": _MENTORSHIP,
        "mentor": f"{_PEOPLE}/{MENTOR}",
        "mentee": f"{_PEOPLE}/{MENTEE}",
        "person": f"{_PEOPLE}/{MENTEE}",
        "author": f"{_PEOPLE}/{MENTEE}",
        "recipient": f"{_PEOPLE}/{MENTOR}",
        "contact": f"{_PEOPLE}/{CONTACT}",
        "lead": f"{_PEOPLE}/{LEAD}",
        "enrolment": "organizations/acme/programs/spring/enrolments/enrolment-1",
    }
    fields = event.DESCRIPTOR.fields_by_name
    return event(**{name: value for name, value in names.items() if name in fields}, **more)
