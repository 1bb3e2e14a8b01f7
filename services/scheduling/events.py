"""What scheduling hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipActivated, MentorshipEnded
from services.scheduling.app.following import Mentorships
from services.scheduling.wire.names import mentorship_of
from services.scheduling.wire.pairs import activated as pair_of


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Follow which mentorships are active, and with whom."""

    async def activated(event: Event[MentorshipActivated]) -> None:
        ref, pair = pair_of(event.tenant, event.message)
        await mentorships.activated(ref, pair, event.sequence)

    async def ended(event: Event[MentorshipEnded]) -> None:
        ref = mentorship_of(event.tenant, event.message.mentorship)
        await mentorships.ended(ref, event.sequence, Cause(id=event.id, trace=event.trace))

    handlers.on(MentorshipActivated, activated)
    handlers.on(MentorshipEnded, ended)
