"""Wires the service. `python -m services.mentorships [rpc|events|relay|due]`, all of them by default."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo import Aggregates
from services.kernel.rpc.server import Servicer
from services.kernel.run import Resources, Service, main
from services.mentorships import clients, events, store
from services.mentorships.app.action_items import ActionItems
from services.mentorships.app.following import Following
from services.mentorships.app.goals import Goals
from services.mentorships.app.learning import Learning
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.app.notes import Notes
from services.mentorships.app.plans import Plans, Stores
from services.mentorships.app.ports import Employment
from services.mentorships.app.skills import Skills
from services.mentorships.app.templates import PlanTemplates
from services.mentorships.domain import Mentorship
from services.mentorships.rpc.goals import GoalServicer
from services.mentorships.rpc.journal import JournalServicer
from services.mentorships.rpc.learning import LearningServicer
from services.mentorships.rpc.mentorships import MentorshipServicer
from services.mentorships.rpc.plans import PlanServicer
from services.mentorships.rpc.skills import GrowthServicer
from services.pb.mentoring.mentorships.v1 import (
    goal_service_pb2_grpc,
    growth_service_pb2_grpc,
    journal_service_pb2_grpc,
    learning_service_pb2_grpc,
    mentorship_service_pb2_grpc,
    plan_service_pb2_grpc,
)


class _Part(NamedTuple):
    """A part of the service: what it serves and what it keeps."""

    servicers: Sequence[Servicer]
    kinds: Sequence[Aggregates[Any]]


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept_mentorships = resources.database.aggregates(store.MENTORSHIPS)
    employments = resources.database.projection(store.EMPLOYMENTS, Employment)
    people = clients.Profiles(resources.channel(settings.profiles_address))
    mentorships = Mentorships(kept_mentorships, people, resources.clock)
    handlers, following = Handlers(), Following(kept_mentorships, employments, resources.clock)
    events.hear(handlers, following)
    events.hear_people(handlers, following)
    goals = _goals(resources, kept_mentorships, handlers)
    journal = _journal(resources, kept_mentorships)
    learning = _learning(resources, kept_mentorships)
    return Service(
        name="mentorships",
        servicers=(
            (
                mentorship_service_pb2_grpc.add_MentorshipServiceServicer_to_server,
                MentorshipServicer(mentorships),
                "mentoring.mentorships.v1.MentorshipService",
            ),
            *goals.servicers,
            *journal.servicers,
            *learning.servicers,
        ),
        handlers=handlers,
        kinds=(kept_mentorships, *goals.kinds, *journal.kinds, *learning.kinds),
    )


def _goals(resources: Resources, mentorships: Aggregates[Mentorship], handlers: Handlers) -> _Part:
    """Return goals and the plans that set them."""
    kept = resources.database.aggregates(store.GOALS)
    templates = resources.database.aggregates(store.PLAN_TEMPLATES)
    kept_plans = resources.database.aggregates(store.PLANS)
    plans = Plans(Stores(kept_plans, templates, kept, mentorships), resources.clock)
    events.hear_plans(handlers, plans)
    servicers: Sequence[Servicer] = (
        (
            goal_service_pb2_grpc.add_GoalServiceServicer_to_server,
            GoalServicer(Goals(kept, mentorships, resources.clock)),
            "mentoring.mentorships.v1.GoalService",
        ),
        (
            plan_service_pb2_grpc.add_PlanServiceServicer_to_server,
            PlanServicer(PlanTemplates(templates), plans),
            "mentoring.mentorships.v1.PlanService",
        ),
    )
    return _Part(servicers, (kept, templates, kept_plans))


def _journal(resources: Resources, mentorships: Aggregates[Mentorship]) -> _Part:
    """Return what the two write down."""
    notes = resources.database.aggregates(store.NOTES)
    items = resources.database.aggregates(store.ACTION_ITEMS)
    servicer: Servicer = (
        journal_service_pb2_grpc.add_JournalServiceServicer_to_server,
        JournalServicer(Notes(notes, mentorships), ActionItems(items, mentorships, resources.clock)),
        "mentoring.mentorships.v1.JournalService",
    )
    return _Part((servicer,), (notes, items))


def _learning(resources: Resources, mentorships: Aggregates[Mentorship]) -> _Part:
    """Return how the mentee learns, and from what."""
    ratings = resources.database.aggregates(store.SKILL_RATINGS)
    kept = resources.database.aggregates(store.LEARNING_RESOURCES)
    servicers: Sequence[Servicer] = (
        (
            growth_service_pb2_grpc.add_GrowthServiceServicer_to_server,
            GrowthServicer(Skills(ratings, mentorships)),
            "mentoring.mentorships.v1.GrowthService",
        ),
        (
            learning_service_pb2_grpc.add_LearningServiceServicer_to_server,
            LearningServicer(Learning(kept, mentorships)),
            "mentoring.mentorships.v1.LearningService",
        ),
    )
    return _Part(servicers, (ratings, kept))


def run() -> None:
    """Serve until told to stop."""
    main("mentorships", build)


if __name__ == "__main__":
    run()
