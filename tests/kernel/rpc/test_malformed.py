"""Bytes that are no request: always a clean refusal, for unary and stream calls, never a leaked name."""

import asyncio
import random
from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel import metrics
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.rpc.conftest import Failure, Running, failure, failure_of
from tests.kernel.rpc.people import ADA, NAME, person


def good(request_id: str) -> bytes:
    """Return a request with nothing wrong."""
    return pb.CreatePersonRequest(
        parent="organizations/acme", person_id="ada", person=person(manager=ADA), request_id=request_id
    ).SerializeToString()


GOOD = good("r-1")
CREATE = f"/{NAME}/CreatePerson"
IMPORT = f"/{NAME}/ImportPeople"
ALLOWED = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
LEAKS = ("class", "Error", "Traceback", "services", "/", "pb2", "0x")


def mutated(seed: int) -> bytes:
    """Return one of: random bytes, flipped bits, a cut, a length past the end, bad UTF-8, deep nesting."""
    dice = random.Random(seed)
    cut = dice.randrange(1, len(GOOD))
    flipped = bytearray(GOOD)
    for _ in range(dice.randrange(1, 8)):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return dice.choice(
        [
            dice.randbytes(dice.randrange(1, 300)),
            bytes(flipped),
            GOOD[:cut],
            GOOD[:cut] + b"\x0a\xff\xff\xff\xff\x07" + GOOD[cut:],
            b"\x0a\x04\xff\xfe\xfd\xfc" + GOOD,
            b"\x1a\x80\x01" * 150 + GOOD,
        ]
    )


async def test_five_hundred_broken_requests_are_refused_cleanly_and_the_server_lives_on(
    running: Running,
) -> None:
    raw = running.unary(CREATE)
    sent = running.auth()

    async def send(seed: int) -> Failure | None:
        try:
            await raw(mutated(seed), metadata=sent, timeout=20)
        except grpc.aio.AioRpcError as error:
            return failure_of(error)
        return None

    for start in range(0, 500, 50):
        answers = await asyncio.gather(*(send(seed) for seed in range(start, start + 50)))
        refused = [answer for answer in answers if answer is not None]
        assert {answer.code for answer in refused} <= ALLOWED
        assert not [answer.message for answer in refused if any(leak in answer.message for leak in LEAKS)]
    assert await raw(good("r-2"), metadata=sent, timeout=30)


async def test_bytes_that_do_not_parse_are_counted_and_named(running: Running) -> None:
    before = metrics.GRPC_DECODE_ERRORS._value.get()
    refused = await failure(running.unary(CREATE)(b"\x0a\xff", metadata=running.auth(), timeout=30))
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
    assert metrics.GRPC_DECODE_ERRORS._value.get() == before + 1


async def test_a_stranger_cannot_make_the_server_parse_anything(running: Running) -> None:
    before = metrics.GRPC_DECODE_ERRORS._value.get()
    refused = await failure(running.unary(CREATE)(b"\x0a\xff", timeout=30))
    assert refused.code is grpc.StatusCode.UNAUTHENTICATED
    assert metrics.GRPC_DECODE_ERRORS._value.get() == before


@pytest.mark.parametrize("earlier", [0, 2])
async def test_a_broken_message_in_a_stream_is_refused_the_same_way(running: Running, earlier: int) -> None:
    async def messages() -> AsyncIterator[bytes]:
        for _ in range(earlier):
            yield pb.ImportPeopleRequest(parent="organizations/acme", data=b"a").SerializeToString()
        yield b"\x0a\xff"

    call = running.streamed(IMPORT)(messages(), metadata=running.auth(), timeout=30)

    async def drain() -> None:
        async for _ in call:
            pass

    refused = await failure(drain())
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_a_message_over_the_size_limit_is_refused(running: Running) -> None:
    refused = await failure(
        running.unary(CREATE)(b"\x22" + b"x" * (5 << 20), metadata=running.auth(), timeout=10)
    )
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
