"""The gate around streams: ImportPeople takes a stream and answers with one."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
import pytest

from services.kernel import errors
from services.kernel.rpc import uploads
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.conftest import Lines
from tests.kernel.rpc.conftest import Failure, Running, Start, failure

Code = grpc.StatusCode
ACME = "organizations/acme"


def chunk(parent: str = ACME, data: bytes = b"ab") -> pb.ImportPeopleRequest:
    return pb.ImportPeopleRequest(parent=parent, data=data)


async def sent(chunks: Iterable[pb.ImportPeopleRequest]) -> AsyncIterator[pb.ImportPeopleRequest]:
    for item in chunks:
        yield item


async def answers(
    running: Running, *chunks: pb.ImportPeopleRequest, **claims: Any
) -> list[pb.ImportPeopleResponse]:
    call = running.stub.ImportPeople(sent(chunks), metadata=running.auth(**claims), timeout=30)
    return [answer async for answer in call]


async def refused(running: Running, *chunks: pb.ImportPeopleRequest, **claims: Any) -> Failure:
    return await failure(answers(running, *chunks, **claims))


async def test_a_stream_passes_whole_and_in_order(running: Running, lines: Lines) -> None:
    got = await answers(running, *(chunk() for _ in range(3)))
    assert [answer.progress.done for answer in got[:-1]] == [2, 4, 6]
    assert got[-1].summary.created == 6
    (line,) = [line for line in lines.parsed() if line["event"] == "call"]
    assert (line["code"], line["subject"]) == ("OK", "ada")


async def test_a_stream_needs_the_role_too(running: Running) -> None:
    assert (await refused(running, chunk(), roles=["mentor"])).code is Code.PERMISSION_DENIED


async def test_a_stream_without_a_token_is_not_read(running: Running) -> None:
    async def read() -> None:
        async for _ in running.stub.ImportPeople(sent([chunk()]), timeout=30):
            pass

    assert (await failure(read())).code is Code.UNAUTHENTICATED
    assert running.people.requests == []


@pytest.mark.parametrize("earlier", [0, 2])
async def test_another_tenants_name_is_not_found_in_any_message(running: Running, earlier: int) -> None:
    seen = await refused(running, *(chunk() for _ in range(earlier)), chunk("organizations/rival"))
    assert seen.code is Code.NOT_FOUND
    assert len(running.people.requests) == earlier


async def test_each_message_is_validated(running: Running) -> None:
    seen = await refused(running, chunk(), chunk(parent="acme"))
    assert (seen.code, set(seen.violations)) == (Code.INVALID_ARGUMENT, {"parent"})


async def test_a_stream_without_a_message_is_refused(running: Running) -> None:
    seen = await refused(running)
    assert (seen.code, seen.info.reason) == (Code.INVALID_ARGUMENT, "EMPTY_STREAM")


@pytest.mark.parametrize(
    ("who", "code"),
    [({"roles": ["mentor"]}, Code.PERMISSION_DENIED), ({"iss": "https://rival.test"}, Code.UNAUTHENTICATED)],
    ids=["wrong role", "no valid token"],
)
async def test_who_is_refused_while_sending_sends_to_the_end_and_then_reads_why(
    running: Running, who: dict[str, Any], code: Code
) -> None:
    call = running.stub.ImportPeople(metadata=running.auth(**who), timeout=60)
    for _ in range(64):  # more than a connection takes on its own
        await call.write(chunk(data=b"a" * 65_536))
    await call.done_writing()
    assert (await failure(call.read())).code is code
    assert running.people.requests == []


async def test_who_is_refused_and_sends_no_more_reads_why_without_ending(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "QUIET_SECONDS", 0.1)
    call = running.stub.ImportPeople(metadata=running.auth(roles=["mentor"]), timeout=30)
    await call.write(chunk())
    assert (await failure(call.read())).code is Code.PERMISSION_DENIED


async def test_who_is_turned_away_from_a_full_server_is_not_read(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "QUIET_SECONDS", 3600.0)
    monkeypatch.setattr(uploads, "WHOLE_SECONDS", 3600.0)
    running = await start(in_flight_limit=1)
    running.people.hold = True
    held = running.stub.ImportPeople(metadata=running.auth(), timeout=60)
    await held.write(chunk())
    await running.people.arrived.get()
    late = running.stub.ImportPeople(metadata=running.auth(), timeout=60)
    assert (await failure(late.read())).code is Code.RESOURCE_EXHAUSTED
    held.cancel()


async def test_an_error_in_mid_stream_leaks_nothing(running: Running) -> None:
    running.people.error = ValueError("ada@example.com")
    seen = await refused(running, chunk())
    assert (seen.code, seen.message) == (Code.INTERNAL, "internal error")


async def test_a_refusal_in_mid_stream_keeps_its_kind(running: Running) -> None:
    running.people.error = errors.Refused("NOT_CSV", "the file is not CSV")
    seen = await refused(running, chunk())
    assert (seen.code, seen.info.reason) == (Code.FAILED_PRECONDITION, "NOT_CSV")


async def test_a_client_that_leaves_ends_the_handler(running: Running, lines: Lines) -> None:
    running.people.hold = True
    call = running.stub.ImportPeople(sent([chunk()]), metadata=running.auth(), timeout=30)
    await running.people.arrived.get()
    call.cancel()
    await asyncio.wait_for(running.people.cancelled.wait(), 60)
    assert [line["code"] for line in await lines.of("call")] == ["CANCELLED"]
