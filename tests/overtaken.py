"""A store in which somebody else is faster: what two requests of one moment do to each other, each time."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.kernel.mongo.singletons import Singletons

S = TypeVar("S")


class Overtaken(Generic[S]):
    """`kept`, in which `other` happens between the look that finds nothing and what is created then."""

    def __init__(self, kept: Singletons[S], other: Callable[[], Awaitable[object]]) -> None:
        self._kept = kept
        self._other = other

    async def get(self, ref: Ref) -> Versioned[S]:
        return await self._kept.get(ref)

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        await self._other()
        return await self._kept.create(ref, state, events, cause)

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        return await self._kept.change(ref, decide, cause, etag=etag)
