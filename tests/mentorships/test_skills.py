"""How the two rate the mentee's skills, and what they see of it over time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid, NotFound
from services.kernel.mongo import Cause, Ref
from services.mentorships import store
from services.mentorships.__main__ import build
from services.mentorships.app.skills import Skills
from services.mentorships.domain import Mentorship
from services.mentorships.domain.skill import Growth, Point, SkillRating, growth, rate
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import growth_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.growth_service_pb2_grpc import GrowthServiceStub
from tests.fakes import Aggregates
from tests.harness import running
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, MENTEE, MENTOR, NOON, ORG, STRANGER, active, confirmed
from tests.mentorships.test_rpc import NAME, World


class Rated:
    """An active mentorship of the pair and a clock at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates[Mentorship](store.MENTORSHIPS, self.clock)
        self.kept = Aggregates[SkillRating](store.SKILL_RATINGS, self.clock)
        self.skills = Skills(self.kept, self.mentorships)

    async def rate(self, caller: Caller, skill: str, level: int) -> Point:
        """Rate a skill, a day after everything before."""
        now = self.clock.advance(timedelta(days=1))
        await self.skills.rate(caller, ID, (skill, level), Cause(f"{now}"))
        return Point(level, now)


@pytest.fixture
async def rated() -> Rated:
    world = Rated()
    await world.mentorships.create(Ref(ORG, ID), active(), (), Cause("begin"))
    other = replace(active(), people=(MENTOR, STRANGER))
    await world.mentorships.create(Ref(ORG, "other"), other, (), Cause("begin other"))
    return world


async def test_growth_shows_both_views_over_time_however_a_skill_was_typed(rated: Rated) -> None:
    first = await rated.rate(mentee, "Public  Speaking", 2)
    second = await rated.rate(mentor, "public speaking ", 1)
    third = await rated.rate(mentee, "PUBLIC SPEAKING", 4)
    other = await rated.rate(mentor, "python", 3)
    await rated.skills.rate(stranger, "other", ("python", 5), Cause("other"))
    speaking = Growth("public speaking", by_mentee=(first, third), by_mentor=(second,))
    assert await rated.skills.growth(mentor, ID, "") == [speaking, Growth("python", by_mentor=(other,))]
    assert await rated.skills.growth(mentee, ID, " Public Speaking") == [speaking]
    assert await rated.skills.growth(mentee, ID, "cobol") == []


async def test_the_same_request_rates_once(rated: Rated) -> None:
    first = await rated.skills.rate(mentee, ID, ("python", 2), Cause("r", "body"))
    assert await rated.skills.rate(mentee, ID, ("python", 2), Cause("r", "body")) == first
    [told] = rated.kept.outbox
    ref, _ = first
    assert events.SkillRated.FromString(told["value"]) == events.SkillRated(
        skill_rating=f"{NAME}/skillRatings/{ref.id}",
        mentorship=NAME,
        person=f"organizations/{ORG}/people/{MENTEE}",
        skill="python",
        level=2,
    )
    assert told["key"] == ID


@pytest.mark.parametrize("caller", [stranger, lead, hr, foreigner])
async def test_ratings_are_for_the_two(rated: Rated, caller: Caller) -> None:
    await rated.rate(mentee, "python", 2)
    with pytest.raises(NotFound):
        await rated.skills.rate(caller, ID, ("python", 5), Cause("x"))
    with pytest.raises(NotFound):
        await rated.skills.growth(caller, ID, "")


def test_a_skill_has_a_name() -> None:
    with pytest.raises(Invalid) as refusal:
        rate(ID, active(), MENTEE, " ", 3)
    assert [path for path, _ in refusal.value.fields] == ["skill_rating.skill"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([MENTOR, MENTEE]), st.integers(1, 5))))
def test_no_rating_is_lost_or_moved(given_ratings: list[tuple[str, str, int]]) -> None:
    ratings = [
        (SkillRating(ID, (MENTOR, MENTEE), rater, skill, level), NOON + timedelta(hours=hour))
        for hour, (skill, rater, level) in enumerate(given_ratings)
    ]
    for one in growth(ratings):
        for rater, points in ((MENTOR, one.by_mentor), (MENTEE, one.by_mentee)):
            wanted = [
                Point(rating.level, time)
                for rating, time in ratings
                if (rating.rater, rating.skill) == (rater, one.skill)
            ]
            assert list(points) == wanted
    assert [one.skill for one in growth(ratings)] == sorted({skill for skill, _, _ in given_ratings})


class SkillWorld(World):
    """The service with an active mentorship, and its skills."""

    @property
    def skills(self) -> GrowthServiceStub:
        return GrowthServiceStub(self.at.channel)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[SkillWorld]:
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        yield SkillWorld(at)


@pytest.mark.servers
async def test_a_skill_is_rated_by_both_and_shown(world: SkillWorld) -> None:
    for who, level in ((world.mentee, 2), (world.mentor, 3)):
        rating = pb.SkillRating(skill="Public Speaking", level=level)
        request = pb.RateSkillRequest(parent=NAME, skill_rating=rating)
        stored = await world.skills.RateSkill(request, metadata=who)
        assert (stored.skill, stored.level) == ("public speaking", level)
    grown = await world.skills.GetSkillGrowth(pb.GetSkillGrowthRequest(parent=NAME), metadata=world.mentor)
    [skill] = grown.skills
    assert (skill.skill, skill.self_ratings[0].level, skill.mentor_ratings[0].level) == (
        "public speaking",
        2,
        3,
    )
    assert skill.self_ratings[0].time.ToDatetime(NOON.tzinfo) == NOON


@pytest.mark.servers
@pytest.mark.parametrize("level", [0, 6, -1])
async def test_levels_are_one_to_five(world: SkillWorld, level: int) -> None:
    request = pb.RateSkillRequest(parent=NAME, skill_rating=pb.SkillRating(skill="python", level=level))
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.skills.RateSkill(request, metadata=world.mentee)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
