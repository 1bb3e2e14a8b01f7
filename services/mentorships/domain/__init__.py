"""What mentorships and goals are and how they may change.

Decisions return the new state and what happened, or raise a refusal. People, programs and mentorships are
plain ids of one organization. Events carry only what the state does not tell.
"""

from services.mentorships.domain.goal import Goal, GoalDraft, Kind, ProgressNote
from services.mentorships.domain.goal_events import (
    GoalCompleted,
    GoalCreated,
    GoalDropped,
    GoalEvent,
    GoalProgressNoted,
    GoalReopened,
    GoalUpdated,
    MilestoneCompleted,
    TaskCompleted,
)
from services.mentorships.domain.mentorship import (
    Agreement,
    AgreementProposed,
    AgreementSigned,
    Channel,
    Mentorship,
    MentorshipActivated,
    MentorshipCreated,
    MentorshipEnded,
    MentorshipEvent,
    Stage,
    Terms,
    begin,
)
from services.mentorships.domain.progress import Progress
from services.mentorships.domain.rules import not_found
from services.mentorships.domain.steps import Milestone, Task

__all__ = [
    "Agreement",
    "AgreementProposed",
    "AgreementSigned",
    "Channel",
    "Goal",
    "GoalCompleted",
    "GoalCreated",
    "GoalDraft",
    "GoalDropped",
    "GoalEvent",
    "GoalProgressNoted",
    "GoalReopened",
    "GoalUpdated",
    "Kind",
    "Mentorship",
    "MentorshipActivated",
    "MentorshipCreated",
    "MentorshipEnded",
    "MentorshipEvent",
    "Milestone",
    "MilestoneCompleted",
    "Progress",
    "ProgressNote",
    "Stage",
    "Task",
    "TaskCompleted",
    "Terms",
    "begin",
    "not_found",
]
