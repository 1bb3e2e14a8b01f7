"""A collector that reads what it gets by the published messages of OTLP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from deploy.local.ports import LOOPBACK


@dataclass
class Collector:
    """Answers with `answers` in turn, then with 200; keeps every span it took, and who sent it."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    rejects: int = 0
    spans: list[Span] = field(default_factory=list)
    senders: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    held: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Take one export request."""
        body = await request.read()
        self.asked += 1
        self.came.set()
        if self.held is not None:
            await self.held.wait()
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        assert request.content_type == "application/x-protobuf"
        for one in service.ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {said.key: said.value.string_value for said in one.resource.attributes}
            self.senders.append(about)
            self.spans += [span for scope in one.scope_spans for span in scope.spans]
        partial = service.ExportTracePartialSuccess(rejected_spans=self.rejects)
        answer = service.ExportTraceServiceResponse(partial_success=partial)
        return web.Response(body=answer.SerializeToString(), content_type="application/x-protobuf")

    async def until(self, count: int) -> Sequence[Span]:
        """Return all spans once there are so many."""
        async with asyncio.timeout(60):
            while len(self.spans) < count:
                self.came.clear()
                await self.came.wait()
                await asyncio.sleep(0)
        return self.spans


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Listen on a free port."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    (address, *_) = runner.addresses
    collector.url = f"http://{LOOPBACK}:{address[1]}"
    yield collector
    if collector.held is not None:
        collector.held.set()
    await runner.cleanup()
