"""Every RPC x {no token, wrong role, other tenant, right}, generated from the contract, on a real socket."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from services.kernel.auth import Keys, Tokens
from services.kernel.auth.tokens import ROLES
from services.kernel.errors import Refused
from services.kernel.rpc import policy
from services.kernel.rpc.server import Server
from tests.contracts import surface
from tests.fakes import Claims
from tests.kernel.issuer import ISSUER, Issuer
from tests.kernel.rpc.conftest import settings

Code = grpc.StatusCode
METHODS = pytest.mark.parametrize("method", surface.methods(), ids=lambda method: method.full_name)
Call = Callable[..., Any]


class Everything:
    """Implements every method of every service by saying that it was reached."""

    def __getattr__(self, name: str) -> Any:
        method = next(method for method in surface.methods() if method.name == name)

        async def whole(_: Any, __: Any) -> Any:
            raise Refused("REACHED", "the handler was reached")

        async def parts(requests: AsyncIterator[Any], _: Any) -> AsyncIterator[Any]:
            if not method.client_streaming:
                raise Refused("REACHED", "the handler was reached")
            async for _request in requests:
                raise Refused("REACHED", "the handler was reached")
            yield GetMessageClass(method.output_type)()

        return parts if method.server_streaming else whole


def add(service: Any) -> Callable[[Any, grpc.aio.Server], None]:
    """Return what the generated `add_…_to_server` does, from the descriptor."""

    def register(implementation: Any, server: grpc.aio.Server) -> None:
        handlers = {
            method.name: handler(method, getattr(implementation, method.name)) for method in service.methods
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))

    return register


def handler(method: MethodDescriptor, behaviour: Any) -> Any:
    kinds: dict[tuple[bool, bool], Any] = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    return kinds[method.client_streaming, method.server_streaming](
        behaviour,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )


@pytest.fixture(scope="module")
async def issuer_of_matrix() -> AsyncIterator[Issuer]:
    server = Issuer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def channel(issuer_of_matrix: Issuer) -> AsyncIterator[grpc.aio.Channel]:
    """Serve everything once for all cases."""
    async with aiohttp.ClientSession() as http:
        tokens = Tokens(Keys(issuer_of_matrix.jwks_url, http), ISSUER, "mentoring")
        servicers = [(add(service), Everything(), service.full_name) for service in surface.services()]
        server = Server(settings(), servicers, tokens, Claims())
        port = await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
            yield opened
        await server.drain()


@pytest.fixture
def code(channel: grpc.aio.Channel, issuer_of_matrix: Issuer) -> Call:
    """Return how a method answers a request sent with these roles (None: without a token)."""

    async def answered(method: MethodDescriptor, request: Any, roles: list[str] | None) -> Code:
        metadata = (
            () if roles is None else (("authorization", f"Bearer {issuer_of_matrix.token(roles=roles)}"),)
        )
        path = policy.path_of(method)
        open_: Any = channel
        if method.client_streaming:
            call = open_.stream_stream(path)(iter([request]), metadata=metadata, timeout=10)
        elif method.server_streaming:
            call = open_.unary_stream(path)(request, metadata=metadata, timeout=10)
        else:
            call = open_.unary_unary(path)(request, metadata=metadata, timeout=10)
        found: Code = await call.code()
        return found

    return answered


def request_for(method: MethodDescriptor, org: str) -> bytes:
    """Return a request whose checked resource belongs to `org`, nothing else filled in."""
    message: Any = GetMessageClass(method.input_type)()
    *path, last = policy.rule(method).resource_field.split(".")
    at: Any = message
    kind: Any = method.input_type
    for step in path:
        field = kind.fields_by_name[step]
        at = getattr(at, step).add() if field.is_repeated else getattr(at, step)
        kind = field.message_type
    value = f"organizations/{org}"
    if kind.fields_by_name[last].is_repeated:
        getattr(at, last).append(value)
    else:
        setattr(at, last, value)
    return bytes(message.SerializeToString())


@METHODS
async def test_without_a_token_nobody_gets_in(code: Call, method: MethodDescriptor) -> None:
    assert await code(method, request_for(method, "acme"), None) is Code.UNAUTHENTICATED


@METHODS
async def test_each_role_without_permission_is_denied(code: Call, method: MethodDescriptor) -> None:
    others = sorted(ROLES - policy.rule(method).roles)
    assert await code(method, request_for(method, "acme"), others) is Code.PERMISSION_DENIED


@METHODS
async def test_another_tenants_resource_does_not_exist(code: Call, method: MethodDescriptor) -> None:
    permitted = sorted(policy.rule(method).roles)
    assert await code(method, request_for(method, "rival"), permitted) is Code.NOT_FOUND


@METHODS
async def test_an_empty_request_is_invalid(code: Call, method: MethodDescriptor) -> None:
    permitted = sorted(policy.rule(method).roles)
    assert await code(method, b"", permitted) is Code.INVALID_ARGUMENT


@METHODS
async def test_each_permitted_role_alone_gets_past_the_policy(code: Call, method: MethodDescriptor) -> None:
    for role in policy.rule(method).roles:
        got = await code(method, request_for(method, "acme"), [role])
        assert got in {Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION}
