"""Every way through the gate, over real sockets."""

import asyncio
from functools import partial
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from services.kernel import errors, metrics
from services.kernel.rpc.gate import Limits
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.conftest import Lines
from tests.kernel.rpc.conftest import Running, Start, failure
from tests.kernel.rpc.people import ADA, NAME, person

GET = pb.GetPersonRequest(name=ADA)
Code = grpc.StatusCode


async def test_a_good_call_reaches_the_handler_with_its_caller(running: Running) -> None:
    sent = running.auth(("x-request-id", "r-1"))
    assert await running.stub.GetPerson(GET, metadata=sent, timeout=5) == pb.Person(name=ADA)
    assert await running.people.arrived.get() == "acme/ada/r-1"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense"])
async def test_without_a_good_token_the_caller_is_unknown(running: Running, header: str | None) -> None:
    metadata = () if header is None else (("authorization", header),)
    refused = await failure(running.stub.GetPerson(GET, metadata=metadata, timeout=5))
    assert refused.code is Code.UNAUTHENTICATED
    assert refused.info.reason in {"TOKEN_MISSING", "INVALID_TOKEN"}
    assert refused.info.domain == "profiles.mentoring"


async def test_a_role_that_may_not_is_denied_before_the_request_is_looked_at(running: Running) -> None:
    refused = await failure(
        running.stub.CreatePerson(
            pb.CreatePersonRequest(), metadata=running.auth(roles=["mentee"]), timeout=5
        )
    )
    assert (refused.code, refused.info.reason) == (Code.PERMISSION_DENIED, "ROLE_MISSING")


@pytest.mark.parametrize(
    "name",
    [
        "organizations/rival/people/ada",
        "organizations/acme-evil/people/ada",
        "organizations/acm/people/ada",
        "organizations/-/people/ada",
    ],
)
async def test_another_tenants_name_does_not_exist(running: Running, name: str) -> None:
    refused = await failure(
        running.stub.GetPerson(pb.GetPersonRequest(name=name), metadata=running.auth(), timeout=5)
    )
    assert (refused.code, refused.info.reason) == (Code.NOT_FOUND, "NOT_FOUND")
    assert running.people.requests == []


async def test_another_tenants_name_inside_the_body_does_not_exist_either(running: Running) -> None:
    request = pb.CreatePersonRequest(
        parent="organizations/acme", person_id="ada", person=person(manager="organizations/rival/people/eve")
    )
    refused = await failure(running.stub.CreatePerson(request, metadata=running.auth(), timeout=5))
    assert refused.code is Code.NOT_FOUND
    request.person.manager = "organizations/acme/people/eve"
    assert await running.stub.CreatePerson(request, metadata=running.auth(), timeout=5) == request.person


async def test_each_wrong_field_is_named(running: Running) -> None:
    request = pb.CreatePersonRequest(
        parent="organizations/acme",
        person_id="Not An Id",
        person=person(email="nobody", skills_offered=[pb.Skill(tag="a", level=9)]),
    )
    refused = await failure(running.stub.CreatePerson(request, metadata=running.auth(), timeout=5))
    assert (refused.code, refused.info.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert set(refused.violations) == {"person_id", "person.email", "person.skills_offered[0].level"}
    assert refused.info.metadata["violations"] == "3"


@pytest.mark.parametrize("name", ["", "ada", "people/ada", "organizations", "organizations//people/ada"])
async def test_a_malformed_name_is_a_wrong_field_even_where_the_contract_has_no_pattern(
    running: Running, name: str
) -> None:
    request = pb.UpdatePersonRequest(person=person(name=name))
    refused = await failure(running.stub.UpdatePerson(request, metadata=running.auth(), timeout=5))
    assert refused.code is Code.INVALID_ARGUMENT
    assert set(refused.violations) == {"person.name"}


async def test_many_wrong_fields_are_cut_to_what_a_trailer_holds_every_time(running: Running) -> None:
    """Above 8 KiB gRPC drops the trailer at random: one pass would prove nothing."""
    request = pb.BatchGetPeopleRequest(parent="organizations/acme", names=["x"] * 200)
    sent = running.auth()
    for _ in range(30):
        refused = await failure(running.stub.BatchGetPeople(request, metadata=sent, timeout=5))
        assert refused.code is Code.INVALID_ARGUMENT
        assert refused.info.metadata["violations"] == "200"
        assert 20 <= len(refused.violations) <= 50


KINDS: list[tuple[errors.Refusal, Code]] = [
    (errors.Invalid("BAD_SKILL", "no such skill"), Code.INVALID_ARGUMENT),
    (errors.NotFound("NO_PERSON", "no such person"), Code.NOT_FOUND),
    (errors.AlreadyExists("TAKEN", "taken"), Code.ALREADY_EXISTS),
    (errors.Refused("GOAL_COMPLETED", "already complete"), Code.FAILED_PRECONDITION),
    (errors.Conflict("ETAG_MISMATCH", "changed meanwhile"), Code.ABORTED),
    (errors.Denied("NOT_YOURS", "not yours"), Code.PERMISSION_DENIED),
    (errors.Unauthenticated("WHO", "who?"), Code.UNAUTHENTICATED),
    (errors.Exhausted("QUOTA", "enough"), Code.RESOURCE_EXHAUSTED),
    (errors.Unavailable("DOWN", "come back"), Code.UNAVAILABLE),
]


@pytest.mark.parametrize(("refusal", "code"), KINDS, ids=[code.name for _, code in KINDS])
async def test_each_kind_of_refusal_has_its_code(
    running: Running, refusal: errors.Refusal, code: Code
) -> None:
    running.people.error = refusal
    seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(), timeout=5))
    assert (seen.code, seen.message, seen.info.reason) == (code, refusal.message, refusal.reason)
    assert len({type(detail) for detail in seen.details}) == len(seen.details)


SECRET = "mongodb://root:hunter2@10.0.0.1 ada@example.com"


@pytest.mark.parametrize(
    "error",
    [ValueError(SECRET), KeyError(SECRET), RuntimeError(SECRET), AssertionError(SECRET), OSError(5, SECRET)],
    ids=lambda error: type(error).__name__,
)
async def test_an_unforeseen_error_tells_nothing_outside_and_its_place_inside(
    running: Running, lines: Lines, error: Exception
) -> None:
    running.people.error = error
    sent = running.auth(("x-request-id", "r-7"))
    seen = await failure(running.stub.GetPerson(GET, metadata=sent, timeout=5))
    assert (seen.code, seen.message, seen.info.reason) == (Code.INTERNAL, "internal error", "INTERNAL")
    (request,) = seen.of(error_details_pb2.RequestInfo)
    assert request.request_id == "r-7"
    failed = next(line for line in lines.parsed() if line["event"] == "call_failed")
    assert (failed["request_id"], failed["error_type"]) == ("r-7", type(error).__name__)
    assert b"hunter2" not in lines.getvalue()
    assert b"ada@example.com" not in lines.getvalue()


@pytest.mark.parametrize("answer", ["text", 5])
async def test_an_answer_that_cannot_be_sent_leaks_nothing(running: Running, answer: Any) -> None:
    running.people.answer = answer
    seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(), timeout=5))
    assert (seen.code, seen.message) == (Code.INTERNAL, "internal error")


async def test_a_handler_that_aborts_by_itself_keeps_its_code(running: Running, lines: Lines) -> None:
    request = pb.ListPeopleRequest(parent="organizations/acme")
    seen = await failure(running.stub.ListPeople(request, metadata=running.auth(), timeout=5))
    assert (seen.code, seen.message) == (Code.OUT_OF_RANGE, "aborted by hand")
    assert [line["code"] for line in await lines.of("call")] == ["OUT_OF_RANGE"]


async def test_the_deadline_of_the_caller_ends_the_handler(running: Running) -> None:
    running.people.hold = True
    seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(), timeout=0.2))
    assert seen.code is Code.DEADLINE_EXCEEDED
    await asyncio.wait_for(running.people.cancelled.wait(), 5)


async def test_a_client_that_leaves_ends_the_handler(running: Running) -> None:
    running.people.hold = True
    call = running.stub.GetPerson(GET, metadata=running.auth(), timeout=30)
    await running.people.arrived.get()
    call.cancel()
    await asyncio.wait_for(running.people.cancelled.wait(), 5)


async def test_more_calls_than_allowed_are_told_to_come_back(start: Start) -> None:
    running = await start(in_flight_limit=2)
    running.people.hold = True
    sent = running.auth()
    held = [running.stub.GetPerson(GET, metadata=sent, timeout=30) for _ in range(2)]
    for _ in held:
        await running.people.arrived.get()
    seen = await failure(running.stub.GetPerson(GET, metadata=sent, timeout=5))
    assert (seen.code, seen.info.reason) == (Code.RESOURCE_EXHAUSTED, "OVERLOADED")
    (retry,) = seen.of(error_details_pb2.RetryInfo)
    assert retry.retry_delay.seconds == 1
    running.people.release.set()
    assert await asyncio.gather(*held) == [pb.Person(name=ADA)] * 2


async def test_while_no_key_can_be_had_good_tokens_are_not_called_bad(running: Running) -> None:
    running.issuer.status = 500
    seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(), timeout=5))
    assert (seen.code, seen.info.reason) == (Code.UNAVAILABLE, "ISSUER_UNAVAILABLE")


async def test_a_flood_of_bad_tokens_is_cut_off_while_known_callers_pass(running: Running) -> None:
    good = running.auth()
    await running.stub.GetPerson(GET, metadata=good, timeout=5)
    bad = (("authorization", "Bearer nonsense"),)
    flood = [failure(running.stub.GetPerson(GET, metadata=bad, timeout=30)) for _ in range(250)]
    codes = [refused.code for refused in await asyncio.gather(*flood)]
    assert set(codes) == {Code.UNAUTHENTICATED, Code.RESOURCE_EXHAUSTED}
    assert await running.stub.GetPerson(GET, metadata=good, timeout=5)


@pytest.mark.parametrize("method", ["/nobody.Knows/This", f"/{NAME}/NoSuchMethod"])
async def test_an_unknown_method_is_unimplemented(running: Running, method: str) -> None:
    seen = await failure(running.unary(method)(b"", metadata=running.auth(), timeout=5))
    assert seen.code is Code.UNIMPLEMENTED


async def test_each_call_leaves_one_line_with_ids_and_codes_only_and_its_ids_are_on_the_handlers_own(
    running: Running, lines: Lines
) -> None:
    sent = running.auth(("x-request-id", "r-9"), ("traceparent", f"00-{'a' * 32}-{'b' * 16}-00"))
    await running.stub.GetPerson(GET, metadata=sent, timeout=5)
    handling, line = lines.parsed()
    assert (handling["request_id"], handling["trace_id"]) == ("r-9", "a" * 32)
    assert line.pop("ts")
    assert line.pop("ms") > 0
    assert line == {
        "level": "info",
        "event": "call",
        "service": "matching",
        "method": f"/{NAME}/GetPerson",
        "code": "OK",
        "org": "acme",
        "subject": "ada",
        "request_id": "r-9",
        "trace_id": "a" * 32,
    }


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a/b"])
async def test_an_unusable_request_id_is_replaced(running: Running, given: str) -> None:
    await running.stub.GetPerson(GET, metadata=running.auth(("x-request-id", given)), timeout=5)
    made = (await running.people.arrived.get()).rpartition("/")[2]
    assert len(made) == 32


def handled(code: str) -> float:
    return float(metrics.GRPC_HANDLED.labels("unary", NAME, "GetPerson", code)._value.get())


async def test_calls_are_counted_by_their_outcome(running: Running, lines: Lines) -> None:
    before = handled("OK"), handled("NotFound"), metrics.GRPC_NO_DEADLINE._value.get()
    await running.stub.GetPerson(GET, metadata=running.auth(), timeout=5)
    running.people.error = errors.NotFound("NO_PERSON", "no such person")
    await failure(running.stub.GetPerson(GET, metadata=running.auth()))
    await lines.of("call", 2)  # a refusal is counted after its answer
    after = handled("OK"), handled("NotFound"), metrics.GRPC_NO_DEADLINE._value.get()
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1]


@pytest.mark.parametrize("wished", [None, 30])
async def test_no_call_may_take_longer_than_the_server_allows(
    start: Start, monkeypatch: pytest.MonkeyPatch, wished: float | None
) -> None:
    """Without a deadline of its own a call gets 10 s, with one 60 s at most; shortened here.

    So short that a busy machine may use them up before the handler begins: then it is called again.
    """
    monkeypatch.setattr("services.kernel.rpc.server.Limits", partial(Limits, unary=(0.1, 0.2)))
    running = await start()
    running.people.hold = True
    while running.people.arrived.empty():
        seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(), timeout=wished))
        assert (seen.code, seen.info.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert running.people.cancelled.is_set()
