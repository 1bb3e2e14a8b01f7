"""What a service hands to `main`: everything that can be run, nothing running yet."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from services.kernel.events import Handlers
from services.kernel.mongo import Aggregates
from services.kernel.privacy.erasing import Eraser
from services.kernel.rpc.server import Servicer

Hook = Callable[[], Awaitable[None]]
Loop = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """One service, wired.

    servicers   what it serves: (generated add function, implementation, full service name)
    handlers    what it hears, None if nothing
    kinds       its aggregates: the relay publishes their events, the due loop fires their timers
    loops       further loops of its own, each until the event is set
    erased      its event PersonalDataErased, if it keeps personal data: who is erased is then forgotten here
    erasers     what forgets a person whom this process remembers, beside what its kinds say of documents
    start, stop run before serving and after everything ended, in order
    """

    name: str
    servicers: Sequence[Servicer] = ()
    handlers: Handlers | None = None
    kinds: Sequence[Aggregates[Any]] = ()
    loops: Sequence[Loop] = ()
    erased: type[Message] | None = None
    erasers: Sequence[Eraser] = ()
    start: Sequence[Hook] = ()
    stop: Sequence[Hook] = ()
