"""Tells the audit log of calls, before their answer leaves: what is not recorded is not acknowledged."""

import asyncio
import hashlib
import random
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import grpc
from pymongo.errors import PyMongoError

from services.kernel import clock, ids, log, metrics
from services.kernel.allowances import Network
from services.kernel.audit.entry import STARTED, Entry
from services.kernel.auth import Caller
from services.kernel.mongo import touched
from services.kernel.rpc import peers
from services.kernel.rpc.limits import SERVICE
from services.kernel.rpc.visit import Visit

WATCHED: Final = frozenset({"hr_admin", "operator"})
"""Roles whose reads of personal data are told."""
BEHALF: Final = "x-on-behalf-of"
"""Metadata in which a service says for which person it calls."""

_MOST_NAMES: Final = 20
_ETAG: Final = re.compile(r'"\d{1,18}"')
_MOST_AGENT: Final = 200
_LEAST_SECONDS: Final = 1.0
_MALFORMED: Final = "(malformed)"
_UNTOLD: Final = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAUTHENTICATED}
"""A flood must not fill the log: such calls are counted, and leave a line in the service's log."""


class Trail(Protocol):
    """Where entries are kept; `kernel.mongo.trail.Trail` states the contract."""

    async def record(self, entry: Entry) -> None:
        """Store an entry."""


class Recorder:
    """Records the calls of one server."""

    def __init__(self, trail: Trail, trusted: Sequence[Network]) -> None:
        self._trail = trail
        self._trusted = trusted
        self._late: set[asyncio.Task[None]] = set()

    def begin(self, visit: Visit) -> None:
        """Listen to what the call changes."""
        if visit.method.rule.mutates:
            touched.changes.set([])

    def wants(self, visit: Visit) -> bool:
        """Whether the log tells of a call that ends as it stands now."""
        caller, rule = visit.caller, visit.method.rule
        if caller is None or visit.code in _UNTOLD:
            return False
        if rule.mutates or visit.foreign or visit.code is grpc.StatusCode.PERMISSION_DENIED:
            return True
        return rule.personal and not WATCHED.isdisjoint(caller.roles)

    async def started(self, visit: Visit, peer: str) -> None:
        """Record that a stream begins, before any of it is sent."""
        if self.wants(visit):
            await self._trail.record(self._entry(visit, peer, STARTED))

    async def ended(self, visit: Visit, peer: str) -> None:
        """Record how a call ended. PyMongoError, TimeoutError: it is not recorded."""
        await self._trail.record(self._entry(visit, peer, visit.code.name))

    async def refused(self, visit: Visit, peer: str) -> None:
        """Record a call that acknowledges nothing: it is answered also when it cannot be recorded."""
        if not self.wants(visit):
            return
        least = time.monotonic() + _LEAST_SECONDS
        clock.deadline.set(max(clock.deadline.get() or least, least))
        try:
            await self.ended(visit, peer)
        except (PyMongoError, TimeoutError) as error:
            metrics.AUDIT_LOST.inc()
            log.get_logger().warning("audit_entry_lost", method=visit.method.path, exc_info=error)

    def cut_off(self, visit: Visit, peer: str) -> None:
        """Record a call whose task is ending, in one of its own; `settle` waits for those."""
        if not self.wants(visit):
            return
        task = asyncio.create_task(self.refused(visit, peer), name="audit")
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def settle(self) -> None:
        """Return once nothing waits to be recorded."""
        await asyncio.gather(*self._late)

    def _entry(self, visit: Visit, peer: str, code: str) -> Entry:
        caller: Any = visit.caller
        request, answer = visit.request, visit.answer
        return Entry(
            id=f"{time.time_ns():016x}{random.getrandbits(64):016x}",
            tenant=caller.org,
            at=_now(),
            caller=caller.subject,
            roles=sorted(caller.roles),
            method=visit.method.path[1:],
            code=code,
            call=visit.request_id,
            reason=visit.reason,
            behalf=_behalf(caller, visit.metadata.get(BEHALF, "")),
            resources=_names(visit),
            changes=touched.changes.get() or (),
            digest=hashlib.sha256(visit.raw).hexdigest() if visit.raw else "",
            etag=_etag(request),
            new_etag=_etag(answer),
            address=peers.address(peer, visit.metadata, self._trusted),
            agent=str(visit.metadata.get("user-agent", ""))[:_MOST_AGENT],
        )


def _now() -> datetime:
    """Return the machine's own time, as the database keeps it; a development clock must not stamp this."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _behalf(caller: Caller, told: object) -> str:
    believed = SERVICE in caller.roles and isinstance(told, str) and ids.is_segment(told)
    return str(told) if believed else ""


def _etag(message: Any) -> str:
    found = getattr(message, "etag", "")
    if not found or not isinstance(found, str):
        return ""
    return found if _ETAG.fullmatch(found) else _MALFORMED


def _names(visit: Visit) -> Sequence[str]:
    """Return the names a call was about, without any text that is no name."""
    found = dict.fromkeys(_said(visit))
    return [name if ids.is_name(name) else _MALFORMED for name in list(found)[:_MOST_NAMES]]


def _said(visit: Visit) -> Iterator[str]:
    rule, request = visit.method.rule, visit.request
    if request is not None:
        yield from rule.resource(request)
        for _, read in rule.references:
            yield from filter(None, read(request))
    named = getattr(visit.answer, "name", "")
    if isinstance(named, str) and named:
        yield named
