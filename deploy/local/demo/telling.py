"""Who should be told of which event, said once more from the outside: the audit judges by it."""

from collections.abc import Mapping
from typing import Any, Final

from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognition

_PAIR: Final = ("mentor", "mentee")
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "matching.v1.MatchEnded": _PAIR,
    "mentorships.v1.MentorshipPaused": _PAIR,
    "mentorships.v1.MentorshipResumed": _PAIR,
    "mentorships.v1.MentorshipEndNear": _PAIR,
    "mentorships.v1.MentorshipCompleted": _PAIR,
    "mentorships.v1.CheckInOpened": ("person",),
    "mentorships.v1.FitQuestionOpened": ("person",),
    "mentorships.v1.FeedbackGiven": ("recipient",),
    "mentorships.v1.KudosGiven": ("recipient",),
    "processor.v1.RebookReminderDue": _PAIR,
    "processor.v1.LeadAlertDue": ("lead",),
    "processor.v1.LeadEscalationDue": ("lead",),
    "scheduling.v1.MeetingBooked": _PAIR,
    "scheduling.v1.SeriesBooked": _PAIR,
    "scheduling.v1.MeetingCancelled": _PAIR,
    "scheduling.v1.MeetingReminderDue": _PAIR,
    "scheduling.v1.MeetingRescheduled": _PAIR,
}
"""Fields that name the people, by type of event below `mentoring.`"""

_OTHER: Final = frozenset(
    {
        "mentorships.v1.AgreementProposed",
        "mentorships.v1.ExtensionProposed",
        "mentorships.v1.ClosingProposed",
        "scheduling.v1.MeetingClaimed",
        "scheduling.v1.MeetingProposed",
    }
)
"""What one of a pair did is told to the other; what the platform did by itself is not."""


def addressees(type_name: str, message: Any) -> list[str]:
    """Return the full names of those who get a message because of an event."""
    kind = type_name.removeprefix("mentoring.")
    if kind == "scheduling.v1.MeetingBooked" and message.series:
        return []  # SeriesBooked is told
    if kind in _OTHER and not message.person:
        return []
    if kind in _OTHER:
        return [one for one in (message.mentor, message.mentee) if one != message.person]
    if kind == "recognition.v1.RecognitionIssued":
        goal = message.kind == recognition.Recognition.KIND_GOAL_COMPLETED
        return [message.mentor, message.mentee] if goal else [message.person]
    if kind == "processor.v1.NudgeDue":
        concludes = message.step == processor.LADDER_STEP_CONCLUDE  # the end itself is told
        return [] if concludes else [message.person]
    guests = list(message.guests) if kind in _TOLD and "guests" in message.DESCRIPTOR.fields_by_name else []
    return [getattr(message, field) for field in _TOLD.get(kind, ())] + guests
