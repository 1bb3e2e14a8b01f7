"""What matching hears: its own requests and publications, so that the work behind them survives any crash."""

from services.kernel import ids
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.matching.app.computing import Computing
from services.matching.wire import names
from services.pb.mentoring.matching.v1 import events_pb2 as pb


def hear(handlers: Handlers, computing: Computing) -> None:
    """Register what is heard."""

    async def requested(event: Event[pb.CohortRunRequested]) -> None:
        await computing.compute(
            _run(event.tenant, event.message.cohort_run), Cause(event.id, trace=event.trace)
        )

    async def published(event: Event[pb.CohortRunPublished]) -> None:
        await computing.deliver(
            _run(event.tenant, event.message.cohort_run), Cause(event.id, trace=event.trace)
        )

    handlers.on(pb.CohortRunRequested, requested)
    handlers.on(pb.CohortRunPublished, published)


def _run(tenant: str, name: str) -> Ref:
    _, _, run = ids.parse_name(names.RUN, name, "cohort_run")
    return Ref(tenant, run)
