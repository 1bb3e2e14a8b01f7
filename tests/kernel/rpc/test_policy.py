"""Rules read from contracts made up here: every mistake a contract can have is seen to refuse the start."""

from typing import Any

import pytest
from google.api import resource_pb2
from google.longrunning import operations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.errors import Denied, NotFound
from services.kernel.rpc import policy
from services.pb.mentoring.options.v1 import auth_pb2

ADA = Caller("acme", "ada", frozenset({"mentor"}))
REFERENCE: Any = resource_pb2.resource_reference
STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
INT = descriptor_pb2.FieldDescriptorProto.TYPE_INT32
MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
ONE = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
MANY = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED


def field(name: str, number: int, label: Any = ONE, kind: str = "", **more: Any) -> Any:
    return descriptor_pb2.FieldDescriptorProto(
        name=name,
        number=number,
        label=label,
        type=MESSAGE if kind else STRING,
        type_name=f".made.{kind}" if kind else None,
        **more,
    )


def reference() -> Any:
    options = descriptor_pb2.FieldOptions()
    options.Extensions[REFERENCE].type = "made/Thing"
    return options


def contract(rule: auth_pb2.AuthPolicy | None) -> tuple[Any, Any]:
    """Return the only method of a fresh contract with this rule, and a maker of its requests."""
    file = descriptor_pb2.FileDescriptorProto(name="made.proto", package="made", syntax="proto3")
    file.dependency.extend(["mentoring/options/v1/auth.proto", "google/api/resource.proto"])
    part = file.message_type.add(name="Part")
    part.field.extend(
        [field("name", 1), field("mentor", 2, options=reference()), field("part", 3, ONE, "Part")]
    )
    request = file.message_type.add(name="Request")
    request.field.extend(
        [
            field("name", 1),
            field("names", 2, MANY),
            field("part", 3, ONE, "Part"),
            field("parts", 4, MANY, "Part"),
            field("mentees", 5, MANY, options=reference()),
            descriptor_pb2.FieldDescriptorProto(name="count", number=6, label=ONE, type=INT),
        ]
    )
    method = file.service.add(name="Service").method.add(
        name="Do", input_type=".made.Request", output_type=".made.Part"
    )
    if rule is not None:
        method.options.Extensions[auth_pb2.auth].CopyFrom(rule)
    pool = descriptor_pool.DescriptorPool()
    for needed in (descriptor_pb2, auth_pb2, resource_pb2):
        proto = descriptor_pb2.FileDescriptorProto()
        needed.DESCRIPTOR.CopyToProto(proto)
        pool.Add(proto)
    pool.Add(file)
    found = pool.FindServiceByName("made.Service").methods_by_name["Do"]
    return found, message_factory.GetMessageClass(found.input_type)


def roles(path: str, *names: str) -> auth_pb2.AuthPolicy:
    numbers = [auth_pb2.Role.Value(f"ROLE_{name}") for name in names or ("MENTOR",)]
    return auth_pb2.AuthPolicy(roles=numbers, resource_field=path)


WRONG = {
    "no rule": None,
    "an empty rule": auth_pb2.AuthPolicy(),
    "roles without a resource": auth_pb2.AuthPolicy(roles=[auth_pb2.ROLE_MENTOR]),
    "a resource without roles": auth_pb2.AuthPolicy(resource_field="name"),
    "an unspecified role": roles("name", "UNSPECIFIED", "MENTOR"),
    "public with roles": auth_pb2.AuthPolicy(public=True, roles=[auth_pb2.ROLE_MENTOR]),
    "a field that does not exist": roles("nmae"),
    "a path through a string": roles("name.name"),
    "a path that ends at a message": roles("part"),
    "a path that ends at a number": roles("count"),
}


@pytest.mark.parametrize("rule", WRONG.values(), ids=WRONG.keys())
def test_a_method_without_a_valid_rule_is_found(rule: auth_pb2.AuthPolicy | None) -> None:
    method, _ = contract(rule)
    with pytest.raises(KeyError):
        policy.rule(method)


def test_a_public_method_asks_for_nothing() -> None:
    method, _ = contract(auth_pb2.AuthPolicy(public=True))
    assert policy.rule(method).public


def test_a_server_of_methods_without_rules_does_not_start() -> None:
    with pytest.raises(SystemExit) as exit_:
        policy.rules(["grpc.health.v1.Health"])
    assert "/grpc.health.v1.Health/Check" in str(exit_.value)
    assert "/grpc.health.v1.Health/Watch" in str(exit_.value)


def test_any_of_the_roles_is_enough() -> None:
    rule = policy.rule(contract(roles("name", "HR_ADMIN", "MENTOR"))[0])
    rule.permit(ADA)
    with pytest.raises(Denied):
        rule.permit(Caller("acme", "eve", frozenset({"mentee", "operator"})))
    with pytest.raises(Denied):
        rule.permit(Caller("acme", "eve", frozenset()))


PATHS: dict[str, Any] = {
    "name": lambda names: {"name": names[0]},
    "names": lambda names: {"names": names},
    "part.name": lambda names: {"part": {"name": names[0]}},
    "part.part.name": lambda names: {"part": {"part": {"name": names[0]}}},
    "parts.name": lambda names: {"parts": [{"name": name} for name in names]},
}


@pytest.mark.parametrize("path", PATHS)
def test_names_are_read_wherever_the_rule_points(path: str) -> None:
    method, request = contract(roles(path))
    rule = policy.rule(method)
    own = [f"organizations/acme/things/{number}" for number in range(3)]
    assert rule.tenancy(ADA, request(**PATHS[path](own))) == []
    assert rule.organization(request(**PATHS[path](own))) == "acme"
    with pytest.raises(NotFound):
        rule.tenancy(ADA, request(**PATHS[path](["organizations/rival/things/1"])))


def test_one_foreign_name_among_many_is_enough() -> None:
    method, request = contract(roles("parts.name"))
    names = [*(f"organizations/acme/things/{number}" for number in range(50)), "organizations/rival/things/1"]
    with pytest.raises(NotFound):
        policy.rule(method).tenancy(ADA, request(**PATHS["parts.name"](names)))


@pytest.mark.parametrize(
    "body",
    [
        {"mentees": ["organizations/acme/people/a", "organizations/rival/people/b"]},
        {"part": {"mentor": "organizations/rival/people/b"}},
        {"parts": [{}, {"mentor": "organizations/rival/people/b"}]},
    ],
)
def test_other_resource_names_in_the_body_must_be_of_the_same_organization(body: dict[str, Any]) -> None:
    method, request = contract(roles("name"))
    with pytest.raises(NotFound):
        policy.rule(method).tenancy(ADA, request(name="organizations/acme", **body))


def test_an_absent_reference_is_fine_and_a_malformed_one_is_named() -> None:
    method, request = contract(roles("name"))
    wrong = request(name="organizations/acme", mentees=["eve"], part={"mentor": ""})
    assert [path for path, _ in policy.rule(method).tenancy(ADA, wrong)] == ["mentees"]


@pytest.mark.parametrize("names", [[], [""], ["things/1"], ["organizations"], ["organizations/"]])
def test_a_missing_or_malformed_resource_is_named(names: list[str]) -> None:
    method, request = contract(roles("names"))
    assert [path for path, _ in policy.rule(method).tenancy(ADA, request(names=names))] == ["names"]


@given(st.text(alphabet="acme-/organizations", max_size=40))
def test_only_names_of_the_own_organization_pass(name: str) -> None:
    """Stated once more, by segments, against the quick check in the rule."""
    try:
        passed = policy._owned(name, "organizations/acme")
    except NotFound:
        passed = False
    assert passed == (name.split("/")[:2] == ["organizations", "acme"])


def test_a_standard_service_that_cannot_carry_a_rule_has_one_for_all_its_methods() -> None:
    """Long-running operations are Google's contract; without a rule of ours they would refuse to start."""
    found = policy.rules([operations_pb2.DESCRIPTOR.services_by_name["Operations"].full_name])
    assert len(found) == 5
    for rule in found.values():
        assert (rule.public, rule.resource_field) == (False, "name")
        with pytest.raises(Denied):
            rule.permit(ADA)
