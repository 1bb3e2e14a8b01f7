"""What notifications makes of the events it hears: from a decision to a mail."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message as Proto

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, NotFound
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.notifications import store
from services.notifications.app.chats import Chats
from services.notifications.app.choices import Choices
from services.notifications.app.ports import Invitation, Mail, Person
from services.notifications.app.post import Post
from services.notifications.app.templates import Templates
from services.notifications.app.turns import Turns
from services.notifications.app.workflows import Workflows
from services.notifications.app.writing import Writer
from services.notifications.domain.messages import Attempt, Message
from services.notifications.events import hear
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.notifications.v1.events_pb2 import MessageQueued
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from tests.fakes import Aggregates
from tests.notifications.factories import (
    ACCEPTED,
    CONTACT,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    PAIR_ID,
    alert_due,
    match_ended,
    meetings_recognised,
    recognition_issued,
    reminder_due,
    request_news,
    told,
)
from tests.notifications.world import Chatroom

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


MEETING = f"organizations/{ORG}/mentorships/{PAIR_ID}/meetings/meeting-1"


class Everybody:
    """People named by their ids, a mail server that takes everything."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def find(self, _tenant: str, person: str) -> Person | None:
        return Person(person, person, f"{person}@acme.example", employed=True)

    async def send(self, mail: Mail) -> Attempt:
        self.mails.append(mail)
        return ACCEPTED


class Invitations:
    """What scheduling knows: one meeting."""

    def __init__(self) -> None:
        self.whole: list[bool] = []

    async def find(self, _tenant: str, message: Message, *, whole: bool = False) -> Invitation | None:
        self.whole.append(whole)
        about, known = message.facts, message.facts.meeting == "meeting-1"
        return Invitation("REQUEST", about.mentorship or about.group) if known else None


class World:
    """What notifications keeps, and its ears."""

    def __init__(self) -> None:
        self.clock = clock = FixedClock(NOON)
        self.everybody = Everybody()
        self.invitations = Invitations()
        self.kept: Aggregates[Message] = Aggregates(store.MESSAGES, clock)
        preferences = Aggregates(store.PREFERENCES, clock)
        self.handlers = Handlers()
        chats = Chats(Aggregates(store.CHATS, clock), Chatroom(), None, private=False)
        chosen = Choices(preferences), chats, Workflows(Aggregates(store.WORKFLOWS, clock))
        templates = Templates(Aggregates(store.TEMPLATES, clock))
        writer = Writer(self.everybody, templates, invitations=self.invitations)
        hear(
            self.handlers,
            Post(self.kept, Turns(self.kept, chosen, clock), writer, self.everybody, clock),
        )

    async def hear(self, message: Proto, event_id: str = "event-1", tenant: str = ORG) -> None:
        event: Event[Any] = Event(
            id=event_id,
            type=message.DESCRIPTOR.full_name,
            subject="organizations/acme/tests/1",
            sequence=1,
            tenant=tenant,
            time=NOON,
            key=PAIR_ID,
            trace=TRACE,
            message=message,
        )
        await self.handlers.handle(event)

    async def hear_own(self) -> None:
        """Hear the own MessageQueued events, as the relay publishes them."""
        for out in self.kept.outbox:
            if out["type"].endswith(".MessageQueued"):
                await self.hear(MessageQueued.FromString(out["value"]), out["id"])

    async def an_hour_later(self) -> None:
        """Let the timers of what is gathered or delayed come."""
        self.clock.advance(timedelta(hours=1))
        for row in list(self.kept.rows.values()):
            ref = Ref(row["tenant_id"], row["id"])
            await self.kept.change(ref, lambda state: state.fire(self.clock.now()), Cause("due"))
        await self.hear_own()


@pytest.fixture
def world() -> World:
    return World()


def test_matching_decisions_recognitions_and_its_own_queue_are_listened_to(world: World) -> None:
    assert world.handlers.topics == (
        "mentoring.matching.v1",
        "mentoring.mentorships.v1",
        "mentoring.notifications.v1",
        "mentoring.processor.v1",
        "mentoring.recognition.v1",
        "mentoring.scheduling.v1",
    )


@pytest.mark.parametrize(
    ("message", "people"),
    [
        (reminder_due(), [MENTOR, MENTEE]),
        (alert_due(), [LEAD]),
        (recognition_issued(), [MENTOR, MENTEE]),
        (meetings_recognised(), [MENTOR]),
    ],
)
async def test_each_event_becomes_one_mail_per_person_however_often_anything_is_told(
    world: World, message: Proto, people: list[str]
) -> None:
    for _ in range(2):
        await world.hear(message)
        await world.hear_own()
    assert [mail.to.greeting for mail in world.everybody.mails] == people
    assert {mail.cause for mail in world.everybody.mails} == {"event-1"}
    assert {out["trace"] for out in world.kept.outbox} == {TRACE}


async def test_two_events_about_the_same_pair_become_two_mails_each(world: World) -> None:
    await world.hear(reminder_due(), "event-1")
    await world.hear(reminder_due(), "event-2")
    await world.hear_own()
    assert len({mail.message_id for mail in world.everybody.mails}) == 4


@pytest.mark.parametrize(
    ("event", "category", "people"),
    [
        (matching.MatchRequested, "MATCH_REQUESTED", [MENTOR]),
        (matching.MatchRequestReminded, "MATCH_REQUEST_REMINDER", [MENTOR]),
        (matching.MatchRequestMoreAsked, "MATCH_REQUEST_QUESTION", [MENTEE]),
        (matching.MatchRequestAnswered, "MATCH_REQUEST_ANSWER", [MENTOR]),
        (matching.MatchRequestMatched, "MATCH_REQUEST_MATCHED", [MENTEE, MENTOR]),
        (matching.MatchRequestDeclined, "MATCH_REQUEST_DECLINED", [MENTEE]),
        (matching.MatchRequestExpired, "MATCH_REQUEST_EXPIRED", [MENTEE]),
        (matching.MatchRequestClosed, "MATCH_REQUEST_CLOSED", [MENTEE]),
        (matching.MatchRequestPromoted, "MATCH_REQUEST_PROMOTED", [MENTOR]),
    ],
)
async def test_whoever_a_request_waits_for_or_concerns_is_told_once(
    world: World, event: type[Proto], category: str, people: list[str]
) -> None:
    for _ in range(2):
        await world.hear(request_news(event))
        await world.hear_own()
    assert [mail.to.greeting for mail in world.everybody.mails] == people
    others = {MENTOR: MENTEE, MENTEE: MENTOR}
    assert all(others[mail.to.greeting] in mail.content.subject for mail in world.everybody.mails)
    assert {row["state"]["category"] for row in world.kept.rows.values()} == {category}
    assert sorted({out["key"] for out in world.kept.outbox}) == sorted(people)


@pytest.mark.parametrize("event", [matching.MatchRequestAccepted, matching.MatchRequestWithdrawn])
async def test_what_leads_to_other_news_or_concerns_nobody_is_not_heard(
    world: World, event: type[Proto]
) -> None:
    assert event.DESCRIPTOR.full_name not in world.handlers.types


@pytest.mark.parametrize(
    ("event", "category", "people"),
    [
        (told(matching.EnrolmentRequested), "ENROLMENT_REQUESTED", [LEAD]),
        (told(mentorships.AgreementProposed), "AGREEMENT_PROPOSED", [MENTOR]),
        (told(mentorships.MentorshipPaused), "MENTORSHIP_PAUSED", [MENTOR, MENTEE]),
        (told(mentorships.MentorshipResumed), "MENTORSHIP_RESUMED", [MENTOR, MENTEE]),
        (told(mentorships.ExtensionProposed), "EXTENSION_PROPOSED", [MENTOR]),
        (told(mentorships.ClosingProposed), "CLOSING_PROPOSED", [MENTOR]),
        (told(mentorships.MentorshipEndNear), "END_NEAR", [MENTOR, MENTEE]),
        (told(mentorships.MentorshipCompleted), "MENTORSHIP_COMPLETED", [MENTOR, MENTEE]),
        (told(mentorships.MentorshipEnded), "MATCH_ENDED", [MENTOR, MENTEE]),
        (told(mentorships.CheckInOpened), "CHECK_IN", [MENTEE]),
        (told(mentorships.FitQuestionOpened), "FIT_QUESTION", [MENTEE]),
        (told(mentorships.FeedbackGiven), "FEEDBACK", [MENTOR]),
        (told(mentorships.KudosGiven), "KUDOS", [MENTOR]),
        (told(mentorships.IntroductionProposed), "INTRODUCTION_PROPOSED", [MENTEE]),
        (told(mentorships.IntroductionOffered), "INTRODUCTION_PROPOSED", [CONTACT]),
        (told(mentorships.IntroductionMade), "INTRODUCTION_MADE", [MENTOR, MENTEE, CONTACT]),
        (told(processor.NudgeDue, step=processor.LADDER_STEP_NUDGE), "NUDGE", [MENTEE]),
        (told(processor.NudgeDue, step=processor.LADDER_STEP_NUDGE_AGAIN), "NUDGE", [MENTEE]),
        (told(processor.NudgeDue, step=processor.LADDER_STEP_WARN), "ENDING_WARNING", [MENTEE]),
        (told(processor.LeadEscalationDue), "LEAD_ESCALATION", [LEAD]),
        (told(scheduling.MeetingReminderDue), "MEETING_REMINDER", [MENTOR, MENTEE]),
        (told(scheduling.MeetingProposed), "MEETING_PROPOSED", [MENTOR]),
        (told(scheduling.MeetingBooked), "MEETING_BOOKED", [MENTOR, MENTEE]),
        (told(scheduling.SeriesBooked), "MEETING_BOOKED", [MENTOR, MENTEE]),
        (told(scheduling.MeetingRescheduled), "MEETING_MOVED", [MENTOR, MENTEE]),
        (told(scheduling.MeetingCancelled), "MEETING_CANCELLED", [MENTOR, MENTEE]),
        (told(scheduling.MeetingClaimed), "MEETING_CLAIMED", [MENTOR]),
    ],
)
async def test_what_happens_to_a_pair_is_told_once_to_those_it_concerns(
    world: World, event: Proto, category: str, people: list[str]
) -> None:
    """What one of the two did themselves is told to the other only, unless it changes calendars."""
    for _ in range(2):
        await world.hear(event)
        await world.hear_own()
    await world.an_hour_later()
    assert [mail.to.greeting for mail in world.everybody.mails] == people
    assert {row["state"]["category"] for row in world.kept.rows.values()} == {category}
    with pytest.raises(Invalid, match="FOREIGN_ORGANIZATION"):
        await world.hear(event, tenant="globex")


@pytest.mark.parametrize(
    ("asking", "asked"),
    [(MENTEE, MENTOR), (MENTOR, MENTEE), (CONTACT, MENTOR)],
    ids=["mentee", "mentor", "guest"],
)
async def test_who_asks_for_another_time_is_heard_by_the_other_one(
    world: World, asking: str, asked: str
) -> None:
    """What a guest wants is told to the mentor."""
    person = f"organizations/{ORG}/people/{asking}"
    status = codes.ANSWER_STATUS_COUNTERED
    counter = told(scheduling.MeetingAnswered, meeting=MEETING, status=status)
    counter.person = person
    counter.proposed_start_time.FromDatetime(NOON)
    await world.hear(counter)
    await world.hear_own()
    await world.an_hour_later()
    [mail] = world.everybody.mails
    assert (mail.to.greeting, asking in mail.content.subject) == (asked, True)
    assert "March 2, 2026" in mail.content.text
    assert "please move the meeting" in mail.content.text


async def test_a_time_that_is_held_is_accepted_rather_than_looked_for(world: World) -> None:
    status = codes.ANSWER_STATUS_COUNTERED
    counter = told(scheduling.MeetingAnswered, meeting=MEETING, status=status)
    counter.proposed_start_time.FromDatetime(NOON)
    counter.hold_expire_time.FromDatetime(NOON)
    await world.hear(counter)
    await world.hear_own()
    await world.an_hour_later()
    [mail] = world.everybody.mails
    assert "held for you both" in mail.content.text
    assert "please move" not in mail.content.text


async def test_other_answers_of_calendars_are_shown_with_the_meeting_and_told_to_nobody(world: World) -> None:
    await world.hear(told(scheduling.MeetingAnswered, status=codes.ANSWER_STATUS_ACCEPTED))
    assert world.kept.rows == {}


async def test_everybody_of_a_meeting_gets_its_invitation_and_reads_whose_doing_it_was(world: World) -> None:
    guest = f"organizations/{ORG}/people/{CONTACT}"
    for place, event in enumerate((scheduling.MeetingBooked, scheduling.MeetingRescheduled)):
        await world.hear(told(event, meeting=MEETING, guests=[guest]), f"event-{place}")
    await world.hear_own()
    assert [mail.content.subject for mail in world.everybody.mails] == [
        f"Your mentoring meeting with {MENTEE} is booked",
        f"Your mentoring meeting with {MENTOR} is booked",
        f"Your mentoring meeting with {MENTOR} is booked",
        f"{MENTEE} moved your mentoring meeting",
        f"You moved your mentoring meeting with {MENTOR}",
        f"{MENTEE} moved your mentoring meeting",
    ]
    assert {mail.invitation for mail in world.everybody.mails} == {Invitation("REQUEST", PAIR_ID)}
    assert world.invitations.whole == [True] * 3 + [False] * 3


async def test_a_meeting_that_the_platform_called_off_is_taken_out_of_calendars(world: World) -> None:
    off = told(scheduling.MeetingCancelled, meeting=MEETING)
    off.ClearField("person")
    await world.hear(off)
    await world.hear_own()
    subjects = [mail.content.subject for mail in world.everybody.mails]
    assert subjects == [
        f"Your mentoring meeting with {other} does not take place" for other in (MENTEE, MENTOR)
    ]
    assert all(mail.invitation for mail in world.everybody.mails)


async def test_meetings_of_a_series_are_told_of_as_one(world: World) -> None:
    await world.hear(told(scheduling.MeetingBooked, meeting=MEETING, series="series-1"))
    assert world.kept.rows == {}


async def test_a_reminder_changes_no_calendar(world: World) -> None:
    await world.hear(told(scheduling.MeetingReminderDue, meeting=MEETING))
    await world.hear_own()
    assert {mail.invitation for mail in world.everybody.mails} == {None}


async def test_an_end_within_a_program_is_told_when_its_match_ends(world: World) -> None:
    """Or people would get two mails about the same end."""
    await world.hear(told(mentorships.MentorshipEnded, program="organizations/acme/programs/spring"))
    assert world.kept.rows == {}


async def test_a_pair_that_has_not_met_yet_is_asked_for_its_first_meeting(world: World) -> None:
    await world.hear(
        told(
            processor.NudgeDue,
            step=processor.LADDER_STEP_NUDGE,
            reasons=[processor.REASON_NO_FIRST_MEETING, processor.REASON_GAP],
        )
    )
    await world.hear_own()
    assert [mail.content.subject for mail in world.everybody.mails] == [
        f"Time for a first meeting with {MENTOR}"
    ]


async def test_both_learn_that_their_match_is_over(world: World) -> None:
    await world.hear(match_ended())
    await world.hear_own()
    assert [mail.to.greeting for mail in world.everybody.mails] == [MENTOR, MENTEE]


@pytest.mark.parametrize(
    "message",
    [
        reminder_due(),
        alert_due(),
        recognition_issued(),
        request_news(matching.MatchRequested),
        match_ended(),
    ],
)
async def test_what_names_another_organization_is_poison(world: World, message: Proto) -> None:
    with pytest.raises(Invalid, match="FOREIGN_ORGANIZATION"):
        await world.hear(message, tenant="globex")
    assert world.kept.rows == {}


async def test_a_queued_message_that_nobody_kept_is_poison(world: World) -> None:
    with pytest.raises(NotFound):
        await world.hear(MessageQueued(message=f"organizations/{ORG}/people/{MENTEE}/messages/none"))
