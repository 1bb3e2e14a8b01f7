"""Start, health, reflection and drain of the server."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.kernel.rpc.server import MOST_PAUSES, lull
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.rpc.conftest import Running, Start, failure
from tests.kernel.rpc.people import ADA, NAME

GET = pb.GetPersonRequest(name=ADA)


async def serving(running: Running, name: str) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(running.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=30)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@pytest.mark.parametrize("name", ["", "readiness", "liveness", NAME])
async def test_health_is_answered_without_a_token(running: Running, name: str) -> None:
    assert await serving(running, name)


def reflections(channel: Any) -> Any:
    return reflection_pb2_grpc.ServerReflectionStub(channel)


async def services(running: Running) -> set[str]:
    stub = reflections(running.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([request]), timeout=30):
        return {service.name for service in answer.list_services_response.service}
    return set()


async def test_development_shows_its_contract(running: Running) -> None:
    assert await services(running) > {NAME, "grpc.health.v1.Health"}


async def test_production_does_not(start: Start) -> None:
    running = await start(
        environment="production",
        encrypted_by_network=["grpc", "kafka", "mongo"],
        oidc_issuer="https://issuer.test",
        oidc_jwks_url="https://issuer.test",
        oidc_token_url="https://issuer.test",
    )
    assert (await failure(services(running))).code is grpc.StatusCode.UNIMPLEMENTED


def waiting() -> int:
    """How many tasks wait for a call, at whatever server of this process."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return sum("_request_" in name for name in names)


async def test_the_server_waits_once_however_many_methods_it_serves(start: Start) -> None:
    """One wait per method would make every call dearer with every method: see `Routes`."""
    before = waiting()
    running = await start()
    assert await serving(running, "")
    assert waiting() - before == 1


async def test_a_taken_port_is_an_error_not_a_shared_one(running: Running, start: Start) -> None:
    with pytest.raises(OSError, match="cannot listen"):
        await start(grpc_address=f"127.0.0.1:{running.port}")


async def test_calls_in_flight_end_well_while_the_server_drains(running: Running) -> None:
    running.people.hold = True
    sent = running.auth()
    held = [asyncio.ensure_future(running.stub.GetPerson(GET, metadata=sent, timeout=30)) for _ in range(20)]
    for _ in held:
        await running.people.arrived.get()
    draining = asyncio.create_task(running.server.drain())
    await asyncio.sleep(0)
    running.people.release.set()
    assert await asyncio.gather(*held) == [pb.Person(name=ADA)] * 20
    await draining


@pytest.mark.servers
async def test_no_call_fails_when_clients_follow_health_while_servers_are_replaced(start: Start) -> None:
    """Drain pauses between NOT_SERVING and closing, so that a client that watches health has moved on."""
    old, new = await start(drain_pause_seconds=2), await start()
    sent = old.auth()
    new.issuer = old.issuer
    moved = asyncio.Event()

    async def watch() -> None:
        stub: Any = health_pb2_grpc.HealthStub(old.channel)
        async for answer in stub.Watch(health_pb2.HealthCheckRequest(service="")):
            if answer.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                moved.set()
                return

    async def work() -> int:
        done = 0
        while not moved.is_set() or done < 50:
            target = new if moved.is_set() else old
            await target.stub.GetPerson(GET, metadata=sent, timeout=10)
            done += 1
        return done

    watching = asyncio.create_task(watch())
    workers = [asyncio.create_task(work()) for _ in range(4)]
    await old.people.arrived.get()
    await old.server.drain()
    await watching
    assert min(await asyncio.gather(*workers)) >= 50
    assert not new.people.arrived.empty()


class Callers:
    """Calls that come during pauses: `calls[n]` in the nth, none later."""

    def __init__(self, *calls: int) -> None:
        self.arrived = 0
        self.pauses = 0
        self._calls = list(calls)

    async def sleep(self, _: float) -> None:
        self.pauses += 1
        self.arrived += self._calls.pop(0) if self._calls else 0


@pytest.mark.parametrize(
    ("calls", "pauses"), [((), 1), ((0, 7), 1), ((3,), 2), ((3, 1), 3), ((1,) * 99, MOST_PAUSES)]
)
async def test_it_goes_when_no_call_has_come_for_a_pause_or_after_several(
    calls: tuple[int, ...], pauses: int
) -> None:
    callers = Callers(*calls)
    await lull(lambda: callers.arrived, 2, callers.sleep)
    assert callers.pauses == pauses


@pytest.mark.servers
async def test_liveness_outlives_readiness(start: Start) -> None:
    """A draining process must not be restarted in mid-drain."""
    running = await start(drain_pause_seconds=2)
    watched: asyncio.Queue[str] = asyncio.Queue()

    async def watch(name: str) -> None:
        stub: Any = health_pb2_grpc.HealthStub(running.channel)
        async for answer in stub.Watch(health_pb2.HealthCheckRequest(service=name)):
            await watched.put(f"{name}={answer.status}")

    watcher = asyncio.create_task(watch("readiness"))
    assert await watched.get() == "readiness=1"
    draining = asyncio.create_task(running.server.drain())
    assert await watched.get() == "readiness=2"
    assert await serving(running, "liveness")
    watcher.cancel()
    await draining


async def test_the_descriptors_served_are_those_of_the_contract(running: Running) -> None:
    stub = reflections(running.channel)
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=NAME)
    async for answer in stub.ServerReflectionInfo(iter([request]), timeout=30):
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(data)
            for data in answer.file_descriptor_response.file_descriptor_proto
        ]
        expected = descriptor_pool.Default().FindServiceByName(NAME).file.name
        assert expected in {file.name for file in files}
        return
