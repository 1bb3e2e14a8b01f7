"""What scheduling hears."""

from typing import Any

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    MentorshipActivated,
    MentorshipCompleted,
    MentorshipEnded,
    MentorshipPaused,
    MentorshipResumed,
)
from services.scheduling import wire
from services.scheduling.app import Mentorships


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Follow which mentorships are active, and with whom."""

    async def activated(event: Event[MentorshipActivated]) -> None:
        ref, pair = wire.activated(event.tenant, event.message)
        await mentorships.activated(ref, pair, event.sequence)

    async def resumed(event: Event[MentorshipResumed]) -> None:
        await mentorships.resumed(_ref(event), event.sequence)

    async def stopped(event: Event[Any]) -> None:
        await mentorships.stopped(_ref(event), event.sequence, Cause(id=event.id, trace=event.trace))

    handlers.on(MentorshipActivated, activated)
    handlers.on(MentorshipResumed, resumed)
    handlers.on(MentorshipPaused, stopped)
    handlers.on(MentorshipCompleted, stopped)
    handlers.on(MentorshipEnded, stopped)


def _ref(event: Event[Any]) -> Ref:
    return wire.mentorship_of(event.tenant, event.message.mentorship)
