"""A program's own questions over real gRPC and MongoDB: set, read with the check-in, answered, counted."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as check_ins
from services.pb.mentoring.mentorships.v1 import events_pb2 as events
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1 import survey_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.mentorships.v1.survey_service_pb2 import SurveyAnswer, SurveyQuestion
from services.pb.mentoring.mentorships.v1.survey_service_pb2_grpc import SurveyServiceStub
from tests.harness import Metadata
from tests.mentorships.factories import LEAD, ORG
from tests.mentorships.pair import NAME, SPRING, Pair, refused, working_together

pytestmark = pytest.mark.servers

PLAN = f"{SPRING}/surveyPlan"
DAY = 86_400
HELPFUL = SurveyQuestion(kind=SurveyQuestion.KIND_RATING, text="How helpful is the program?", required=True)
PLACE = SurveyQuestion(
    kind=SurveyQuestion.KIND_CHOICE, text="Where do you meet?", options=["Office", "Online"]
)
WHY = SurveyQuestion(kind=SurveyQuestion.KIND_TEXT, text="What would help you?")
SECRET = "My manager never lets me go."


class World(Pair):
    """The pair, and the lead who asks."""

    @property
    def surveys(self) -> SurveyServiceStub:
        return SurveyServiceStub(self.at.channel)

    @property
    def lead(self) -> Metadata:
        return self.at.token(LEAD, "program_lead")

    async def ask(self, *questions: SurveyQuestion, **more: Any) -> pb.SurveyPlan:
        plan = pb.SurveyPlan(name=PLAN, check_in_questions=questions, closing_questions=[WHY], **more)
        request = pb.SetSurveyPlanRequest(survey_plan=plan)
        return await self.surveys.SetSurveyPlan(request, metadata=self.lead)

    async def open(self) -> check_ins.CheckIn:
        """Return the mentee's latest check-in."""
        request = check_ins.ListCheckInsRequest(parent=NAME)
        listed = await CheckInServiceStub(self.at.channel).ListCheckIns(request, metadata=self.mentee)
        return listed.check_ins[-1]

    async def answer(self, name: str, revision: int, *answers: SurveyAnswer) -> check_ins.CheckIn:
        answer = check_ins.CheckInAnswer(quality=4, answers=answers, survey_revision=revision)
        request = check_ins.AnswerCheckInRequest(name=name, answer=answer)
        return await CheckInServiceStub(self.at.channel).AnswerCheckIn(request, metadata=self.mentee)

    async def results(self, who: Metadata, occasion: pb.SurveyOccasion.ValueType) -> pb.SurveyResults:
        request = pb.GetSurveyResultsRequest(name=PLAN, occasion=occasion)
        return await self.surveys.GetSurveyResults(request, metadata=who)

    async def values(self, kind: str) -> list[tuple[str, int]]:
        """Return what the latest event of a kind tells of answers to the program's own questions."""
        found = [
            event["value"]
            for kept in self.at.service.kinds
            async for row in kept.collection.find({})
            for event in row["outbox"]
            if event["type"].endswith(f".{kind}")
        ]
        told = getattr(events, kind).FromString(found[-1])
        assert told.survey_revision == 1
        return list(zip(told.questions, told.values, strict=True))


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    async with working_together(mongo_url, World) as world:
        yield world


async def test_a_check_in_brings_the_programs_questions_and_keeps_which_were_answered(world: World) -> None:
    await world.ask(HELPFUL, PLACE, WHY)
    await world.pass_days(30)
    asked = await world.open()
    assert [(one.id, one.text, list(one.options)) for one in asked.form.questions] == [
        ("1", HELPFUL.text, []),
        ("2", PLACE.text, ["Office", "Online"]),
        ("3", WHY.text, []),
    ]
    answers = [SurveyAnswer(question="1", rating=5), SurveyAnswer(question="2", choice=2)]
    for revision, given, status, reason in (
        (1, answers[1:], grpc.StatusCode.INVALID_ARGUMENT, "ANSWER_MISSING"),
        (1, [*answers, SurveyAnswer(question="3")], grpc.StatusCode.INVALID_ARGUMENT, "ANSWER_MISMATCHED"),
        (2, answers, grpc.StatusCode.ABORTED, "SURVEY_CHANGED"),
    ):
        assert await refused(world.answer(asked.name, revision, *given)) == (status, reason)
    whole = [*answers, SurveyAnswer(question="3", words=SECRET)]
    answered = await world.answer(asked.name, 1, *whole)
    assert (list(answered.answer.answers), answered.form) == (whole, asked.form)
    await world.ask(PLACE)
    assert (await world.open()) == answered, "the form is the one that was answered"
    for kind in world.at.service.kinds:
        async for row in kind.collection.find({}):
            assert SECRET not in str(row), "words are sealed"
    assert await world.values("CheckInAnswered") == [("1", 5), ("2", 2), ("3", 1)], "and no words"
    get = check_ins.GetCheckInRequest(name=asked.name)
    seen = await CheckInServiceStub(world.at.channel).GetCheckIn(get, metadata=world.lead)
    assert list(seen.answer.answers) == [*answers, SurveyAnswer(question="3")]
    results = await world.results(world.hr, pb.SURVEY_OCCASION_CHECK_IN)
    assert [(one.question.id, one.hidden) for one in results.results if one.question.id < "a"] == [
        ("1", True),
        ("2", True),
        ("3", True),
    ]
    assert results.csv.decode().splitlines()[0] == "question,kind,text,people,answers,mean,option,count"


async def test_a_program_says_when_it_asks_and_everybody_may_read_what(world: World) -> None:
    get = pb.GetSurveyPlanRequest(name=PLAN)
    usual = await world.surveys.GetSurveyPlan(get, metadata=world.mentee)
    assert (usual.first_check_in.seconds, usual.check_in_interval.seconds) == (30 * DAY, 60 * DAY)
    assert (usual.revision, usual.etag, list(usual.check_in_questions)) == (0, "", [])
    first = await world.ask(HELPFUL, first_check_in=Duration(seconds=10 * DAY))
    assert (first.first_check_in.seconds, first.check_in_interval.seconds) == (10 * DAY, 60 * DAY)
    await world.ask(WHY)
    assert (await world.surveys.GetSurveyPlan(get, metadata=world.mentor)).check_in_questions[0].id == "3"
    get.revision = 1
    then = await world.surveys.GetSurveyPlan(get, metadata=world.mentee)
    assert ([one.id for one in then.check_in_questions], then.closing_questions[0].id) == (["1"], "2")
    foreign = await world.surveys.GetSurveyPlan(
        pb.GetSurveyPlanRequest(name=PLAN.replace(ORG, "globex")), metadata=world.foreigner
    )
    assert foreign.revision == 0
    stale = pb.SetSurveyPlanRequest(survey_plan=first)
    assert (await refused(world.surveys.SetSurveyPlan(stale, metadata=world.lead)))[1] == "ETAG_MISMATCH"
    odd = world.ask(check_in_interval=Duration(seconds=8 * DAY + 1))
    assert await refused(odd) == (grpc.StatusCode.INVALID_ARGUMENT, "DURATION_NOT_WHOLE")
    unknown = pb.SetSurveyPlanRequest(survey_plan=pb.SurveyPlan(name=f"{SPRING}-2/surveyPlan"))
    assert (await refused(world.surveys.SetSurveyPlan(unknown, metadata=world.hr)))[1] == "PROGRAM_NOT_FOUND"


async def test_the_closing_survey_asks_the_programs_questions_too(world: World) -> None:
    asked = await world.ask()
    stub = MentorshipServiceStub(world.at.channel)
    await stub.EndMentorship(mentorships.EndMentorshipRequest(name=NAME), metadata=world.mentor)
    (question,) = asked.closing_questions
    survey = mentorships.ClosingSurvey(
        satisfaction=5,
        recommends=True,
        survey_revision=asked.revision,
        answers=[SurveyAnswer(question=question.id, words=SECRET)],
    )
    request = mentorships.AnswerClosingSurveyRequest(name=NAME, survey=survey)
    (kept,) = (await stub.AnswerClosingSurvey(request, metadata=world.mentee)).closing_surveys
    assert (list(kept.answers), kept.survey_revision) == (list(survey.answers), 1)
    assert await world.values("ClosingSurveyAnswered") == [(question.id, 1)]
    get = mentorships.GetMentorshipRequest(name=NAME)
    (seen,) = (await stub.GetMentorship(get, metadata=world.hr)).closing_surveys
    assert (list(seen.answers), seen.satisfaction) == ([SurveyAnswer(question=question.id)], 5)
    results = (await world.results(world.lead, pb.SURVEY_OCCASION_CLOSING)).results
    assert [one.question.id for one in results] == ["satisfaction", "recommends", question.id]
    assert all(one.hidden and not one.counts for one in results)
