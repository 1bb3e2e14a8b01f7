"""Wires the service. `python -m services.mentorships [rpc|events|relay|due]`, all of them by default."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from services.kernel.clock import Clock
from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo import Aggregates, Database
from services.kernel.rpc.server import Servicer
from services.kernel.run import Resources, Service, main
from services.mentorships import clients, events, store
from services.mentorships.app.action_items import ActionItems
from services.mentorships.app.blocks import Blocks
from services.mentorships.app.checkins import CheckIns
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.fit import FitQuestions
from services.mentorships.app.following import Following
from services.mentorships.app.goals import Goals
from services.mentorships.app.groups import Groups
from services.mentorships.app.health import HealthKeeping
from services.mentorships.app.introductions import Introductions
from services.mentorships.app.kudos import KudosGiving
from services.mentorships.app.learning import Learning
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.app.notes import Notes
from services.mentorships.app.plans import Plans, Stores
from services.mentorships.app.ports import Employment
from services.mentorships.app.reports import Reports, Sources
from services.mentorships.app.safety import SafetyReports
from services.mentorships.app.skills import Skills
from services.mentorships.app.surveys import SurveyCounting, Surveys
from services.mentorships.app.templates import PlanTemplates
from services.mentorships.domain import Goal, Mentorship
from services.mentorships.domain.action_item import ActionItem
from services.mentorships.domain.blocks import Block
from services.mentorships.domain.checkins import CheckInPlan
from services.mentorships.domain.feedback import Feedback
from services.mentorships.domain.fit import FitQuestion
from services.mentorships.domain.groups import Group
from services.mentorships.domain.health import PairHealth
from services.mentorships.domain.introductions import Introduction
from services.mentorships.domain.kudos import Kudos
from services.mentorships.domain.learning import LearningResource
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.domain.note import Note
from services.mentorships.domain.plan import Plan
from services.mentorships.domain.plan_template import PlanTemplate
from services.mentorships.domain.safety import SafetyReport
from services.mentorships.domain.skill import SkillRating
from services.mentorships.domain.survey_plan import SurveyPlan
from services.mentorships.rpc.checkins import CheckInServicer
from services.mentorships.rpc.feedback import FeedbackServicer
from services.mentorships.rpc.goals import GoalServicer
from services.mentorships.rpc.groups import GroupServicer
from services.mentorships.rpc.introductions import IntroductionServicer
from services.mentorships.rpc.journal import JournalServicer
from services.mentorships.rpc.learning import LearningServicer
from services.mentorships.rpc.mentorships import MentorshipServicer
from services.mentorships.rpc.plans import PlanServicer
from services.mentorships.rpc.reports import ReportServicer
from services.mentorships.rpc.safety import SafetyServicer
from services.mentorships.rpc.skills import GrowthServicer
from services.mentorships.rpc.surveys import SurveyServicer
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import (
    add_CheckInServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.events_pb2 import PersonalDataErased
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import (
    add_FeedbackServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import add_GoalServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.group_service_pb2_grpc import add_GroupServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.growth_service_pb2_grpc import add_GrowthServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.introduction_service_pb2_grpc import (
    add_IntroductionServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.journal_service_pb2_grpc import (
    add_JournalServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.learning_service_pb2_grpc import (
    add_LearningServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import (
    add_MentorshipServiceServicer_to_server,
)
from services.pb.mentoring.mentorships.v1.plan_service_pb2_grpc import add_PlanServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.report_service_pb2_grpc import add_ReportServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.safety_service_pb2_grpc import add_SafetyServiceServicer_to_server
from services.pb.mentoring.mentorships.v1.survey_service_pb2_grpc import add_SurveyServiceServicer_to_server

Served = tuple[Callable[..., None], object]
"""The generated function that adds a servicer, and the servicer."""


class Kept(NamedTuple):
    """Every kind of aggregate of the service."""

    mentorships: Aggregates[Mentorship]
    goals: Aggregates[Goal]
    templates: Aggregates[PlanTemplate]
    plans: Aggregates[Plan]
    notes: Aggregates[Note]
    action_items: Aggregates[ActionItem]
    skill_ratings: Aggregates[SkillRating]
    learning_resources: Aggregates[LearningResource]
    feedback: Aggregates[Feedback]
    kudos: Aggregates[Kudos]
    check_ins: Aggregates[CheckInPlan]
    survey_plans: Aggregates[SurveyPlan]
    fit_questions: Aggregates[FitQuestion]
    introductions: Aggregates[Introduction]
    safety_reports: Aggregates[SafetyReport]
    blocks: Aggregates[Block]
    groups: Aggregates[Group]


class Uses(NamedTuple):
    """The use cases that calls, events or both lead to."""

    following: Following
    feedback: FeedbackGiving
    check_ins: CheckIns
    surveys: Surveys
    fit: FitQuestions
    introductions: Introductions
    blocks: Blocks
    reports: SafetyReports
    plans: Plans
    groups: Groups
    counting: Reports
    health: HealthKeeping


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept, people = _kept(resources.database), clients.Profiles(resources.channel(settings.profiles_address))
    asked = settings.matching_address
    programs = clients.Matching(None if asked is None else resources.channel(asked))
    uses = _uses(kept, people, programs, resources)
    return Service(
        name="mentorships",
        erased=PersonalDataErased,
        servicers=_servicers(kept, uses, people, resources.clock),
        handlers=_handlers(uses),
        kinds=kept,
    )


def _uses(kept: Kept, people: clients.Profiles, programs: clients.Matching, resources: Resources) -> Uses:
    clock = resources.clock
    database = resources.database
    past = database.projection(store.PAST_MEETINGS, PastMeeting, indexes=(("mentorship",),))
    healths = database.projection(store.HEALTH, PairHealth, indexes=(("mentorship",), ("program", "since")))
    employments = database.projection(store.EMPLOYMENTS, Employment)
    blocks, surveys = Blocks(kept.blocks, kept.mentorships, clock), Surveys(kept.survey_plans, programs)
    return Uses(
        following=Following(kept.mentorships, employments, clock),
        feedback=FeedbackGiving(kept.feedback, kept.mentorships, past, clock),
        check_ins=CheckIns(kept.check_ins, kept.mentorships, surveys, clock),
        surveys=surveys,
        fit=FitQuestions(kept.fit_questions, kept.mentorships),
        introductions=Introductions(kept.introductions, kept.mentorships, people, clock),
        blocks=blocks,
        reports=SafetyReports(kept.safety_reports, kept.mentorships, blocks, clock),
        plans=Plans(Stores(kept.plans, kept.templates, kept.goals, kept.check_ins, kept.mentorships), clock),
        groups=Groups(kept.groups, people, programs, clock),
        counting=Reports(
            Sources(kept.mentorships, kept.check_ins, kept.goals, past, healths, programs), clock
        ),
        health=HealthKeeping(healths, kept.mentorships),
    )


def _handlers(uses: Uses) -> Handlers:
    handlers = Handlers()
    events.hear(handlers, uses.following)
    events.hear_people(handlers, uses.following)
    events.hear_leavers(handlers, uses.groups)
    events.hear_meetings(handlers, uses.feedback, uses.fit)
    events.hear_stages(handlers, uses.check_ins, uses.introductions)
    events.hear_safety(handlers, uses.reports, uses.blocks)
    events.hear_plans(handlers, uses.plans)
    events.hear_health(handlers, uses.health)
    return handlers


def _servicers(kept: Kept, uses: Uses, people: clients.Profiles, clock: Clock) -> list[Servicer]:
    return _named(
        MentorshipService=(
            add_MentorshipServiceServicer_to_server,
            MentorshipServicer(Mentorships(kept.mentorships, people, uses.surveys, clock)),
        ),
        FeedbackService=(
            add_FeedbackServiceServicer_to_server,
            FeedbackServicer(uses.feedback, KudosGiving(kept.kudos, kept.mentorships, clock)),
        ),
        CheckInService=(add_CheckInServiceServicer_to_server, CheckInServicer(uses.check_ins, uses.fit)),
        SurveyService=(
            add_SurveyServiceServicer_to_server,
            SurveyServicer(uses.surveys, SurveyCounting(uses.surveys, kept.mentorships, kept.check_ins)),
        ),
        ReportService=(
            add_ReportServiceServicer_to_server,
            ReportServicer(uses.counting, uses.health),
        ),
        IntroductionService=(
            add_IntroductionServiceServicer_to_server,
            IntroductionServicer(uses.introductions),
        ),
        SafetyService=(add_SafetyServiceServicer_to_server, SafetyServicer(uses.reports, uses.blocks)),
        GroupService=(add_GroupServiceServicer_to_server, GroupServicer(uses.groups)),
        **_shared_work(kept, uses.plans, clock),
    )


def _kept(database: Database) -> Kept:
    return Kept(
        mentorships=database.aggregates(store.MENTORSHIPS),
        goals=database.aggregates(store.GOALS),
        templates=database.aggregates(store.PLAN_TEMPLATES),
        plans=database.aggregates(store.PLANS),
        notes=database.aggregates(store.NOTES),
        action_items=database.aggregates(store.ACTION_ITEMS),
        skill_ratings=database.aggregates(store.SKILL_RATINGS),
        learning_resources=database.aggregates(store.LEARNING_RESOURCES),
        feedback=database.aggregates(store.FEEDBACK),
        kudos=database.aggregates(store.KUDOS),
        check_ins=database.aggregates(store.CHECK_INS),
        survey_plans=database.aggregates(store.SURVEY_PLANS),
        fit_questions=database.aggregates(store.FIT_QUESTIONS),
        introductions=database.aggregates(store.INTRODUCTIONS),
        safety_reports=database.aggregates(store.SAFETY_REPORTS),
        blocks=database.aggregates(store.BLOCKS),
        groups=database.aggregates(store.GROUPS),
    )


def _shared_work(kept: Kept, plans: Plans, clock: Clock) -> Mapping[str, Served]:
    """Return the services of what the two work on."""
    pairs = kept.mentorships
    items = ActionItems(kept.action_items, pairs, clock)
    return {
        "GoalService": (add_GoalServiceServicer_to_server, GoalServicer(Goals(kept.goals, pairs, clock))),
        "PlanService": (
            add_PlanServiceServicer_to_server,
            PlanServicer(PlanTemplates(kept.templates), plans),
        ),
        "JournalService": (
            add_JournalServiceServicer_to_server,
            JournalServicer(Notes(kept.notes, pairs), items),
        ),
        "GrowthService": (
            add_GrowthServiceServicer_to_server,
            GrowthServicer(Skills(kept.skill_ratings, pairs)),
        ),
        "LearningService": (
            add_LearningServiceServicer_to_server,
            LearningServicer(Learning(kept.learning_resources, pairs)),
        ),
    }


def _named(**served: Served) -> list[Servicer]:
    return [(add, servicer, f"mentoring.mentorships.v1.{name}") for name, (add, servicer) in served.items()]


def run() -> None:
    """Serve until told to stop."""
    main("mentorships", build)


if __name__ == "__main__":
    run()
