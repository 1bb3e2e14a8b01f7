"""Who sets what a program asks, when pairs are asked, and over whose answers results count; in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.mentorships import store
from services.mentorships.app.checkins import CheckIns, plan_id
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.app.surveys import SurveyCounting
from services.mentorships.domain import Survey, survey_plan
from services.mentorships.domain.checkins import Answer, Rhythm
from services.mentorships.domain.closing import Answers
from services.mentorships.domain.survey import Occasion, QuestionKind, Said, Wording
from services.mentorships.domain.survey_plan import QuestionDraft, SurveyDraft
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from tests.fakes import Aggregates
from tests.mentorships.callers import Everybody, hr, lead, mentee, surveys
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, NOON, ORG, active, ended

HELPFUL = QuestionDraft(Wording(QuestionKind.RATING, "How helpful is the program?"), required=True)
WHY = QuestionDraft(Wording(QuestionKind.TEXT, "What would help you?"))
DRAFT = SurveyDraft(Rhythm(10, 20), {Occasion.CHECK_IN: (HELPFUL, WHY), Occasion.CLOSING: (WHY,)})
PAIRS = 3


class World:
    """Surveys, mentorships and check-ins in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.kept = Aggregates(store.MENTORSHIPS, self.clock)
        self.plans = Aggregates(store.CHECK_INS, self.clock)
        self.surveys = surveys(self.clock)
        self.check_ins = CheckIns(self.plans, self.kept, self.surveys, self.clock)
        self.mentorships = Mentorships(self.kept, Everybody(), self.surveys, self.clock)
        self.counting = SurveyCounting(self.surveys, self.kept, self.plans)

    async def ask(self, draft: SurveyDraft, request: str = "ask") -> None:
        await self.surveys.put(lead, "spring", draft, ("", Cause(request)))

    async def pair(self, number: int, who: str = LEAD) -> Ref:
        """Keep a pair that has answered its first check-in, and looked back on what is over."""
        ref, people = Ref(ORG, f"pair-{number}"), (f"mentor-{number}", f"mentee-{number}")
        said = Survey(people[1], 4, True, "", NOON)
        state = replace(active(), people=people, lead=who, surveys=(said,))
        await self.kept.create(ref, state, (), Cause(f"pair-{number}"))
        await self.check_ins.activated(ref, people, who, NOON, Cause(f"active-{number}"))
        for person in people:
            plan = Ref(ORG, plan_id(ORG, ref.id, person))
            answer = Answer(quality=number + 1, said=(Said("1", rating=5), Said("2", words="More.")), form=1)
            form = (await self.surveys.plan(ORG, "spring")).form(Occasion.CHECK_IN)
            await self.plans.change(
                plan, lambda state: state.fire(NOON + timedelta(days=30)), Cause(f"open-{person}")
            )
            await self.plans.change(
                plan,
                lambda state, person=person, answer=answer, form=form: state.answer(  # type: ignore[misc]
                    1, person, answer, NOON, form
                ),
                Cause(f"answer-{person}"),
            )
        return ref


@pytest.fixture
def world() -> World:
    return World()


async def test_a_plan_is_set_once_per_request_and_in_the_version_that_was_read(world: World) -> None:
    with pytest.raises(Conflict):
        await world.surveys.put(lead, "spring", DRAFT, ('"1"', Cause("a")))
    first = await world.surveys.put(lead, "spring", DRAFT, ("", Cause("a")))
    again = await world.surveys.put(lead, "spring", DRAFT, ("", Cause("a")))
    assert (again.etag, again.state) == (first.etag, first.state)
    with pytest.raises(Conflict):
        await world.surveys.put(lead, "spring", SurveyDraft(), ('"9"', Cause("b")))
    second = await world.surveys.put(lead, "spring", SurveyDraft(), (first.etag, Cause("c")))
    assert second.state.revision == 2
    with pytest.raises(NotFound, match="PROGRAM_NOT_FOUND"):
        await world.surveys.put(lead, "autumn", DRAFT, ("", Cause("d")))


async def test_to_say_the_usual_before_anything_else_changes_nothing(world: World) -> None:
    said = await world.surveys.put(lead, "spring", SurveyDraft(), ("", Cause("a")))
    assert said == await world.surveys.get(Ref(ORG, "spring"))
    assert said.version == 0


async def test_that_a_program_asks_something_else_is_told_without_a_word_of_it(world: World) -> None:
    kept = Aggregates(store.SURVEY_PLANS, world.clock)
    await kept.create(Ref(ORG, "spring"), *survey_plan.put(survey_plan.NOTHING_SAID, DRAFT), Cause("a"))
    (told,) = kept.outbox
    spring = f"organizations/{ORG}/programs/spring"
    assert events.SurveyPlanUpdated.FromString(told["value"]) == events.SurveyPlanUpdated(
        survey_plan=f"{spring}/surveyPlan", program=spring, revision=1
    )


async def test_pairs_are_asked_in_the_rhythm_that_their_program_had_when_they_began(world: World) -> None:
    async def begun(mentorship: str) -> list[int]:
        ref = Ref(ORG, mentorship)
        await world.kept.create(ref, active(), (), Cause(mentorship))
        await world.check_ins.activated(ref, (MENTOR, MENTEE), LEAD, NOON, Cause(f"active-{mentorship}"))
        plans = [
            (await world.plans.get(Ref(ORG, plan_id(ORG, mentorship, one)))).state for one in (MENTOR, MENTEE)
        ]
        return [(plan.next_time - NOON).days for plan in plans]

    assert await begun("early") == [30, 30]
    await world.ask(DRAFT)
    assert await begun("late") == [10, 10]
    assert await begun("early") == [30, 30]


async def test_results_count_all_of_the_program_for_hr_and_their_own_pairs_for_leads(world: World) -> None:
    await world.ask(DRAFT)
    for number in range(PAIRS):
        await world.pair(number)
    await world.pair(PAIRS, who="another")
    of_all = {one.question.id: one for one in await world.counting.results(hr, "spring", Occasion.CHECK_IN)}
    own = {one.question.id: one for one in await world.counting.results(lead, "spring", Occasion.CHECK_IN)}
    assert (of_all["quality"].people, of_all["quality"].mean) == (8, 2.5)
    assert (own["quality"].people, own["quality"].counts) == (6, (2, 2, 2, 0, 0))
    assert (own["1"].mean, own["1"].counts) == (5.0, (0, 0, 0, 0, 6))
    assert (own["2"].answers, own["2"].counts) == (6, ()), "of words only how many there are"
    assert list(own) == ["quality", "progress", "confidence", "satisfaction", "changes", "1", "2"]
    assert all(not one.people for one in await world.counting.results(hr, "autumn", Occasion.CHECK_IN))


async def test_the_closing_survey_is_counted_too_once_five_people_have_answered(world: World) -> None:
    await world.ask(DRAFT)
    for number in range(4):
        await world.pair(number)
    before = await world.counting.results(hr, "spring", Occasion.CLOSING)
    assert [(one.question.id, one.hidden) for one in before] == [
        ("satisfaction", True),
        ("recommends", True),
        ("3", False),
    ]
    await world.pair(4)
    satisfaction, recommends, _ = await world.counting.results(hr, "spring", Occasion.CLOSING)
    assert (satisfaction.mean, recommends.counts) == (4.0, (5, 0))


async def test_who_looks_back_answers_the_form_that_the_program_has_then(world: World) -> None:
    await world.ask(DRAFT)
    await world.kept.create(Ref(ORG, "over"), ended(), (), Cause("over"))
    own = Answers(4, recommends=True, said=(Said("3", words="More time."),), form=1)
    with pytest.raises(Conflict, match="SURVEY_CHANGED"):
        await world.mentorships.look_back(mentee, "over", replace(own, form=0), Cause("a"), etag="")
    for _ in range(2):
        looked = await world.mentorships.look_back(mentee, "over", own, Cause("b"), etag="")
        await world.ask(SurveyDraft(), "nothing more")
    (survey,) = looked.state.surveys
    assert (survey.said, survey.form) == (own.said, 1)
    (seen,) = (await world.mentorships.get(hr, "over")).state.surveys
    assert (seen.satisfaction, seen.said) == (4, (Said("3"),))
    with pytest.raises(Refused, match="SURVEY_ANSWERED"):
        await world.mentorships.look_back(mentee, "over", replace(own, said=()), Cause("c"), etag="")
