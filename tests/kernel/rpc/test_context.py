from dataclasses import replace

import pytest

from services.kernel import rpc, tracing
from services.kernel.auth import Caller
from services.kernel.rpc import context
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from tests.kernel.rpc.people import person

ADA = Caller("acme", "ada", frozenset({"hr_admin"}))


def create(request_id: str, given_name: str = "Ada") -> pb.CreatePersonRequest:
    return pb.CreatePersonRequest(request_id=request_id, person=person(given_name=given_name))


async def test_a_handler_sees_who_calls_and_the_calls_id() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    assert (rpc.caller(), rpc.request_id()) == (ADA, "r-1")


async def test_a_public_method_has_no_caller() -> None:
    context.current.set(context.Call("/S/Public", "r-1", None))
    with pytest.raises(LookupError):
        rpc.caller()


async def test_the_same_request_twice_is_one_cause() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    first = rpc.cause(create("x"))
    context.current.set(context.Call("/S/CreatePerson", "r-2", ADA))
    again = rpc.cause(create("x"))
    assert (first.id, first.digest) == (again.id, again.digest)


async def test_the_same_id_for_something_else_shows_in_the_digest() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    first, other = rpc.cause(create("x")), rpc.cause(create("x", given_name="Eve"))
    context.current.set(context.Call("/S/UpdatePerson", "r-1", ADA))
    elsewhere = rpc.cause(create("x"))
    assert first.id == other.id == elsewhere.id
    assert len({first.digest, other.digest, elsewhere.digest}) == 3


async def test_the_same_id_of_two_callers_is_two_causes() -> None:
    """Otherwise whoever repeats a request of somebody else is answered instead of refused."""
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    own = rpc.cause(create("x"))
    context.current.set(context.Call("/S/CreatePerson", "r-1", replace(ADA, subject="eve")))
    assert rpc.cause(create("x")).id != own.id


async def test_without_a_request_id_each_request_is_an_intent_of_its_own() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    assert rpc.cause(create("")).id != rpc.cause(create("")).id
    get = pb.GetPersonRequest(name="organizations/acme/people/ada")
    assert rpc.cause(get).id != rpc.cause(get).id


async def test_nobody_can_pretend_to_be_an_event() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    event_id = "0190f6de-0000-7000-8000-000000000000"
    assert rpc.cause(create(event_id)).id != event_id


async def test_the_request_itself_is_left_alone_and_the_trace_goes_along() -> None:
    context.current.set(context.Call("/S/CreatePerson", "r-1", ADA))
    tracing.attach(tracing.begin())
    request = create("x")
    assert rpc.cause(request).trace == tracing.header()
    assert request.request_id == "x"
