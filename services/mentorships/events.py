"""What mentorships hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.mentorships import wire
from services.mentorships.app import Mentorships
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Let a confirmed match begin its mentorship."""

    async def match_confirmed(event: Event[MatchConfirmed]) -> None:
        ref, mentorship = wire.confirmed(event.tenant, event.message)
        await mentorships.begin(ref, mentorship, Cause(id=event.id, trace=event.trace))

    handlers.on(MatchConfirmed, match_confirmed)
