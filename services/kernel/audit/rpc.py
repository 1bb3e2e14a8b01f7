# ruff: noqa: ARG002 -- the contract gives every method a context
"""Lists, exports and verifies the audit log of this service: decode, read, encode."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import grpc

from services.kernel.audit import wire
from services.kernel.audit.checking import Ages, Chain, check
from services.kernel.audit.entry import Entry
from services.kernel.mongo.model import Query
from services.kernel.rpc import caller
from services.kernel.rpc.server import Servicer
from services.pb.mentoring.audit.v1 import audit_service_pb2 as pb
from services.pb.mentoring.audit.v1.audit_service_pb2_grpc import (
    AuditServiceServicer,
    add_AuditServiceServicer_to_server,
)

NAME: Final = "mentoring.audit.v1.AuditService"
_CHUNK_BYTES: Final = 64 * 1024
_CHAINED_WITHIN: Final = timedelta(minutes=2)
_FRESH: Final = timedelta(minutes=1)
Context = grpc.aio.ServicerContext[Any, Any]


class Trail(Chain, Protocol):
    """Where entries are read from; `kernel.mongo.trail.Trail` states the contract."""

    async def list(self, tenant: str, query: Query) -> tuple[Sequence[Entry], str]:
        """Return a page, latest first, and the token of the next."""

    def walk(self, tenant: str, where: Mapping[str, Any]) -> AsyncIterator[Entry]:
        """Yield all entries that match, earliest first."""

    async def places(self, tenant: str, span: tuple[datetime, datetime]) -> Mapping[str, tuple[int, str]]:
        """Return place and hash of the entries chained in a time, by id."""

    async def count(self, tenant: str, until: datetime) -> int:
        """Return how many entries there are up to an instant."""


def audit_servicer(trail: Trail, retention: timedelta) -> Servicer:
    """Return what every server serves beside its own."""
    return add_AuditServiceServicer_to_server, AuditServicer(trail, retention), NAME


class AuditServicer(AuditServiceServicer):
    """`retention` is how long entries are kept."""

    def __init__(self, trail: Trail, retention: timedelta) -> None:
        self._trail = trail
        self._retention = retention

    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        """Return a page with each entry's place in the chain."""
        query = Query(wire.where(request.filter), request.page_size, request.page_token)
        entries, token = await self._trail.list(caller().org, query)
        places = await self._places(entries)
        shown = [wire.entry(entry, places.get(entry.id, (0, ""))) for entry in entries]
        return pb.ListAuditEntriesResponse(audit_entries=shown, next_page_token=token)

    async def _places(self, entries: Sequence[Entry]) -> Mapping[str, tuple[int, str]]:
        if not entries:
            return {}
        times = [entry.at for entry in entries]
        return await self._trail.places(caller().org, (min(times), max(times) + _CHAINED_WITHIN))

    async def ExportAuditEntries(
        self, request: pb.ExportAuditEntriesRequest, context: Context
    ) -> AsyncIterator[pb.ExportAuditEntriesResponse]:
        """Send the file in parts of some 64 KiB."""
        as_csv = request.format == pb.ExportAuditEntriesRequest.FORMAT_CSV
        encode = wire.csv_row if as_csv else wire.json_line
        part = bytearray(wire.csv_header() if as_csv else b"")
        async for entry in self._trail.walk(caller().org, wire.where(request.filter)):
            part += encode(entry)
            if len(part) >= _CHUNK_BYTES:
                yield pb.ExportAuditEntriesResponse(data=bytes(part))
                part.clear()
        if part:
            yield pb.ExportAuditEntriesResponse(data=bytes(part))

    async def VerifyAuditChain(
        self, request: pb.VerifyAuditChainRequest, context: Context
    ) -> pb.VerifyAuditChainResponse:
        """Compare everything that is kept with the chain."""
        now, tenant = datetime.now(UTC), caller().org
        ages = Ages(expired=now - self._retention, settled=now - _FRESH)
        found = await check(self._trail, tenant, ages, wire.head(request))
        return wire.report(found, tenant, await self._trail.count(tenant, ages.settled) - found.settled)
