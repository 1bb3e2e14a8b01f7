"""What matching hears: its own requests and publications, so that the work behind them survives any crash."""

from services.kernel import ids
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.matching.app.computing import Computing
from services.matching.app.enrolments import Following
from services.matching.wire import names
from services.pb.mentoring.matching.v1 import events_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated


def hear(handlers: Handlers, computing: Computing, following: Following) -> None:
    """Register what is heard."""
    _hear_people(handlers, following)

    async def requested(event: Event[pb.CohortRunRequested]) -> None:
        await computing.compute(
            _run(event.tenant, event.message.cohort_run), Cause(event.id, trace=event.trace)
        )

    async def published(event: Event[pb.CohortRunPublished]) -> None:
        await computing.deliver(
            _run(event.tenant, event.message.cohort_run), Cause(event.id, trace=event.trace)
        )

    async def closed(event: Event[pb.ProgramClosed]) -> None:
        _, program = ids.parse_name(names.PROGRAM, event.message.program, "program")
        await following.program_closed(Ref(event.tenant, program), Cause(event.id, trace=event.trace))

    handlers.on(pb.ProgramClosed, closed)
    handlers.on(pb.CohortRunRequested, requested)
    handlers.on(pb.CohortRunPublished, published)


def _hear_people(handlers: Handlers, following: Following) -> None:
    """Follow who leaves, goes on leave and comes back."""
    follow = {
        profiles.Person.STATE_TERMINATED: following.person_left,
        profiles.Person.STATE_ON_LEAVE: following.person_on_leave,
        profiles.Person.STATE_ACTIVE: following.person_back,
    }

    async def updated(event: Event[PersonUpdated]) -> None:
        _, person = ids.parse_name(names.PERSON, event.message.person, "person")
        if "state" in event.message.changed_fields and event.message.state in follow:
            cause = Cause(event.id, trace=event.trace)
            await follow[event.message.state](event.tenant, person, cause)

    handlers.on(PersonUpdated, updated)


def _run(tenant: str, name: str) -> Ref:
    _, _, run = ids.parse_name(names.RUN, name, "cohort_run")
    return Ref(tenant, run)
