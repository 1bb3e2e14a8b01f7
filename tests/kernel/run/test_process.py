"""Whole processes: started as an operator would, asked over sockets, told to stop by signals."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import msgspec
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2_grpc as grpc_pb
from tests.kernel.issuer import ISSUER, Issuer
from tests.kernel.rpc.people import ADA, person

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[3]
RELEASE = pb.CreatePersonRequest(parent="organizations/acme", person_id="ada", person=person())


@dataclass
class Running:
    """A started process and what it printed so far."""

    process: Process
    printed: list[dict[str, Any]] = field(default_factory=list)
    ports: tuple[int, int] = (0, 0)

    async def until(self, event: str) -> dict[str, Any]:
        """Read output up to the log line of this event and return it."""
        assert self.process.stdout
        while line := (await self.process.stdout.readline()).decode().strip():
            parsed: dict[str, Any] = msgspec.json.decode(line)
            self.printed.append(parsed)
            if parsed["event"] == event:
                return parsed
        raise AssertionError(f"ended without {event}: {self.printed} {await self.errors()}")

    async def errors(self) -> str:
        assert self.process.stderr
        return (await self.process.stderr.read()).decode()

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 20)


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(mongo_url: str, oidc: Issuer) -> AsyncIterator[Start]:
    """Start the service with changed environment and wait until it serves; kill what is left afterwards."""
    started: list[Running] = []
    good = {
        "ENVIRONMENT": "development",
        "MONGO_URL": mongo_url,
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "OIDC_ISSUER": ISSUER,
        "OIDC_JWKS_URL": oidc.jwks_url,
        "OIDC_TOKEN_URL": oidc.token_url,
        "DRAIN_SECONDS": "5",
        "PYTHONPATH": str(ROOT),
    }

    async def begin(*arguments: str, serving: bool = True, **changes: str) -> Running:
        command = [sys.executable, "-m", "tests.kernel.run.served", *arguments]
        environment = {**os.environ, **good, **changes}
        made = Running(
            await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment)
        )
        started.append(made)
        if serving:
            line = await made.until("serving")
            made.ports = (line["grpc_port"], line["metrics_port"])
        return made

    yield begin
    for running in started:
        if running.process.returncode is None:
            running.process.kill()
            await running.process.wait()


async def probe(running: Running, path: str) -> int:
    url = f"http://127.0.0.1:{running.ports[1]}{path}"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status


async def test_a_service_starts_becomes_ready_and_stops_cleanly_on_sigterm(start: Start) -> None:
    running = await start()
    assert [await probe(running, path) for path in ("/readyz", "/healthz", "/metrics")] == [200, 200, 200]
    running.process.send_signal(signal.SIGTERM)
    stopped = await running.until("stopped")
    assert await running.ended() == 0
    assert stopped["failed"] is False
    assert [line["name"] for line in running.printed if line["event"] == "hook"] == ["start", "stop"]


async def test_calls_in_flight_end_well_after_sigterm_and_new_ones_pass_during_the_pause(
    start: Start, oidc: Issuer
) -> None:
    running = await start(DRAIN_PAUSE_SECONDS="1.5")
    metadata = (("authorization", f"Bearer {oidc.token()}"),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.ports[0]}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        watched = health.Watch(health_pb2.HealthCheckRequest())
        assert (await watched.read()).status == health_pb2.HealthCheckResponse.SERVING
        stub = grpc_pb.PersonServiceStub(channel)
        held = [
            asyncio.ensure_future(
                stub.GetPerson(pb.GetPersonRequest(name=ADA), metadata=metadata, timeout=20)
            )
            for _ in range(20)
        ]
        await stub.UpdatePerson(
            pb.UpdatePersonRequest(person=person(name=ADA)), metadata=metadata, timeout=30
        )
        running.process.send_signal(signal.SIGTERM)
        assert (await watched.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert await probe(running, "/readyz") == 503
        assert await probe(running, "/healthz") == 200
        await stub.CreatePerson(RELEASE, metadata=metadata, timeout=30)
        assert await asyncio.gather(*held) == [pb.Person(name=ADA)] * 20
    assert await running.ended() == 0


@pytest.mark.parametrize("loop", ["dies", "ends"])
async def test_a_part_that_ends_by_itself_ends_the_process_with_an_error(start: Start, loop: str) -> None:
    """A process that only half works looks healthy and is not: the supervisor shall start a fresh one."""
    running = await start(LOOP=loop)
    assert (await running.until("role_ended"))["role"] == "work-0"
    assert (await running.until("stopped"))["failed"] is True
    assert await running.ended() == 1


async def test_a_part_that_does_not_stop_is_cut_off_and_reported(start: Start) -> None:
    running = await start(LOOP="ignores", DRAIN_SECONDS="0.2")
    running.process.send_signal(signal.SIGINT)
    assert (await running.until("role_would_not_stop"))["role"] == "work-0"
    assert await running.ended() == 1


async def test_only_the_roles_asked_for_run(start: Start) -> None:
    running = await start("work")
    assert running.ports[0] == 0
    assert running.printed[-1]["roles"] == ["work"]


async def test_without_its_database_a_service_ends_with_an_error_and_no_secret(
    start: Start, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2")
    login = {"MONGO_USERNAME": "root", "MONGO_PASSWORD_FILE": str(password)}
    running = await start("work", serving=False, MONGO_URL="mongodb://127.0.0.1:1/", **login)
    assert (await running.until("start_failed"))["error_type"] == "ServerSelectionTimeoutError"
    assert await running.ended() == 1
    assert "hunter2" not in str(running.printed) + await running.errors()


async def test_a_taken_port_is_an_error(start: Start) -> None:
    first = await start()
    second = await start(serving=False, GRPC_ADDRESS=f"127.0.0.1:{first.ports[0]}")
    assert (await second.until("start_failed"))["error_type"] == "OSError"
    assert await second.ended() == 1
