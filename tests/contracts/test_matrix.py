"""Every RPC x {no token, another tenant, each role}, made from the contract, against every real service."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from services.kernel.rpc import policy
from tests.contracts import matrix, surface
from tests.contracts.matrix import ROLES
from tests.contracts.platform import Platform
from tests.contracts.requests import bare_request, request_for

Code = grpc.StatusCode
BROKEN = {Code.UNAUTHENTICATED, Code.UNIMPLEMENTED, Code.INTERNAL, Code.UNKNOWN, Code.UNAVAILABLE}
METHODS = pytest.mark.parametrize("method", matrix.methods(), ids=lambda method: method.full_name)
servers = pytest.mark.servers


def test_the_matrix_in_the_repository_is_that_of_the_contract() -> None:
    """An RPC that nobody wrote down fails here; `tests.contracts.matrix` says how to write it down."""
    assert Path(__file__).with_name("matrix.txt").read_text() == matrix.text()


def test_the_columns_are_all_the_roles_there_are() -> None:
    assert {role for method in matrix.methods() for role in policy.rule(method).roles} <= set(ROLES)


@servers
def test_what_is_served_is_what_the_matrix_lists(served: Platform) -> None:
    assert served.served == {method.containing_service.full_name for method in matrix.methods()}


@servers
@METHODS
async def test_without_a_token_nobody_gets_in(served: Platform, method: MethodDescriptor) -> None:
    answer = await served.call(method, request_for(method), None)
    assert (answer.code, answer.reason) == (Code.UNAUTHENTICATED, "TOKEN_MISSING")


@servers
@METHODS
async def test_each_role_may_exactly_what_the_contract_says(
    served: Platform, method: MethodDescriptor
) -> None:
    """Also a role alone: no method may need two, and none may be open to a caller without any."""
    allowed = policy.rule(method).roles
    for role in (*ROLES, "made_up"):
        goes_on = method.server_streaming and role in allowed
        answer = await served.call(method, request_for(method), served.token(role), brief=goes_on)
        denied = (answer.code, answer.reason) == (Code.PERMISSION_DENIED, "ROLE_MISSING")
        assert denied is (role not in allowed), role
        assert answer.code not in BROKEN, answer.text


@servers
@METHODS
async def test_another_tenants_things_do_not_exist(served: Platform, method: MethodDescriptor) -> None:
    token = served.token(*policy.rule(method).roles)
    for request in (request_for(method, "rival"), bare_request(method, "rival")):
        assert (await served.call(method, request, token)).code is Code.NOT_FOUND


@servers
@METHODS
async def test_another_tenants_token_opens_nothing(served: Platform, method: MethodDescriptor) -> None:
    token = served.token(*policy.rule(method).roles, org="rival")
    assert (await served.call(method, request_for(method, "acme"), token)).code is Code.NOT_FOUND


@servers
@METHODS
async def test_an_empty_request_is_invalid(served: Platform, method: MethodDescriptor) -> None:
    answer = await served.call(method, b"", served.token(*policy.rule(method).roles))
    assert answer.code is Code.INVALID_ARGUMENT


def is_one_thing(method: MethodDescriptor) -> bool:
    """Whether the method is about one stored thing by name, not a person's only one of its kind."""
    path = policy.rule(method).resource_field
    if path.rpartition(".")[2] != "name" or method.full_name in DEFAULTS:
        return False
    found: Any = request_for(method)
    for step in path.split("."):
        found = getattr(found, step)
    return len(str(found).split("/")) % 2 == 0


DEFAULTS = {
    f"mentoring.{name}"
    for name in (
        "notifications.v1.TemplateService.GetTemplate",  # ours until an organization writes its own
        "notifications.v1.TemplateService.PreviewTemplate",
        "notifications.v1.TemplateService.UpdateTemplate",
        "notifications.v1.TemplateService.ResetTemplate",
        "recognition.v1.BadgeService.PreviewBadge",  # of a badge that need not be there yet
        "recognition.v1.CredentialService.GetStatusList",  # of the issuer, which needs its own settings
    )
}


THINGS = [method for method in surface.methods() if is_one_thing(method)]


@servers
@pytest.mark.parametrize("method", THINGS, ids=lambda method: method.full_name)
async def test_what_is_absent_is_never_answered_or_made(served: Platform, method: MethodDescriptor) -> None:
    answer = await served.call(method, request_for(method), served.token(*policy.rule(method).roles))
    assert answer.code in {Code.NOT_FOUND, Code.INVALID_ARGUMENT, Code.PERMISSION_DENIED}
    rules_only = answer.reason == "INVALID_FIELDS"  # more than the contract's rules tell how to fill in
    assert rules_only or policy.rule(method).mutates or answer.code is Code.NOT_FOUND
