"""What one caller, one address or one message can take from everybody else, tried on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kernel import metrics
from services.kernel.allowances import allowances, networks
from services.kernel.rates import Rate
from services.kernel.rpc.gate import Limits
from services.kernel.rpc.server import LARGEST_MESSAGE
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.issuer import Key, claims, sign
from tests.kernel.rpc.conftest import Failure, Running, Start, failure, failure_of
from tests.kernel.rpc.people import ADA, GET, NAME

Code = grpc.StatusCode
REQUEST = pb.GetPersonRequest(name=ADA)
SLOW = Rate(0.01, 3)
STREAMS = 256


def limited(reason: str) -> float:
    return float(metrics.GRPC_LIMITED.labels(reason)._value.get())


async def get(running: Running, **who: Any) -> Code | Failure:
    """Return OK or how the call failed."""
    call = running.stub.GetPerson(REQUEST, metadata=running.auth(**who), timeout=10)
    if await call.code() is Code.OK:
        return Code.OK
    return await failure(call)


async def import_file(running: Running) -> Code | Failure:
    chunk = pb.ImportPeopleRequest(parent="organizations/acme", data=b"a")
    call = running.stub.ImportPeople(iter([chunk]), metadata=running.auth(), timeout=10)
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        return failure_of(error)
    return Code.OK


def told(seen: Code | Failure, reason: str, scope: str) -> float:
    """Check a refusal as a client reads it; return after how many seconds it says to come back."""
    assert isinstance(seen, Failure)
    assert (seen.code, seen.info.reason) == (Code.RESOURCE_EXHAUSTED, reason)
    (quota,), (retry,) = seen.of(error_details_pb2.QuotaFailure), seen.of(error_details_pb2.RetryInfo)
    assert [violation.subject for violation in quota.violations] == [scope]
    return float(retry.retry_delay.ToMilliseconds()) / 1000


async def test_a_caller_who_is_too_fast_waits_and_others_do_not(start: Start) -> None:
    running, before = await start(rate_caller=SLOW), limited("CALLER_RATE_EXCEEDED")
    assert [await get(running) for _ in range(3)] == [Code.OK] * 3
    assert 90 < told(await get(running), "CALLER_RATE_EXCEEDED", "caller") <= 100
    assert await get(running, sub="bob") is Code.OK
    assert limited("CALLER_RATE_EXCEEDED") == before + 1
    assert len(running.people.requests) == 4


async def test_an_organization_that_is_too_fast_waits_and_others_do_not(start: Start) -> None:
    running = await start(rate_tenant=SLOW)
    assert [await get(running, sub=f"p{number}") for number in range(3)] == [Code.OK] * 3
    assert told(await get(running, sub="p4"), "TENANT_RATE_EXCEEDED", "organization") > 90
    assert isinstance(await get(running, sub="p5", org="globex"), Failure), "NOT_FOUND, so it was let through"
    assert limited("TENANT_RATE_EXCEEDED") > 0


async def test_who_may_not_call_is_held_up_all_the_same(start: Start) -> None:
    running = await start(rate_caller=SLOW)
    refused = [await get(running, roles=["operator"]) for _ in range(4)]
    codes = [seen.code for seen in refused if isinstance(seen, Failure)]
    assert codes == [Code.PERMISSION_DENIED] * 3 + [Code.RESOURCE_EXHAUSTED]


async def test_a_day_has_so_many_calls(start: Start) -> None:
    running = await start(daily_calls_caller=2)
    assert [await get(running), await get(running)] == [Code.OK] * 2
    assert 0 < told(await get(running), "DAILY_CALLS_EXCEEDED", "caller") <= 86_400


async def test_a_stream_takes_of_its_daily_allowance_when_it_begins(start: Start) -> None:
    running = await start(daily_quotas=allowances("imports=1:5"))
    assert await import_file(running) is Code.OK
    told(await import_file(running), "DAILY_QUOTA_EXCEEDED", "caller")


async def test_a_flood_without_tokens_is_cut_off_while_known_callers_pass(start: Start) -> None:
    running, before = await start(rate_address=Rate(1, 50)), limited("TOO_MANY_BAD_TOKENS")
    known = running.auth()
    await running.stub.GetPerson(REQUEST, metadata=known, timeout=30)
    codes = [(await failure(running.stub.GetPerson(REQUEST, timeout=30))).code for _ in range(80)]
    assert codes[:50] == [Code.UNAUTHENTICATED] * 50
    assert codes[-1] is Code.RESOURCE_EXHAUSTED
    assert limited("TOO_MANY_BAD_TOKENS") > before
    await running.stub.GetPerson(REQUEST, metadata=known, timeout=30)


async def test_a_flood_of_unknown_keys_asks_the_issuer_once(start: Start) -> None:
    running = await start()
    assert await get(running) is Code.OK
    fetched = running.issuer.fetches
    for number in range(80):
        forged = sign(Key(f"unknown-{number}", private=running.issuer.keys[0].private), claims())
        call = running.stub.GetPerson(REQUEST, metadata=(("authorization", f"Bearer {forged}"),), timeout=30)
        assert (await failure(call)).info.reason == "UNKNOWN_KEY"
    assert running.issuer.fetches - fetched <= 1


async def test_an_address_is_that_before_the_trusted_proxy(start: Start) -> None:
    running = await start(rate_address=Rate(0.01, 1), trusted_proxies=networks("127.0.0.0/8,::1/128"))

    async def strike(address: str) -> Code:
        sent = (("x-forwarded-for", address),)
        return (await failure(running.stub.GetPerson(REQUEST, metadata=sent, timeout=30))).code

    codes = [await strike(address) for address in ("203.0.113.9", "203.0.113.9", "203.0.113.10")]
    assert codes == [Code.UNAUTHENTICATED, Code.RESOURCE_EXHAUSTED, Code.UNAUTHENTICATED]


@pytest.mark.parametrize(("over", "code"), [(0, Code.INVALID_ARGUMENT), (1, Code.RESOURCE_EXHAUSTED)])
async def test_a_message_has_one_mebibyte_at_most(running: Running, over: int, code: Code) -> None:
    """One byte fewer is read, and found to be no name."""
    name = b"x" * (LARGEST_MESSAGE - 4 + over)
    request = b"\x0a" + bytes([len(name) & 0x7F | 0x80, len(name) >> 7 & 0x7F | 0x80, len(name) >> 14]) + name
    assert len(request) == LARGEST_MESSAGE + over
    refused = await failure(running.unary(GET)(request, metadata=running.auth(), timeout=10))
    assert refused.code is code


@pytest.mark.parametrize("depth", [101, 50_000])
async def test_a_message_nested_too_deep_is_no_message(running: Running, depth: int) -> None:
    nested = b"\xa3\x06" * depth + b"\xa4\x06" * depth  # groups in groups of an unknown field
    refused = await failure(running.unary(GET)(nested, metadata=running.auth(), timeout=10))
    assert (refused.code, refused.info.reason) == (Code.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_one_connection_has_so_many_calls_at_once(running: Running) -> None:
    """More of them wait in the client, so one connection cannot fill the server."""
    running.people.hold = True
    sent = running.auth()
    calls = [running.stub.GetPerson(REQUEST, metadata=sent, timeout=60) for _ in range(STREAMS + 1)]
    for _ in range(STREAMS):
        await running.people.arrived.get()
    own = (("grpc.use_local_subchannel_pool", 1),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}", options=own) as other:
        health: Any = health_pb2_grpc.HealthStub(other)
        await health.Check(health_pb2.HealthCheckRequest(), timeout=10)
    assert running.people.arrived.empty()
    running.people.release.set()
    assert [await call.code() for call in calls] == [Code.OK] * (STREAMS + 1)


async def test_a_stream_that_sends_nothing_is_ended(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take a minute without a deadline of its own, ten with one; shortened here."""
    monkeypatch.setattr("services.kernel.rpc.server.Limits", partial(Limits, stream=(0.1, 0.2)))
    running, ended = await start(), asyncio.Event()

    async def silence() -> AsyncIterator[bytes]:
        await ended.wait()
        yield b""

    call = running.streamed(f"/{NAME}/ImportPeople")(silence(), metadata=running.auth())
    assert await call.code() is Code.DEADLINE_EXCEEDED
    ended.set()


async def test_idle_connections_stop_nobody(running: Running) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(300)]
    assert await get(running) is Code.OK
    for _, writer in opened:
        writer.close()
