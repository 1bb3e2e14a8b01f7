"""What mentorships hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.app.plans import Plans
from services.mentorships.wire import mentorships as wire
from services.mentorships.wire import plans as plans_wire
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed, MatchEnded
from services.pb.mentoring.mentorships.v1.events_pb2 import PlanApplied


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


def hear_plans(handlers: Handlers, plans: Plans) -> None:
    """Let an applied plan have its goals, even if whoever applied it was cut off in between."""

    async def plan_applied(event: Event[PlanApplied]) -> None:
        await plans.set_goals(plans_wire.applied(event.tenant, event.message), event.trace)

    handlers.on(PlanApplied, plan_applied)
