"""Meetings and pairs that tests start from: MENTOR and MENTEE, booked for NOON, seen from the morning."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipActivated
from services.scheduling.domain.booking import Wish, book
from services.scheduling.domain.hours import Hours, Window
from services.scheduling.domain.meetings import Meeting, Pair
from services.scheduling.domain.policy import Policy

ORG = "acme"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
LEAD = "e0100001"
PAIR_ID = "11111111-1111-4111-8111-111111111111"
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday."""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = Policy()
MINUTE = timedelta(minutes=1)

PAIR = Pair((MENTOR, MENTEE), LEAD, meeting_minutes=45)
WORKDAYS = tuple(Window(day, 9 * 60, 17 * 60) for day in range(1, 6))
UTC_HOURS = Hours("UTC", WORKDAYS)


def wish(start: datetime = NOON, minutes: int = 45) -> Wish:
    """Return a meeting asked for."""
    return Wish(PAIR_ID, start, start + minutes * MINUTE)


def booked(start: datetime = NOON, minutes: int = 45) -> Meeting:
    """Return a meeting ahead."""
    return book(PAIR, MENTEE, wish(start, minutes), MORNING, POLICY)[0]


def held() -> Meeting:
    """Return a meeting where both were."""
    return booked().check_in(PAIR_ID, MENTEE, NOON)[0].check_in(PAIR_ID, MENTOR, NOON)[0]


def missed() -> Meeting:
    """Return a meeting where nobody was."""
    return booked().fire(NOON + POLICY.grace)[0]


def cancelled() -> Meeting:
    """Return a meeting that the mentee called off."""
    return booked().cancel(PAIR_ID, MENTEE, MORNING)[0]


def activated(minutes: int = 45, org: str = ORG) -> MentorshipActivated:
    """Return what mentorships tells when both signed."""
    people = f"organizations/{org}/people"
    return MentorshipActivated(
        mentorship=f"organizations/{org}/mentorships/{PAIR_ID}",
        program=f"organizations/{org}/programs/spring",
        lead=f"{people}/{LEAD}",
        mentor=f"{people}/{MENTOR}",
        mentee=f"{people}/{MENTEE}",
        cadence=Duration(seconds=14 * 86_400),
        meeting_length=Duration(seconds=minutes * 60),
    )
