"""What each event of the other services means here."""

from datetime import date, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kernel.events import Poison
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.processor import wire
from services.processor.domain import facts
from services.processor.domain.facts import Fact, Names
from tests.processor.factories import LEAD, MENTEE, MENTOR, NOON, mentorship, names
from tests.processor.records import event

PAIR: dict[str, Any] = {"mentorship": mentorship()}
BOTH: dict[str, Any] = {**PAIR, "mentor": MENTOR, "mentee": MENTEE}
ALL: dict[str, Any] = {**BOTH, "lead": LEAD}
MAY = Date(year=2026, month=5, day=31)
NOON_STAMP = Timestamp(seconds=int(NOON.timestamp()))

MEANINGS: list[tuple[Message, Fact]] = [
    (mentorships.MentorshipCreated(**ALL), facts.MentorshipCreated()),
    (
        mentorships.MentorshipActivated(**ALL, cadence=Duration(seconds=14 * 86_400), end_date=MAY),
        facts.MentorshipActivated(timedelta(days=14), date(2026, 5, 31)),
    ),
    (mentorships.MentorshipActivated(**ALL), facts.MentorshipActivated(timedelta(), None)),
    (mentorships.MentorshipExtended(**BOTH, end_date=MAY), facts.MentorshipExtended(date(2026, 5, 31))),
    (mentorships.MentorshipPaused(**BOTH), facts.MentorshipPaused()),
    (mentorships.MentorshipResumed(**BOTH), facts.MentorshipResumed()),
    (mentorships.MentorshipCompleted(**BOTH), facts.MentorshipCompleted()),
    (mentorships.MentorshipEnded(**BOTH), facts.MentorshipEnded()),
    (mentorships.GoalCreated(**PAIR, target_date=MAY), facts.GoalDated(date(2026, 5, 31))),
    (mentorships.GoalUpdated(**PAIR), facts.GoalDated(None)),
    (mentorships.GoalCompleted(**BOTH, goal="g"), facts.GoalCompleted("g")),
    (mentorships.GoalReopened(**BOTH), facts.GoalReopened()),
    (mentorships.GoalDropped(**PAIR), facts.GoalDropped()),
    (
        mentorships.CheckInAnswered(**PAIR, person=MENTEE, quality=4, progress=2, satisfaction=5),
        facts.Answered(MENTEE, 2),
    ),
    (mentorships.CheckInAnswered(**PAIR, person=MENTEE), facts.Answered(MENTEE, 0)),
    (mentorships.CheckInOpened(**PAIR, person=MENTEE, ordinal=1), facts.CheckInOpened(MENTEE)),
    (mentorships.CheckInExpired(**PAIR, person=MENTEE), facts.CheckInExpired(MENTEE)),
    (
        mentorships.FeedbackGiven(**PAIR, author=MENTOR, recipient=MENTEE, rating=3),
        facts.Answered(MENTOR, 3, check_in=False),
    ),
    *(
        (mentorships.FitAnswered(**BOTH, person=MENTEE, fit=told), facts.FitAnswered(MENTEE, fit))
        for told, fit in (
            (codes.FIT_FITS, facts.Fit.FITS),
            (codes.FIT_UNSURE, facts.Fit.UNSURE),
            (codes.FIT_NO, facts.Fit.NO),
        )
    ),
    (
        mentorships.KudosGiven(**PAIR, author=MENTEE, recipient=MENTOR),
        facts.KudosGiven(MENTEE, MENTOR),
    ),
    (scheduling.MeetingBooked(**BOTH, start_time=NOON_STAMP), facts.MeetingBooked(NOON)),
    (scheduling.MeetingRescheduled(**BOTH, start_time=NOON_STAMP), facts.MeetingBooked(NOON)),
    (scheduling.MeetingHeld(**BOTH), facts.MeetingHeld()),
    (
        scheduling.MeetingMissed(**ALL, meeting="a", absent=[MENTEE]),
        facts.MeetingMissed("a", (MENTEE,)),
    ),
    (scheduling.MeetingCancelled(**BOTH, person=MENTOR), facts.MeetingCancelled(MENTOR)),
]


@pytest.mark.parametrize(("message", "fact"), MEANINGS, ids=lambda one: type(one).__name__)
def test_each_event_has_its_meaning(message: Message, fact: Fact) -> None:
    assert wire.heard(event(message, f"{mentorship()}/x/y", 1)).fact == fact


def test_every_heard_type_is_in_the_table_above() -> None:
    assert set(wire.HEARD) == {message.DESCRIPTOR.full_name for message, _ in MEANINGS}


def test_an_event_brings_the_names_it_has() -> None:
    told = [
        scheduling.MeetingMissed(**ALL),
        scheduling.MeetingHeld(**BOTH),
        mentorships.GoalDropped(**PAIR),
    ]
    assert [wire.heard(event(message, "x", 1)).names for message in told] == [
        names(),
        Names(mentorship(), MENTOR, MENTEE),
        Names(mentorship()),
    ]


@pytest.mark.parametrize("day", [Date(year=2026), Date(year=2026, month=2, day=30), Date(month=5, day=1)])
def test_a_date_that_is_on_no_calendar_is_poison(day: Date) -> None:
    with pytest.raises(Poison, match="BAD_VALUE"):
        wire.heard(event(mentorships.GoalCreated(**PAIR, target_date=day), "x", 1))


def test_times_and_lengths_that_no_calendar_holds_are_poison() -> None:
    for message in (
        scheduling.MeetingBooked(**BOTH, start_time=Timestamp(seconds=2**60)),
        mentorships.MentorshipActivated(**ALL, cadence=Duration(seconds=2**60)),
    ):
        with pytest.raises(Poison, match="BAD_VALUE"):
            wire.heard(event(message, "x", 1))


def test_subjects_are_kept_short_and_apart() -> None:
    long = [f"goals/{number:036}" for number in range(100)]
    found = {wire.short(subject) for subject in long}
    assert (len(found), {len(subject) for subject in found}) == (100, {11})
    assert wire.short(wire.short(long[0])) == wire.short(long[0])
