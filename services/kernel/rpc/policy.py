"""Who may call what, read from the contract: roles and tenant of every method of the served services."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from google.api import resource_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Fields, NotFound
from services.pb.mentoring.options.v1 import audit_pb2, auth_pb2, quota_pb2

Read = Callable[[Any], Sequence[str]]
_LEADS = (auth_pb2.ROLE_PROGRAM_LEAD, auth_pb2.ROLE_HR_ADMIN)
STANDARD: Final[Mapping[str, auth_pb2.AuthPolicy]] = MappingProxyType(
    {"google.longrunning.Operations": auth_pb2.AuthPolicy(roles=_LEADS, resource_field="name")}
)
"""The rule of every method of services that are not ours, and so cannot carry it in their contract."""

_REFERENCE: Any = resource_pb2.resource_reference
_MALFORMED = "must start with organizations/{organization}"


class ForeignName(NotFound):
    """A name of another organization: to the caller it does not exist, to the audit log it was tried."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one method.

    `resource` reads the names whose organization must be the caller's; `references` reads the other resource
    names in the request, where empty means none. `quota` is the kind of daily allowance that a call takes of.
    It `mutates` unless the contract says that it only reads; `personal` is an answer with others' data.
    """

    public: bool
    roles: frozenset[str]
    resource_field: str
    resource: Read
    references: tuple[tuple[str, Read], ...]
    request: type[Message]
    quota: str = ""
    mutates: bool = False
    personal: bool = False

    def permit(self, caller: Caller) -> None:
        """Raise Denied unless the caller has one of the roles."""
        if self.roles.isdisjoint(caller.roles):
            raise Denied("ROLE_MISSING", "none of your roles may call this method")

    def tenancy(self, caller: Caller, request: Message) -> Fields:
        """Return violations for malformed names; raise NotFound if any belongs to another organization."""
        own = f"organizations/{caller.org}"
        names = self.resource(request)
        wrong = [self.resource_field] if not names or _any_malformed(names, own) else []
        for path, read in self.references:
            if _any_malformed([name for name in read(request) if name], own):
                wrong.append(path)
        return [(path, _MALFORMED) for path in wrong]

    def organization(self, request: Message) -> str:
        """Return the organization a request is about, "" if its name is malformed."""
        parts = (self.resource(request) or [""])[0].split("/", 2)
        return parts[1] if len(parts) > 1 and parts[0] == "organizations" else ""


def _any_malformed(names: Sequence[str], own: str) -> bool:
    return any(not _owned(name, own) for name in names)


def _owned(name: str, own: str) -> bool:
    if name.startswith(own) and name[len(own) : len(own) + 1] in {"", "/"}:
        return True
    parts = name.split("/", 2)
    if len(parts) > 1 and parts[0] == "organizations" and parts[1]:
        raise ForeignName("NOT_FOUND", "no such resource")
    return False


def rules(services: Sequence[str]) -> dict[str, Rule]:
    """Return the rule of every method, by "/service/Method". SystemExit names all that have no valid one."""
    found: dict[str, Rule] = {}
    wrong: list[str] = []
    for method in (m for name in services for m in _service_methods(name)):
        try:
            found[path_of(method)] = rule(method)
        except KeyError as error:
            wrong.append(f"{path_of(method)}: {error.args[0]}")
    if wrong:
        raise SystemExit("methods without a valid auth policy:\n" + "\n".join(wrong))
    return found


def _service_methods(name: str) -> list[MethodDescriptor]:
    return list(descriptor_pool.Default().FindServiceByName(name).methods)


def path_of(method: MethodDescriptor) -> str:
    """Return the path of a method on the wire."""
    return f"/{method.containing_service.full_name}/{method.name}"


def rule(method: MethodDescriptor) -> Rule:
    """Return the rule the contract gives a method. KeyError if it gives none or a wrong one."""
    policy = _policy(method)
    request = message_factory.GetMessageClass(method.input_type)
    if policy.public:
        if policy.roles or policy.resource_field:
            raise KeyError("public excludes roles and resource_field")
        return Rule(True, frozenset(), "", _nothing, (), request)
    if not policy.roles or auth_pb2.ROLE_UNSPECIFIED in policy.roles or not policy.resource_field:
        raise KeyError("needs roles and a resource_field")
    return Rule(
        public=False,
        roles=frozenset(auth_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in policy.roles),
        resource_field=policy.resource_field,
        resource=reader(method.input_type, policy.resource_field),
        references=tuple(
            (path, reader(method.input_type, path))
            for path in references(method.input_type)
            if path != policy.resource_field
        ),
        request=request,
        quota=_quota(method),
        mutates=method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS,
        personal=method.GetOptions().Extensions[audit_pb2.personal_data],
    )


def _quota(method: MethodDescriptor) -> str:
    kind = method.GetOptions().Extensions[quota_pb2.quota]
    return quota_pb2.Quota.Name(kind).removeprefix("QUOTA_").lower() if kind else ""


def _policy(method: MethodDescriptor) -> auth_pb2.AuthPolicy:
    standard = STANDARD.get(method.containing_service.full_name)
    return method.GetOptions().Extensions[auth_pb2.auth] if standard is None else standard


def _nothing(_: Message) -> Sequence[str]:
    return ()


def reader(message: Descriptor, path: str) -> Read:
    """Compile a field path to a function returning all strings there. KeyError if the path leads to none."""
    fields = _fields(message, path.split("."))
    if not any(field.is_repeated for field in fields):
        value = attrgetter(path)
        return lambda request: (value(request),)

    def read(request: Message) -> Sequence[str]:
        found: list[Any] = [request]
        for field in fields:
            values = [getattr(item, field.name) for item in found]
            found = [item for value in values for item in value] if field.is_repeated else values
        return found

    return read


def _fields(message: Descriptor, steps: Sequence[str]) -> list[FieldDescriptor]:
    fields: list[FieldDescriptor] = []
    at: Descriptor | None = message
    for step in steps:
        if at is None or step not in at.fields_by_name:
            raise KeyError(f"{message.full_name} has no field {'.'.join(steps)}")
        fields.append(at.fields_by_name[step])
        at = fields[-1].message_type
    if fields[-1].type != FieldDescriptor.TYPE_STRING:
        raise KeyError(f"{'.'.join(steps)} is not a string")
    return fields


def references(message: Descriptor, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the paths of all fields below `message` that hold names of other resources."""
    if message.full_name in seen:
        return
    for field in message.fields:
        if field.GetOptions().HasExtension(_REFERENCE):
            yield field.name
        elif field.message_type is not None:
            inner = references(field.message_type, (*seen, message.full_name))
            yield from (f"{field.name}.{path}" for path in inner)
