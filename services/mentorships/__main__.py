"""Wires the service. `python -m services.mentorships [rpc|events|relay|due]`, all of them by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.mentorships import events, store
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.goals import Goals
from services.mentorships.app.kudos import KudosGiving
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.domain.feedback import HeldMeeting
from services.mentorships.rpc.feedback import FeedbackServicer
from services.mentorships.rpc.goals import GoalServicer
from services.mentorships.rpc.mentorships import MentorshipServicer
from services.pb.mentoring.mentorships.v1 import (
    feedback_service_pb2_grpc,
    goal_service_pb2_grpc,
    mentorship_service_pb2_grpc,
)


def build(_settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept_mentorships = resources.database.aggregates(store.MENTORSHIPS)
    kept_goals = resources.database.aggregates(store.GOALS)
    mentorships = Mentorships(kept_mentorships)
    goals = Goals(kept_goals, kept_mentorships, resources.clock)
    kept_feedback = resources.database.aggregates(store.FEEDBACK)
    held = resources.database.projection(store.HELD_MEETINGS, HeldMeeting)
    feedback = FeedbackGiving(kept_feedback, kept_mentorships, held, resources.clock)
    kept_kudos = resources.database.aggregates(store.KUDOS)
    kudos = KudosGiving(kept_kudos, kept_mentorships, resources.clock)
    handlers = Handlers()
    events.hear(handlers, mentorships)
    events.hear_meetings(handlers, feedback)
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
                feedback_service_pb2_grpc.add_FeedbackServiceServicer_to_server,
                FeedbackServicer(feedback, kudos),
                "mentoring.mentorships.v1.FeedbackService",
            ),
        ),
        handlers=handlers,
        kinds=(kept_mentorships, kept_goals, kept_feedback, kept_kudos),
    )


def run() -> None:
    """Serve until told to stop."""
    main("mentorships", build)


if __name__ == "__main__":
    run()
