"""Calls from one service to another: two real servers would need two contracts, so a handler asks its own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc

from services.kernel import clock, errors, metrics, tracing
from services.kernel.auth import Caller
from services.kernel.rpc import client, context, status
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2_grpc as grpc_pb
from tests.kernel.issuer import Issuer
from tests.kernel.rpc.conftest import Running, failure
from tests.kernel.rpc.people import ADA, NAME, Context, People

GET = pb.GetPersonRequest(name=ADA)


class Identity:
    """A service identity that signs at once."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self.asked: list[str] = []

    async def token(self, org: str) -> str:
        self.asked.append(org)
        return self._issuer.token(org=org, sub="scheduling", roles=["service"])


@pytest.fixture
def identity(oidc: Issuer) -> Identity:
    return Identity(oidc)


@pytest.fixture
async def stub(running: Running, identity: Identity) -> AsyncIterator[grpc_pb.PersonServiceStub]:
    channel = client.channel(f"127.0.0.1:{running.port}", identity)
    yield grpc_pb.PersonServiceStub(channel)
    await channel.close()


@pytest.fixture(autouse=True)
def _no_deadline() -> None:
    clock.deadline.set(None)


async def test_a_call_is_made_in_the_services_own_name_for_the_organization_it_is_about(
    stub: grpc_pb.PersonServiceStub, running: Running, identity: Identity
) -> None:
    assert await stub.GetPerson(GET) == pb.Person(name=ADA)
    assert identity.asked == ["acme"]
    assert (await running.people.arrived.get()).startswith("acme/scheduling/")


async def test_the_request_id_of_our_own_call_goes_along(
    stub: grpc_pb.PersonServiceStub, running: Running
) -> None:
    context.current.set(context.Call("/S/M", "r-42", Caller("acme", "ada", frozenset())))
    await stub.GetPerson(GET)
    assert await running.people.arrived.get() == "acme/scheduling/r-42"


async def test_the_trace_goes_along(stub: grpc_pb.PersonServiceStub, running: Running) -> None:
    own = tracing.begin()
    tracing.attach(own)
    await stub.GetPerson(GET)
    (there,) = running.people.traces
    assert there is not None
    assert (there.trace_id, there.sampled) == (own.trace_id, False)
    assert there.span_id != own.span_id


async def test_both_sides_of_a_sampled_call_are_spans_of_one_trace(stub: grpc_pb.PersonServiceStub) -> None:
    own, ended = tracing.begin(sample=1), asyncio.Queue[tracing.Span]()
    tracing.attach(own)
    tracing.export_to(ended.put_nowait)
    try:
        await stub.GetPerson(GET)
        spans = [await ended.get() for _ in range(2)]  # the server's may end after its answer has left
    finally:
        tracing.export_to(None)
    asking, answering = sorted(spans, key=lambda span: span.kind, reverse=True)
    assert (asking.kind, answering.kind) == (tracing.Kind.CLIENT, tracing.Kind.SERVER)
    assert (asking.parent_id, answering.parent_id) == (own.span_id, asking.place.span_id)
    assert {one.name for one in spans} == {"mentoring.profiles.v1.PersonService/GetPerson"}
    assert answering.attributes == {"rpc.system.name": "grpc", "rpc.response.status_code": "OK"}


async def test_our_own_deadline_bounds_the_call(stub: grpc_pb.PersonServiceStub, running: Running) -> None:
    running.people.hold = True
    clock.deadline.set(time.monotonic() + 0.3)
    assert (await failure(stub.GetPerson(GET, timeout=30))).code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_without_time_left_nobody_is_asked(stub: grpc_pb.PersonServiceStub, running: Running) -> None:
    clock.deadline.set(time.monotonic() + 0.01)
    with pytest.raises(TimeoutError):
        await stub.GetPerson(GET)
    assert running.people.requests == []


async def test_a_refusal_comes_back_as_the_kind_it_was(
    stub: grpc_pb.PersonServiceStub, running: Running
) -> None:
    running.people.error = errors.NotFound("PERSON_NOT_FOUND", "no such person")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetPerson(GET)
    refusal = status.refusal_of(caught.value)
    assert isinstance(refusal, errors.NotFound)
    assert refusal.reason == "PERSON_NOT_FOUND"


class Stopping(People):
    """Answers its first call as gRPC's own server answers calls that come in just when it stops."""

    calls = 0

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:  # noqa: N802
        self.calls += 1
        if self.calls == 1:
            await context.abort(grpc.StatusCode.CANCELLED)
        return pb.Person(name=request.name)


@pytest.fixture
async def stopping() -> AsyncIterator[tuple[Stopping, int]]:
    server, people = grpc.aio.server(), Stopping()
    grpc_pb.add_PersonServiceServicer_to_server(people, server)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield people, port
    await server.stop(None)


async def test_a_call_that_a_stopping_server_cut_off_is_made_again(
    stopping: tuple[Stopping, int], identity: Identity
) -> None:
    people, port = stopping
    async with client.channel(f"127.0.0.1:{port}", identity) as channel:
        assert await grpc_pb.PersonServiceStub(channel).GetPerson(GET) == pb.Person(name=ADA)
    assert people.calls == 2


async def test_who_gives_a_call_up_ends_it_and_asks_once(
    stub: grpc_pb.PersonServiceStub, running: Running
) -> None:
    running.people.hold = True
    asking = asyncio.ensure_future(stub.GetPerson(GET, timeout=60))
    await running.people.arrived.get()
    asking.cancel()
    await running.people.cancelled.wait()
    assert running.people.left > 0
    running.people.hold = False
    assert await stub.GetPerson(GET) == pb.Person(name=ADA)
    assert len(running.people.requests) == 2


async def test_an_issuer_that_is_down_is_our_own_unavailability(running: Running) -> None:
    class Nobody:
        async def token(self, org: str) -> str:
            raise errors.Unavailable("ISSUER_UNAVAILABLE", org)

    async with client.channel(f"127.0.0.1:{running.port}", Nobody()) as channel:
        with pytest.raises(errors.Unavailable):
            await grpc_pb.PersonServiceStub(channel).GetPerson(GET)


async def test_calls_are_counted_by_outcome(stub: grpc_pb.PersonServiceStub) -> None:
    counter = metrics.GRPC_CLIENT_HANDLED.labels(NAME, "GetPerson", "OK")
    before = counter._value.get()
    await stub.GetPerson(GET)
    assert counter._value.get() == before + 1


def test_the_service_config_sets_no_timeout_of_its_own() -> None:
    """A timeout there fires at random moments and never reaches the server (grpc/grpc #40633)."""
    config = json.loads(str(dict(client.OPTIONS)["grpc.service_config"]))
    assert "timeout" not in config["methodConfig"][0]
    assert config["methodConfig"][0]["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"]
