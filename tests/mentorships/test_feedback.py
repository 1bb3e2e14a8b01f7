"""Feedback: who may tell whom what about which meeting, who reads it, and what others learn of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.mentorships import store
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.domain import Mentorship, ending, feedback
from services.mentorships.domain.feedback import Feedback, FeedbackDraft, give
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.wire import feedback as wire
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from tests.fakes import Aggregates, Projection
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import (
    ID,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    STRANGER,
    active,
    agreed,
    ended,
    proposed,
)

NAME = f"organizations/{ORG}/mentorships/{ID}"
MEETING = "meeting-1"
OTHER = "22222222-2222-4222-8222-222222222222"
SAID = FeedbackDraft(rating=4, words="You listened.\nMore questions next time?")
ON_MEETING = replace(SAID, meeting=MEETING)


class World:
    """One mentorship of the pair, a meeting that was held in it, and feedback in memory."""

    def __init__(self, mentorship: Mentorship) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates(store.MENTORSHIPS, self.clock)
        self.kept = Aggregates(store.FEEDBACK, self.clock)
        self.held = Projection(PastMeeting)
        self.app = FeedbackGiving(self.kept, self.mentorships, self.held, self.clock)
        self.state = mentorship

    async def start(self) -> "World":
        await self.mentorships.create(Ref(ORG, ID), self.state, (), Cause("match"))
        await self.app.meeting_over(Ref(ORG, MEETING), PastMeeting(ID), 3)
        return self

    async def told(self, by: Caller, draft: FeedbackDraft = SAID, request: str = "r") -> str:
        """Give feedback and return its id."""
        ref, _ = await self.app.give(by, ID, draft, Cause(request))
        return ref.id


@pytest.fixture
async def world() -> World:
    return await World(active()).start()


@pytest.mark.parametrize(("author", "recipient"), [(MENTOR, MENTEE), (MENTEE, MENTOR)])
def test_both_tell_the_other_one(author: str, recipient: str) -> None:
    given, happened = give(ID, active(), author, SAID)
    assert (given.author, given.recipient, given.words) == (author, recipient, SAID.words)
    assert happened == [feedback.FeedbackGiven()]


@pytest.mark.parametrize("mentorship", [proposed(), agreed(MENTOR), ended()])
def test_who_does_not_work_together_gives_no_feedback(mentorship: Mentorship) -> None:
    with pytest.raises(Refused) as refusal:
        give(ID, mentorship, MENTOR, SAID)
    assert refusal.value.reason == "MENTORSHIP_NOT_ACTIVE"


@pytest.mark.parametrize(
    ("draft", "why", "field"),
    [
        (FeedbackDraft(), "FEEDBACK_EMPTY", "feedback.rating"),
        (FeedbackDraft(words=" \n "), "FEEDBACK_EMPTY", "feedback.rating"),
        (FeedbackDraft(rating=3, words="\x1b[31m"), "TEXT_NOT_PLAIN", "feedback.words"),
    ],
)
def test_feedback_says_something_in_plain_words(draft: FeedbackDraft, why: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        give(ID, active(), MENTOR, draft)
    assert (refusal.value.reason, [path for path, _ in refusal.value.fields]) == (why, [field])


@pytest.mark.parametrize("draft", [FeedbackDraft(rating=1), FeedbackDraft(words="Thank you")])
def test_a_rating_or_words_are_enough(draft: FeedbackDraft) -> None:
    given, _ = give(ID, active(), MENTEE, draft)
    assert (given.rating, given.words) == (draft.rating, draft.words)


def test_only_the_recipient_acknowledges_and_once() -> None:
    given, _ = give(ID, active(), MENTOR, SAID)
    with pytest.raises(Denied) as denied:
        given.acknowledge(ID, MENTOR, NOON)
    assert denied.value.reason == "NOT_THE_RECIPIENT"
    for mentorship, person in ((ID, STRANGER), (OTHER, MENTEE)):
        with pytest.raises(NotFound):
            given.acknowledge(mentorship, person, NOON)
    read, happened = given.acknowledge(ID, MENTEE, NOON)
    assert (read.acknowledge_time, happened) == (NOON, [feedback.FeedbackAcknowledged()])
    with pytest.raises(Refused) as refusal:
        read.acknowledge(ID, MENTEE, NOON)
    assert refusal.value.reason == "FEEDBACK_ACKNOWLEDGED"


async def test_one_feedback_per_author_and_meeting(world: World) -> None:
    await world.told(mentor, ON_MEETING, "r-1")
    await world.told(mentee, ON_MEETING, "r-2")
    with pytest.raises(Refused) as refusal:
        await world.told(mentor, ON_MEETING, "r-3")
    assert refusal.value.reason == "FEEDBACK_GIVEN"
    assert len(world.kept.rows) == 2


async def test_on_the_relationship_one_may_speak_again(world: World) -> None:
    assert await world.told(mentor, request="r-1") != await world.told(mentor, request="r-2")


@pytest.mark.parametrize("meeting", ["never-held", "held-elsewhere"])
async def test_a_meeting_that_the_two_did_not_hold_gets_no_feedback(world: World, meeting: str) -> None:
    await world.app.meeting_over(Ref(ORG, "held-elsewhere"), PastMeeting(OTHER), 1)
    with pytest.raises(Refused) as refusal:
        await world.told(mentor, replace(SAID, meeting=meeting))
    assert refusal.value.reason == "MEETING_NOT_HELD"


async def test_the_same_request_tells_once_even_after_the_end(world: World) -> None:
    cause = Cause("request:7", digest="body")
    ref, given = await world.app.give(mentor, ID, ON_MEETING, cause)
    await world.mentorships.change(Ref(ORG, ID), lambda state: ending.finish(state, NOON), Cause("over"))
    assert await world.app.give(mentor, ID, ON_MEETING, cause) == (ref, given)
    assert [told["type"] for told in world.kept.outbox] == ["mentoring.mentorships.v1.FeedbackGiven"]
    with pytest.raises(Invalid) as refusal:
        await world.app.give(mentor, ID, ON_MEETING, replace(cause, digest="another body"))
    assert refusal.value.reason == "REQUEST_ID_REUSED"


async def test_acknowledging_is_repeated_safely_and_minds_the_version(world: World) -> None:
    key = await world.told(mentor)
    with pytest.raises(Conflict):
        await world.app.acknowledge(mentee, (ID, key), Cause("a-0"), etag='"7"')
    first = await world.app.acknowledge(mentee, (ID, key), Cause("a-1"), etag='"1"')
    world.clock.advance(timedelta(hours=1))
    again = await world.app.acknowledge(mentee, (ID, key), Cause("a-1"), etag='"1"')
    assert (again.state, again.version) == (first.state, first.version)


async def test_the_two_read_all_and_hr_reads_ratings_only(world: World) -> None:
    key = await world.told(mentor)
    for reader in (mentor, mentee):
        assert (await world.app.get(reader, (ID, key))).state.words == SAID.words
    seen = await world.app.get(hr, (ID, key))
    assert (seen.state.rating, seen.state.words) == (4, "")
    listed = await world.app.list(hr, ID, "", Query())
    assert listed.items == [(key, seen)]


@pytest.mark.parametrize("reader", [stranger, lead, foreigner])
async def test_others_read_nothing(world: World, reader: Caller) -> None:
    key = await world.told(mentor)
    with pytest.raises(NotFound):
        await world.app.get(reader, (ID, key))
    with pytest.raises(NotFound):
        await world.app.list(reader, ID, "", Query())
    with pytest.raises(NotFound):
        await world.told(reader)


async def test_feedback_is_not_found_below_another_mentorship(world: World) -> None:
    key = await world.told(mentor)
    with pytest.raises(NotFound):
        await world.app.get(mentor, (OTHER, key))


async def test_a_list_is_narrowed_to_a_meeting(world: World) -> None:
    await world.told(mentor, request="r-1")
    about = await world.told(mentee, ON_MEETING, "r-2")
    page = await world.app.list(mentor, ID, MEETING, Query())
    assert [key for key, _ in page.items] == [about]


def stored(state: Feedback) -> Versioned[Feedback]:
    return Versioned(state, 1, NOON, NOON)


def test_events_carry_no_words() -> None:
    given, _ = give(ID, active(), MENTOR, ON_MEETING)
    outgoing = wire.feedback_outgoing(Ref(ORG, "f-1"), given, feedback.FeedbackGiven())
    assert outgoing.message == events.FeedbackGiven(
        feedback=f"{NAME}/feedback/f-1",
        mentorship=NAME,
        meeting=f"{NAME}/meetings/{MEETING}",
        author=f"organizations/{ORG}/people/{MENTOR}",
        recipient=f"organizations/{ORG}/people/{MENTEE}",
        rating=4,
    )
    assert outgoing.key == ID
    read = wire.feedback_outgoing(Ref(ORG, "f-1"), given, feedback.FeedbackAcknowledged())
    assert read.message == events.FeedbackAcknowledged(
        feedback=f"{NAME}/feedback/f-1", mentorship=NAME, person=f"organizations/{ORG}/people/{MENTEE}"
    )


def test_what_was_asked_for_is_what_is_shown() -> None:
    asked = pb.Feedback(meeting=f"{NAME}/meetings/{MEETING}", rating=2, words="Late again")
    given, _ = give(ID, active(), MENTEE, wire.draft(NAME, asked))
    shown = wire.feedback(Ref(ORG, "f-1"), stored(given))
    assert (shown.meeting, shown.rating, shown.words) == (asked.meeting, 2, "Late again")
    assert not shown.HasField("acknowledge_time")
    read, _ = given.acknowledge(ID, MENTOR, NOON)
    assert wire.feedback(Ref(ORG, "f-1"), stored(read)).acknowledge_time.ToDatetime(NOON.tzinfo) == NOON


def test_a_meeting_of_another_mentorship_is_invalid() -> None:
    with pytest.raises(Invalid) as refusal:
        wire.draft(NAME, pb.Feedback(meeting=f"organizations/{ORG}/mentorships/{OTHER}/meetings/m", rating=1))
    assert refusal.value.reason == "OTHER_MENTORSHIP"
    assert [path for path, _ in refusal.value.fields] == ["feedback.meeting"]
