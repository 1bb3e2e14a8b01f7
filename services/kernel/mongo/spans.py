"""Spans of database commands, named and described as OpenTelemetry does: `find people`.

They tell which command on which collection, never what it asked for or got.
"""

from contextlib import AbstractContextManager

from motor.motor_asyncio import AsyncIOMotorCollection

from services.kernel import tracing
from services.kernel.mongo.documents import Document
from services.kernel.tracing import Kind, Outcome


def command(collection: AsyncIOMotorCollection[Document], operation: str) -> AbstractContextManager[Outcome]:
    """Measure the block as a command, for a caller who is traced.

    Of a command that several callers share each measures its own, from asking to the answer.
    """
    if not tracing.is_sampled():
        return tracing.UNMEASURED
    return tracing.span(
        f"{operation} {collection.name}",
        Kind.CLIENT,
        db__system__name="mongodb",
        db__namespace=collection.database.name,
        db__collection__name=collection.name,
        db__operation__name=operation,
    )
