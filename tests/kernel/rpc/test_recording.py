"""What the audit log is told of calls, on real sockets: nothing is acknowledged that it does not know of."""

import asyncio
import hashlib
from typing import Any

import grpc
import pytest
from pymongo.errors import AutoReconnect

from services.kernel import errors, metrics
from services.kernel.allowances import networks
from services.kernel.audit.entry import Change, Entry
from services.kernel.mongo import touched
from services.kernel.rates import Rate
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests import fakes
from tests.kernel.rpc.conftest import Running, Start, failure
from tests.kernel.rpc.people import ADA, NAME, person
from tests.mentorships.factories import NOON

Code = grpc.StatusCode
GET = pb.GetPersonRequest(name=ADA)
CREATE = pb.CreatePersonRequest(parent="organizations/acme", person_id="ada", person=person())


def told(running: Running) -> list[Entry]:
    trail = running.books.trail
    assert isinstance(trail, fakes.Trail)
    return trail.entries


async def create(running: Running, *more: tuple[str, str], **who: Any) -> Any:
    return await running.stub.CreatePerson(CREATE, metadata=running.auth(*more, **who), timeout=10)


async def test_a_change_is_told_with_who_what_when_and_from_where(running: Running) -> None:
    request = pb.CreatePersonRequest()
    request.CopyFrom(CREATE)
    request.person.name, request.person.etag = ADA, '"7"'  # the fake answers with what it gets
    sent = running.auth(("x-request-id", "r-9"), roles=["hr_admin", "mentor"], sub="office")
    await running.stub.CreatePerson(request, metadata=sent, timeout=10)
    (entry,) = told(running)
    assert (entry.tenant, entry.caller, entry.roles) == ("acme", "office", ["hr_admin", "mentor"])
    assert (entry.method, entry.code, entry.reason) == (f"{NAME}/CreatePerson", "OK", "")
    assert list(entry.resources) == ["organizations/acme", ADA]
    assert (entry.call, entry.new_etag, entry.address) == ("r-9", '"7"', "127.0.0.1")
    assert entry.digest == hashlib.sha256(request.SerializeToString()).hexdigest()
    assert entry.agent.startswith("grpc-python-asyncio")
    assert entry.at.microsecond % 1000 == 0
    assert entry.at > NOON


async def test_no_text_of_the_request_is_told(running: Running) -> None:
    await create(running)
    shown = repr(told(running))
    personal = (CREATE.person.email, CREATE.person.given_name, CREATE.person.family_name)
    assert [text for text in personal if text in shown] == []


@pytest.mark.parametrize(
    ("role", "count"), [("hr_admin", 1), ("mentee", 0), ("program_lead", 0), ("service", 0)]
)
async def test_reads_of_personal_data_are_told_of_hr_and_operators(
    running: Running, role: str, count: int
) -> None:
    await running.stub.GetPerson(GET, metadata=running.auth(roles=[role]), timeout=10)
    assert len(told(running)) == count


async def test_what_a_role_may_not_do_is_told(running: Running) -> None:
    await failure(running.stub.GetPerson(GET, metadata=running.auth(roles=["operator"]), timeout=10))
    (entry,) = told(running)
    assert (entry.code, entry.reason, list(entry.resources)) == ("PERMISSION_DENIED", "ROLE_MISSING", [])


async def test_reaching_for_another_organization_is_told_to_the_own_one(running: Running) -> None:
    foreign = pb.GetPersonRequest(name="organizations/rival/people/eve")
    await failure(running.stub.GetPerson(foreign, metadata=running.auth(roles=["mentee"]), timeout=10))
    (entry,) = told(running)
    assert (entry.tenant, entry.code) == ("acme", "NOT_FOUND")
    assert list(entry.resources) == ["organizations/rival/people/eve"]


async def test_a_change_that_was_refused_is_told_with_the_reason(running: Running) -> None:
    running.people.error = errors.Conflict("ETAG_MISMATCH", "changed")
    await failure(create(running))
    assert [(entry.code, entry.reason) for entry in told(running)] == [("ABORTED", "ETAG_MISMATCH")]


async def test_strangers_and_floods_are_not_told(start: Start) -> None:
    running = await start(rate_caller=Rate(0.01, 1))
    await failure(running.stub.CreatePerson(CREATE, timeout=10))
    await create(running)
    await failure(create(running))
    assert [entry.code for entry in told(running)] == ["OK"]


async def test_nothing_is_acknowledged_that_could_not_be_told(running: Running) -> None:
    before = metrics.AUDIT_LOST._value.get()
    running.books.trail.broken = AutoReconnect("gone")  # type: ignore[attr-defined]  # the fake
    seen = await failure(create(running))
    assert (seen.code, seen.info.reason) == (Code.UNAVAILABLE, "DEPENDENCY_UNAVAILABLE")
    assert metrics.AUDIT_LOST._value.get() == before + 1


async def test_a_refusal_is_answered_also_when_it_cannot_be_told(running: Running) -> None:
    running.books.trail.broken = AutoReconnect("gone")  # type: ignore[attr-defined]  # the fake
    seen = await failure(running.stub.GetPerson(GET, metadata=running.auth(roles=["operator"]), timeout=10))
    assert seen.code is Code.PERMISSION_DENIED


async def test_a_change_whose_caller_left_is_told_all_the_same(running: Running) -> None:
    running.people.hold = True
    call = asyncio.ensure_future(create(running))
    await running.people.arrived.get()
    call.cancel()
    await asyncio.wait_for(running.people.cancelled.wait(), 10)
    await running.server.drain()  # which waits for what is still to be told
    assert [entry.code for entry in told(running)] == ["CANCELLED"]


async def test_a_stream_is_told_when_it_begins_and_when_it_ends(running: Running) -> None:
    chunk = pb.ImportPeopleRequest(parent="organizations/acme", data=b"a")
    async for _ in running.stub.ImportPeople(iter([chunk]), metadata=running.auth(), timeout=10):
        pass
    began, ended = told(running)
    assert (began.code, list(began.resources)) == ("STARTED", [])
    assert (ended.code, list(ended.resources), ended.digest) == ("OK", ["organizations/acme"], "")
    assert began.call == ended.call


@pytest.mark.parametrize(("role", "behalf"), [("service", "ada"), ("hr_admin", "")])
async def test_only_a_service_can_call_for_somebody(running: Running, role: str, behalf: str) -> None:
    denied = running.auth(("x-on-behalf-of", "ada"), roles=[role, "operator"], sub="matching")
    running.people.error = errors.NotFound("NO_PERSON", "no")
    await failure(running.stub.GetPerson(GET, metadata=denied, timeout=10))
    assert [entry.behalf for entry in told(running)] == [behalf]


@pytest.mark.parametrize("given", ["\n", "\x1b[31mred", "\u202egnp.exe", "a b", '"} {"', "x" * 200])
async def test_what_is_no_id_is_not_told(running: Running, given: str) -> None:
    request = pb.GetPersonRequest(name=f"organizations/acme/people/{given}")
    await running.stub.GetPerson(request, metadata=running.auth(), timeout=10)
    (entry,) = told(running)
    assert list(entry.resources) == ["(malformed)"]


async def test_the_address_is_that_before_the_proxy_and_the_agent_is_cut(start: Start) -> None:
    running = await start(trusted_proxies=networks("127.0.0.0/8,::1/128"))
    await create(running, ("x-forwarded-for", "203.0.113.9"))
    assert told(running)[0].address == "203.0.113.9"
    assert len(told(running)[0].agent) <= 200


async def test_what_a_call_changes_is_told_and_stays_its_own(running: Running) -> None:
    changed = Change("people", "ada", 3, 4)
    running.people.on_call = lambda: touched.note(changed)
    await create(running)
    running.people.on_call = lambda: None
    await create(running)
    assert [list(entry.changes) for entry in told(running)] == [[changed], []]
