"""Spans of database commands, named and described as OpenTelemetry does: `find people`.

They tell which command on which collection, never what it asked for or got.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from motor.motor_asyncio import AsyncIOMotorCollection

from services.kernel import tracing
from services.kernel.mongo.documents import Document
from services.kernel.tracing import Kind, Outcome, Span, Trace


def command(collection: AsyncIOMotorCollection[Document], operation: str) -> AbstractContextManager[Outcome]:
    """Measure the block as a command, for a caller who is traced.

    Of a command that several callers share each measures its own, from asking to the answer.
    """
    if not tracing.is_sampled():
        return tracing.UNMEASURED
    return tracing.span(_name(collection, operation), Kind.CLIENT, **_about(collection, operation))


@contextmanager
def shared(
    collection: AsyncIOMotorCollection[Document], operation: str, places: Sequence[Trace]
) -> Iterator[None]:
    """Measure the block as a command that serves many traces at once: each of them has it as its own span.

    Whom it served may turn out in the block only: `places` are read when it ends.
    """
    failed, began = True, time.perf_counter_ns()
    try:
        yield
        failed = False
    finally:
        spent, name = time.perf_counter_ns() - began, _name(collection, operation)
        about = _about(collection, operation) if places else {}
        for place in places:
            here = tracing.child(place)
            tracing.record(Span(name, here, place.span_id, spent, Kind.CLIENT, about, failed))


def _name(collection: AsyncIOMotorCollection[Document], operation: str) -> str:
    return f"{operation} {collection.name}"


def _about(collection: AsyncIOMotorCollection[Document], operation: str) -> Mapping[str, str]:
    return {
        "db.system.name": "mongodb",
        "db.namespace": collection.database.name,
        "db.collection.name": collection.name,
        "db.operation.name": operation,
    }
