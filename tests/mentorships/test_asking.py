"""Check-ins and fit questions follow what is heard of mentorships and meetings, and hide what they learn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.due import fired
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.mentorships import store
from services.mentorships.app.checkins import CheckIns, Name, plan_id
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.fit import FitQuestions
from services.mentorships.app.introductions import Introductions
from services.mentorships.domain import ending
from services.mentorships.domain.checkins import Answer, CheckInPlan, Stage, Wish
from services.mentorships.domain.fit import Fit
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.events import hear_meetings, hear_stages
from services.mentorships.wire import checkins as wire
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as told
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld
from tests.fakes import Aggregates, Projection
from tests.mentorships.callers import Everybody, foreigner, hr, lead, mentee, mentor, stranger, surveys
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, ORG, active

NAME = f"organizations/{ORG}/mentorships/{ID}"
PEOPLE = f"organizations/{ORG}/people"
GOOD = Answer(quality=4, changes=(Wish.GOALS,), words="Clearer goals, please.")
ACTIVATED = told.MentorshipActivated(
    mentorship=NAME, mentor=f"{PEOPLE}/{MENTOR}", mentee=f"{PEOPLE}/{MENTEE}", lead=f"{PEOPLE}/{LEAD}"
)
other_lead = Caller(ORG, "e0100002", frozenset({"program_lead"}))


class World:
    """An active mentorship, everything that asks about it, and the events that it hears."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates(store.MENTORSHIPS, self.clock)
        self.plans = Aggregates(store.CHECK_INS, self.clock)
        self.questions = Aggregates(store.FIT_QUESTIONS, self.clock)
        self.surveys = surveys(self.clock)
        self.check_ins = CheckIns(self.plans, self.mentorships, self.surveys, self.clock)
        self.fit = FitQuestions(self.questions, self.mentorships)
        kept = Aggregates(store.FEEDBACK, self.clock)
        feedback = FeedbackGiving(kept, self.mentorships, Projection(PastMeeting), self.clock)
        self.handlers = Handlers()
        hear_meetings(self.handlers, feedback, self.fit)
        kept_introductions = Aggregates(store.INTRODUCTIONS, self.clock)
        introductions = Introductions(kept_introductions, self.mentorships, Everybody(), self.clock)
        hear_stages(self.handlers, self.check_ins, introductions)

    async def hear(self, message: Message, event_id: str, tenant: str = ORG) -> None:
        kind = message.DESCRIPTOR.full_name
        about: dict[str, Any] = {"id": event_id, "type": kind, "subject": NAME, "sequence": 1}
        event = Event(**about, tenant=tenant, time=self.clock.now(), key=ID, message=message)
        await self.handlers.handle(event)

    async def meet(self, meeting: str) -> None:
        held = MeetingHeld(meeting=f"{NAME}/meetings/{meeting}", mentorship=NAME)
        await self.hear(held, f"held-{meeting}")

    def pass_days(self, days: int) -> None:
        """Let time pass and all timers fire that are due by then."""
        now = self.clock.advance(timedelta(days=days))
        for row in list(self.plans.rows.values()):
            if "due_at" in row and row["due_at"] <= now:
                self.plans.save(fired(store.CHECK_INS, self.plans.documents, row, now))

    def told(self) -> list[str]:
        """Return what was told of check-ins, but for when they are scheduled."""
        kinds = [event["type"].rpartition(".")[2] for event in self.plans.outbox]
        return [kind for kind in kinds if kind != "CheckInsScheduled"]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.mentorships.create(Ref(ORG, ID), active(), (), Cause("match"))
    await world.hear(ACTIVATED, "activated")
    return world


def name(person: str = MENTEE, ordinal: int = 1) -> Name:
    return Name(ID, plan_id(ORG, ID, person), ordinal)


def test_it_listens_to_meetings_and_to_its_own_mentorships() -> None:
    assert World().handlers.topics == ("mentoring.mentorships.v1", "mentoring.scheduling.v1")


async def test_both_are_asked_once_however_often_activation_is_told(world: World) -> None:
    await world.hear(ACTIVATED, "activated")
    world.clock.advance(timedelta(days=10))
    await world.hear(ACTIVATED, "amended")
    world.pass_days(20)
    assert world.told() == ["CheckInOpened"] * 2
    world.pass_days(14)
    assert world.told() == ["CheckInOpened"] * 2 + ["CheckInExpired"] * 2


async def test_check_ins_rest_with_the_mentorship(world: World) -> None:
    paused, resumed = told.MentorshipPaused(mentorship=NAME), told.MentorshipResumed(mentorship=NAME)
    await world.hear(paused, "paused")
    world.pass_days(40)
    assert world.told() == []
    await world.hear(resumed, "resumed")
    world.pass_days(29)
    assert world.told() == []
    world.pass_days(1)
    assert world.told() == ["CheckInOpened"] * 2
    await world.hear(paused, "paused")
    assert all(plan.state.moves for _, (plan, _) in await world.check_ins.list(hr, ID)), "an old event, again"


@pytest.mark.parametrize(
    "end", [told.MentorshipCompleted(mentorship=NAME), told.MentorshipEnded(mentorship=NAME)]
)
async def test_nobody_is_asked_after_the_end(world: World, end: Message) -> None:
    world.pass_days(30)
    await world.hear(end, "over")
    world.pass_days(300)
    assert world.told() == ["CheckInOpened"] * 2
    with pytest.raises(Refused) as refusal:
        await world.check_ins.answer(mentee, name(), GOOD, Cause("a"), etag="")
    assert refusal.value.reason == "CHECK_IN_CLOSED"


async def test_stages_of_a_mentorship_that_nobody_planned_for_are_let_pass(world: World) -> None:
    await world.hear(told.MentorshipPaused(mentorship=f"{NAME}-old"), "old")


async def test_another_organization_asks_nobody(world: World) -> None:
    with pytest.raises(Invalid):
        await world.hear(ACTIVATED, "foreign", tenant="globex")


async def test_an_answer_is_repeated_safely_and_minds_the_version(world: World) -> None:
    world.pass_days(30)
    seen, _ = await world.check_ins.get(mentee, name())
    with pytest.raises(Conflict):
        await world.check_ins.answer(mentee, name(), GOOD, Cause("a-0"), etag='"1"')
    first, _ = await world.check_ins.answer(mentee, name(), GOOD, Cause("a-1"), etag=seen.etag)
    again, _ = await world.check_ins.answer(mentee, name(), GOOD, Cause("a-1"), etag=seen.etag)
    assert (again.state, again.version) == (first.state, first.version)
    assert world.told().count("CheckInAnswered") == 1


async def test_the_other_one_does_not_see_an_answer_and_overseers_no_words(world: World) -> None:
    world.pass_days(30)
    await world.check_ins.answer(mentee, name(), GOOD, Cause("a"), etag="")
    assert _answers(await world.check_ins.get(mentee, name())) == [GOOD]
    assert [_answers(plan) for _, plan in await world.check_ins.list(mentor, ID)] == [[None]]
    for reader in (lead, hr):
        listed = [_answers(plan) for _, plan in await world.check_ins.list(reader, ID)]
        assert sorted(listed, key=str) == [[replace(GOOD, words="")], [None]]
    for reader in (mentor, stranger, foreigner, other_lead):
        with pytest.raises(NotFound):
            await world.check_ins.get(reader, name())
    for reader in (stranger, foreigner, other_lead):
        with pytest.raises(NotFound):
            await world.check_ins.list(reader, ID)


@pytest.mark.parametrize(
    "wrong", [replace(name(), mentorship="another"), name(ordinal=2), Name(ID, "none", 1)]
)
async def test_check_ins_are_found_under_their_own_name_only(world: World, wrong: Name) -> None:
    world.pass_days(30)
    with pytest.raises(NotFound):
        await world.check_ins.get(mentee, wrong)
    with pytest.raises(NotFound):
        await world.check_ins.answer(mentee, wrong, GOOD, Cause("a"), etag="")


async def test_events_of_check_ins_carry_ratings_and_no_words(world: World) -> None:
    world.pass_days(30)
    stored = await world.check_ins.answer(mentee, name(), GOOD, Cause("a"), etag="")
    ref = Ref(ORG, name().plan)
    said = told.CheckInAnswered.FromString(world.plans.rows[ref.key]["outbox"][-1]["value"])
    assert said == told.CheckInAnswered(
        check_in=f"{NAME}/checkIns/{ref.id}.1",
        mentorship=NAME,
        person=f"{PEOPLE}/{MENTEE}",
        quality=4,
        changes=[codes.CHANGE_WISH_GOALS],
    )
    opened = told.CheckInOpened.FromString(world.plans.rows[ref.key]["outbox"][1]["value"])
    assert (opened.ordinal, opened.expire_time.ToDatetime(NOON.tzinfo)) == (1, NOON + timedelta(days=44))
    shown = wire.check_in(ref, stored, 1)
    assert (shown.state, shown.amendment_suggested) == (pb.CheckIn.STATE_ANSWERED, True)
    assert wire.answer(shown.answer) == GOOD


@pytest.mark.parametrize("check_in", ["plan", "plan.", ".1", "plan.x", "plan.1234567890"])
def test_an_id_that_no_check_in_has_is_not_found(check_in: str) -> None:
    with pytest.raises(NotFound):
        wire.check_in_path(f"{NAME}/checkIns/{check_in}")


async def test_both_are_asked_after_their_first_meeting_only(world: World) -> None:
    for meeting in ("m-1", "m-1", "m-2"):
        await world.meet(meeting)
    assert [one["type"].rpartition(".")[2] for one in world.questions.outbox] == ["FitQuestionOpened"] * 2


async def test_a_no_is_told_and_ends_nothing_and_the_other_one_never_learns(world: World) -> None:
    await world.meet("m-1")
    said = (Fit.NO, "We have nothing to say to each other.")
    await world.fit.answer(mentee, (ID, MENTEE), said, Cause("a"), etag="")
    answered = told.FitAnswered.FromString(world.questions.outbox[-1]["value"])
    assert answered == told.FitAnswered(
        mentorship=NAME,
        person=f"{PEOPLE}/{MENTEE}",
        mentor=f"{PEOPLE}/{MENTOR}",
        mentee=f"{PEOPLE}/{MENTEE}",
        fit=codes.FIT_NO,
    )
    assert (await world.mentorships.get(Ref(ORG, ID))).state == active()
    assert (await world.fit.get(mentee, ID, MENTEE)).state.words == said[1]
    assert (await world.fit.get(mentor, ID, MENTOR)).state.fit is None
    for reader in (lead, hr):
        seen = (await world.fit.get(reader, ID, MENTEE)).state
        assert (seen.fit, seen.words) == (Fit.NO, "")
    for reader in (mentor, stranger, foreigner, other_lead):
        with pytest.raises(NotFound):
            await world.fit.get(reader, ID, MENTEE)


async def test_only_who_was_unsure_answers_again(world: World) -> None:
    await world.meet("m-1")
    for number, fit in enumerate((Fit.UNSURE, Fit.FITS)):
        await world.fit.answer(mentor, (ID, MENTOR), (fit, ""), Cause(f"a-{number}"), etag="")
    repeated = await world.fit.answer(mentor, (ID, MENTOR), (Fit.FITS, ""), Cause("a-1"), etag="")
    assert repeated.state.fit is Fit.FITS
    with pytest.raises(Refused) as refusal:
        await world.fit.answer(mentor, (ID, MENTOR), (Fit.NO, ""), Cause("a-2"), etag="")
    assert refusal.value.reason == "FIT_ANSWERED"


async def test_nobody_answers_for_the_other_one(world: World) -> None:
    await world.meet("m-1")
    with pytest.raises(NotFound):
        await world.fit.answer(mentor, (ID, MENTEE), (Fit.FITS, ""), Cause("a"), etag="")


async def test_a_meeting_told_after_the_end_asks_nobody(world: World) -> None:
    await world.mentorships.change(Ref(ORG, ID), lambda state: ending.finish(state, NOON), Cause("over"))
    await world.meet("m-1")
    assert world.questions.rows == {}


def _answers(seen: Any) -> list[Answer | None]:
    state: CheckInPlan = seen[0].state
    assert all(one.stage is not Stage.EXPIRED for one in state.check_ins)
    return [one.answer for one in state.check_ins]
