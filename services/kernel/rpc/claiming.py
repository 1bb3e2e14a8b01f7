"""Holds callers to what their request ids stand for, before a handler runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from google.protobuf.message import Message

from services.kernel.errors import Refusal
from services.kernel.mongo import Cause
from services.kernel.rpc import context


class Claims(Protocol):
    """Where it is kept what ids stand for; `kernel.mongo.claims.Claims` states the contract."""

    async def take(self, tenant: str, cause: Cause) -> bool:
        """Let an id stand for a request."""

    async def free(self, tenant: str, cause: Cause) -> None:
        """Forget it."""


@asynccontextmanager
async def claimed(claims: Claims, request: Message) -> AsyncIterator[bool]:
    """Let the `request_id` of `request`, which has one, stand for it; yield whether it is new.

    Invalid REQUEST_ID_REUSED.
    A refusal inside gives a new id back: it changed nothing, and its caller may mend the request.
    """
    tenant, cause = context.caller().org, context.cause(request)
    new = await claims.take(tenant, cause)
    try:
        yield new
    except Refusal:
        if new:
            await claims.free(tenant, cause)
        raise
