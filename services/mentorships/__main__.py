"""Wires the service. `python -m services.mentorships [rpc|events|relay|due]`, all of them by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.mentorships import clients, events, store
from services.mentorships.app.following import Following
from services.mentorships.app.goals import Goals
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.app.plans import Plans, Stores
from services.mentorships.app.ports import Employment
from services.mentorships.app.templates import PlanTemplates
from services.mentorships.rpc.goals import GoalServicer
from services.mentorships.rpc.mentorships import MentorshipServicer
from services.mentorships.rpc.plans import PlanServicer
from services.pb.mentoring.mentorships.v1 import (
    goal_service_pb2_grpc,
    mentorship_service_pb2_grpc,
    plan_service_pb2_grpc,
)


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept_mentorships = resources.database.aggregates(store.MENTORSHIPS)
    kept_goals = resources.database.aggregates(store.GOALS)
    employments = resources.database.projection(store.EMPLOYMENTS, Employment)
    people = clients.Profiles(resources.channel(settings.profiles_address))
    mentorships = Mentorships(kept_mentorships, people, resources.clock)
    goals = Goals(kept_goals, kept_mentorships, resources.clock)
    handlers, following = Handlers(), Following(kept_mentorships, employments, resources.clock)
    events.hear(handlers, following)
    events.hear_people(handlers, following)
    kept_templates = resources.database.aggregates(store.PLAN_TEMPLATES)
    kept_plans = resources.database.aggregates(store.PLANS)
    plans = Plans(Stores(kept_plans, kept_templates, kept_goals, kept_mentorships), resources.clock)
    events.hear_plans(handlers, plans)
    return Service(
        name="mentorships",
        servicers=(
            (
                mentorship_service_pb2_grpc.add_MentorshipServiceServicer_to_server,
                MentorshipServicer(mentorships),
                "mentoring.mentorships.v1.MentorshipService",
            ),
            (
                goal_service_pb2_grpc.add_GoalServiceServicer_to_server,
                GoalServicer(goals),
                "mentoring.mentorships.v1.GoalService",
            ),
            (
                plan_service_pb2_grpc.add_PlanServiceServicer_to_server,
                PlanServicer(PlanTemplates(kept_templates), plans),
                "mentoring.mentorships.v1.PlanService",
            ),
        ),
        handlers=handlers,
        kinds=(kept_mentorships, kept_goals, kept_templates, kept_plans),
    )


def run() -> None:
    """Serve until told to stop."""
    main("mentorships", build)


if __name__ == "__main__":
    run()
