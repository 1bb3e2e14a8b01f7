"""What recognition makes of the processor's decisions."""

import pytest
from msgspec.structs import replace

from services.kernel.errors import Invalid, Refused
from services.kernel.events import Event, Handlers
from services.kernel.ids import derived_id
from services.kernel.mongo import Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import GroupGoalCompleted
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.pb.mentoring.recognition.v1.events_pb2 import BadgeAwarded, RecognitionIssued
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition as Told
from services.processor.domain.decisions import Achievement, Grounds
from services.processor.domain.decisions import RecognitionEarned as Earned
from services.processor.domain.facts import Names
from services.processor.wire import decisions
from services.recognition.domain.badges import Badge, Words
from services.recognition.domain.recognitions import Kind, Recognition
from services.recognition.events import hear
from services.recognition.wire import recognitions as wire
from tests.fakes import Aggregates
from tests.recognition.factories import (
    EARNED,
    MENTEE,
    MENTOR,
    MENTORSHIP,
    NOON,
    ORG,
    STRANGER,
    decision,
    hr,
    mentee,
    stranger,
)
from tests.recognition.world import World

ID = "55555555-5555-5555-8555-555555555555"
EVENT = Event(
    id=ID,
    type="mentoring.processor.v1.RecognitionEarned",
    subject=f"organizations/{ORG}/mentorships/{MENTORSHIP}/decisions/{ID}",
    sequence=1,
    tenant=ORG,
    time=NOON,
    trace=None,
    key=MENTORSHIP,
    message=decision(),
)

PEOPLE = f"organizations/{ORG}/people"
GROUP = f"organizations/{ORG}/groups/circle"
REACHED = GroupGoalCompleted(
    group=GROUP,
    person=f"{PEOPLE}/{MENTOR}",
    group_goal=f"{GROUP}/goals/1",
    members=[f"{PEOPLE}/{one}" for one in (MENTEE, STRANGER, "e1")],
)
GROUP_EVENT = replace(
    EVENT, type="mentoring.mentorships.v1.GroupGoalCompleted", subject=GROUP, key="circle", message=REACHED
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def kept(world: World) -> Aggregates[Recognition]:
    return world.kept


@pytest.fixture
def handlers(world: World) -> Handlers:
    handlers = Handlers()
    hear(handlers, world.recognitions)
    return handlers


def test_the_processor_and_groups_are_listened_to(handlers: Handlers) -> None:
    assert handlers.topics == ("mentoring.mentorships.v1", "mentoring.processor.v1")


async def test_a_goal_of_a_group_is_one_recognition_of_each_member_however_often_it_is_told(
    world: World, handlers: Handlers, kept: Aggregates[Recognition]
) -> None:
    await world.opt_out(stranger)
    for _ in range(2):
        await handlers.handle(GROUP_EVENT)
    issued = {row["state"]["person"]: row["state"] for row in kept.rows.values()}
    assert set(issued) == {MENTEE, "e1"}, "who opted out earns nothing"
    told = [RecognitionIssued.FromString(event["value"]) for event in kept.outbox]
    assert sorted(one.person for one in told) == sorted(f"{PEOPLE}/{one}" for one in issued)
    assert {(one.kind, one.group, one.goal, one.mentorship, one.mentor) for one in told} == {
        (Told.KIND_GOAL_COMPLETED, GROUP, f"{GROUP}/goals/1", "", f"{PEOPLE}/{MENTOR}")
    }
    assert {event["key"] for event in kept.outbox} == {"circle"}
    ref = Ref(ORG, derived_id(ID, "recognition", MENTEE))
    shown = wire.recognition(ref, await world.recognitions.get(mentee, MENTEE, ref.id))
    assert (shown.group, shown.goal, shown.mentorship) == (GROUP, f"{GROUP}/goals/1", "")
    assert list(shown.evidence_event_ids) == [ID]


async def test_a_badge_for_goals_is_held_once_over_all_groups(world: World, handlers: Handlers) -> None:
    words = Words("Goal getter", "Reached a goal.", "A goal of a mentorship or a group.")
    await world.badges.create(hr, "goal-getter", Badge(words, Kind.GOAL_COMPLETED), world.cause())
    for number in (1, 2):
        told = GroupGoalCompleted()
        told.CopyFrom(REACHED)
        told.group_goal = f"{GROUP}-{number}/goals/{number}"
        told.group = f"{GROUP}-{number}"
        await handlers.handle(replace(GROUP_EVENT, id=f"reached-{number}", message=told))
    key, award = await world.award_of("goal-getter", MENTEE)
    assert await world.held(mentee, MENTEE) == ["goal-getter:HELD"]
    assert (award.evidence, award.mentorship) == (("reached-1",), "")
    (news,) = [one for one in world.kept_awards.outbox if MENTEE in one["subject"]]
    assert news["key"] == key, "there is no mentorship to keep it in order with"
    assert BadgeAwarded.FromString(news["value"]).mentorship == ""


@pytest.mark.parametrize("field", ["group", "group_goal", "person"])
async def test_a_goal_of_a_group_with_a_malformed_name_is_poison(handlers: Handlers, field: str) -> None:
    told = GroupGoalCompleted()
    told.CopyFrom(REACHED)
    setattr(told, field, "nonsense")
    with pytest.raises(Invalid):
        await handlers.handle(replace(GROUP_EVENT, message=told))


async def test_a_decision_becomes_one_recognition_however_often_it_is_told(
    handlers: Handlers, kept: Aggregates[Recognition]
) -> None:
    await handlers.handle(EVENT)
    await handlers.handle(EVENT)
    stored = await kept.get(Ref(ORG, derived_id(ID, "recognition")))
    assert stored.state == EARNED
    assert [told["type"] for told in kept.outbox] == ["mentoring.recognition.v1.RecognitionIssued"]


async def test_two_decisions_are_two_recognitions(handlers: Handlers, kept: Aggregates[Recognition]) -> None:
    await handlers.handle(EVENT)
    await handlers.handle(replace(EVENT, id="another"))
    assert len(kept.rows) == 2


async def test_a_decision_without_proof_is_refused(handlers: Handlers, kept: Aggregates[Recognition]) -> None:
    unproven: Event[RecognitionEarned] = replace(EVENT, message=decision(cause=""))
    with pytest.raises(Refused):
        await handlers.handle(unproven)
    assert kept.rows == {}


_PAIR = Names(
    f"organizations/{ORG}/mentorships/{MENTORSHIP}",
    f"organizations/{ORG}/people/{MENTOR}",
    f"organizations/{ORG}/people/{MENTEE}",
)


@pytest.mark.parametrize("achievement", Achievement)
@pytest.mark.parametrize("person", [MENTOR, MENTEE])
async def test_whatever_the_processor_decides_is_understood(
    world: World, handlers: Handlers, achievement: Achievement, person: str
) -> None:
    """Told by the processor's own words, stored under the person who earned it."""
    about_a_goal = achievement in {Achievement.GOAL_COMPLETED, Achievement.FIRST_GOAL}
    earned = Earned(
        _PAIR,
        NOON,
        f"organizations/{ORG}/people/{person}",
        achievement,
        Grounds(("e-1", "e-2"), "2026-03"),
        f"{_PAIR.mentorship}/goals/g" if about_a_goal else "",
        count=0 if about_a_goal else 5,
    )
    await handlers.handle(decisions.told(earned))
    (row,) = world.kept.rows.values()
    state = row["state"]
    assert (state["person"], state["kind"], state["evidence"]) == (person, achievement, ("e-1", "e-2"))
