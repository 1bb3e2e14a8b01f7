"""What mentorships hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.wire import feedback as feedback_wire
from services.mentorships.wire import mentorships as wire
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed, MatchEnded
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingHeld


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Let a confirmed match begin its mentorship, and one that is over end it."""

    async def match_confirmed(event: Event[MatchConfirmed]) -> None:
        ref, mentorship = wire.confirmed(event.tenant, event.message)
        await mentorships.begin(ref, mentorship, Cause(id=event.id, trace=event.trace))

    async def match_ended(event: Event[MatchEnded]) -> None:
        ref = wire.ended(event.tenant, event.message)
        await mentorships.finish(ref, Cause(id=event.id, trace=event.trace))

    handlers.on(MatchConfirmed, match_confirmed)
    handlers.on(MatchEnded, match_ended)


def hear_meetings(handlers: Handlers, feedback: FeedbackGiving) -> None:
    """Remember which meetings took place."""

    async def held(event: Event[MeetingHeld]) -> None:
        await feedback.meeting_held(*feedback_wire.held(event.tenant, event.message), event.sequence)

    handlers.on(MeetingHeld, held)
