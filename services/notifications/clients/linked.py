"""What calls for whom a link was written for have in common.

The service calls with its own identity. The person stands in every request, which the other service holds
against whom it asks, and in the metadata that its audit log keeps: they acted, by a link.
"""

from collections.abc import Awaitable
from typing import TypedDict, TypeVar

import grpc

from services.kernel import ids
from services.kernel.errors import Unavailable
from services.kernel.rpc.client import PASSING
from services.kernel.rpc.recording import BEHALF
from services.kernel.rpc.status import refusal_of
from services.notifications.domain.links import Action

T = TypeVar("T")


class Names(TypedDict):
    """Resource and person of a request."""

    name: str
    person: str


def names(action: Action) -> Names:
    """Return what a request is about."""
    organization = ids.name("organizations", action.tenant)
    return {"name": f"{organization}/{action.resource}", "person": f"{organization}/people/{action.person}"}


def behalf(action: Action) -> tuple[tuple[str, str], ...]:
    """Return the metadata that says who acts."""
    return ((BEHALF, action.person),)


def request_id(action: Action, answer: str) -> str:
    """Return the id of a person's answer, which a repeat of it has too."""
    return ids.derived_id("link", action.tenant, action.person, action.resource, answer)


async def answered(call: Awaitable[T]) -> T:
    """Return what a service answers. Raises its refusals, and Unavailable ASKER_UNAVAILABLE."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() in PASSING:
            raise Unavailable("ASKER_UNAVAILABLE", "this cannot be answered now") from error
        if (refusal := refusal_of(error)) is not None:
            raise refusal from error
        raise
