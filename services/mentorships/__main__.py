"""Wires the service. `python -m services.mentorships [rpc|events|relay|due]`, all of them by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.mentorships import events, store
from services.mentorships.app.checkins import CheckIns
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.fit import FitQuestions
from services.mentorships.app.goals import Goals
from services.mentorships.app.kudos import KudosGiving
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.domain.feedback import HeldMeeting
from services.mentorships.rpc.checkins import CheckInServicer
from services.mentorships.rpc.feedback import FeedbackServicer
from services.mentorships.rpc.goals import GoalServicer
from services.mentorships.rpc.mentorships import MentorshipServicer
from services.pb.mentoring.mentorships.v1 import (
    check_in_service_pb2_grpc,
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
    kept_plans = resources.database.aggregates(store.CHECK_INS)
    check_ins = CheckIns(kept_plans, kept_mentorships, resources.clock)
    kept_fit = resources.database.aggregates(store.FIT_QUESTIONS)
    fit = FitQuestions(kept_fit, kept_mentorships)
    handlers = Handlers()
    events.hear(handlers, mentorships)
    events.hear_meetings(handlers, feedback, fit)
    events.hear_stages(handlers, check_ins)
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
            (
                check_in_service_pb2_grpc.add_CheckInServiceServicer_to_server,
                CheckInServicer(check_ins, fit),
                "mentoring.mentorships.v1.CheckInService",
            ),
        ),
        handlers=handlers,
        kinds=(kept_mentorships, kept_goals, kept_feedback, kept_kudos, kept_plans, kept_fit),
    )


def run() -> None:
    """Serve until told to stop."""
    main("mentorships", build)


if __name__ == "__main__":
    run()
