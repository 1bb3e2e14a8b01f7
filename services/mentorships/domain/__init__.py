"""What mentorships and goals are and how they may change.

Decisions return the new state and what happened, or raise a refusal. People, programs and mentorships are
plain ids of one organization. Events carry only what the state does not tell.
"""

from services.mentorships.domain.goal import Goal, GoalCompleted, GoalCreated, GoalDraft, GoalEvent, Kind
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
from services.mentorships.domain.rules import not_found

__all__ = [
    "Agreement",
    "AgreementProposed",
    "AgreementSigned",
    "Channel",
    "Goal",
    "GoalCompleted",
    "GoalCreated",
    "GoalDraft",
    "GoalEvent",
    "Kind",
    "Mentorship",
    "MentorshipActivated",
    "MentorshipCreated",
    "MentorshipEnded",
    "MentorshipEvent",
    "Stage",
    "Terms",
    "begin",
    "not_found",
]
