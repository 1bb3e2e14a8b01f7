"""Requests made up from the contract alone: valid by its rules, about things nobody has stored."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.api import resource_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.kernel.rpc import policy
from services.pb.buf.validate import validate_pb2

ABSENT: Final = "absent"
_RULES: Any = validate_pb2.field
_RESOURCE: Any = resource_pb2.resource
_HOLE: Final = re.compile(r"\{[^}]+\}")
_NAMES: Final = re.compile(r"\^(organizations/.*)\$")
_CHOICE: Final = re.compile(r"\((\w+)\|[^)]*\)")
"""Collections of which one stands in a name; the first will do."""
_CODES: Final = {"[A-Z]{2}": "GB", "[A-Z0-9]{0,3}": "LON", "^[a-z]+:": "https://learn.example/1"}
_IDS: Final = {"templates": "KUDOS", "statusLists": "1"}
_KNOWN: Final = {
    "time_zone": "Europe/London",
    "locale": "en",
    "currency": "EUR",
    "url": "https://hooks.example/1",
    "email": "ada@example.org",
}
_MOST_DEPTH: Final = 6


def request_for(method: MethodDescriptor, org: str = "acme", **ids: str) -> Any:
    """Return a request about resources of `org`. `ids` are ids by collection, `absent` where none is given.

    Required parts are there, all names are, and nothing else.
    """
    message: Any = GetMessageClass(method.input_type)()
    names = {**ids, "organizations": org}
    _fill(message, names, 0)
    _set(message, policy.rule(method).resource_field.split("."), names)
    return message


def bare_request(method: MethodDescriptor, org: str) -> bytes:
    """Return a request that names `org` where the policy looks, and nothing else."""
    message: Any = GetMessageClass(method.input_type)()
    _set(message, policy.rule(method).resource_field.split("."), {"organizations": org}, bare=True)
    return bytes(message.SerializeToString())


def texts(message: Any, path: str = "") -> Iterator[tuple[str, Any, FieldDescriptor]]:
    """Yield (path, owner, field) of every string field that a request could carry, one element per list."""
    for field in message.DESCRIPTOR.fields:
        here = f"{path}{field.name}"
        if field.type == FieldDescriptor.TYPE_STRING:
            yield here, message, field
        elif field.message_type is not None and not _is_map(field) and here.count(".") < _MOST_DEPTH:
            values = getattr(message, field.name)
            if field.is_repeated:
                if values:
                    yield from texts(values[0], f"{here}.")
            elif message.HasField(field.name):
                yield from texts(values, f"{here}.")


def put(owner: Message, field: FieldDescriptor, text: str) -> None:
    """Write a text where `texts` pointed."""
    if field.is_repeated:
        owner.ClearField(field.name)
        getattr(owner, field.name).append(text)
    else:
        setattr(owner, field.name, text)


def name_of(pattern: str, names: Mapping[str, str]) -> str:
    """Return a resource name of a pattern such as "organizations/[^/]+/people/[^/]+"."""
    parts = _CHOICE.sub(r"\1", pattern.replace("[^/]+", "*")).split("/")
    before = ["", *parts]
    return "/".join(
        part if part.isalpha() else names.get(kind, _IDS.get(kind, ABSENT))
        for kind, part in zip(before, parts, strict=False)
    )


def _set(message: Any, path: list[str], names: Mapping[str, str], *, bare: bool = False) -> None:
    """Fill in the checked resource, whatever the rules say of it."""
    *steps, last = path
    for step in steps:
        field = message.DESCRIPTOR.fields_by_name[step]
        at = getattr(message, step)
        message = (at[0] if at else at.add()) if field.is_repeated else at
    field = message.DESCRIPTOR.fields_by_name[last]
    if bare or not getattr(message, last):
        kind = message.DESCRIPTOR.GetOptions().Extensions[_RESOURCE]
        pattern = "organizations/*" if bare or not kind.pattern else _HOLE.sub("*", kind.pattern[0])
        put(message, field, name_of(pattern, names))


def _fill(message: Any, names: Mapping[str, str], depth: int) -> None:
    for field in message.DESCRIPTOR.fields:
        rules = field.GetOptions().Extensions[_RULES]
        if field.is_repeated:
            _fill_list(message, field, rules.repeated, names, depth)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            if (rules.required or depth == 0) and depth < _MOST_DEPTH:
                _fill_message(getattr(message, field.name), rules, names, depth + 1)
        else:
            _fill_scalar(message, field, rules, names)


def _fill_message(message: Any, rules: Any, names: Mapping[str, str], depth: int) -> None:
    message.SetInParent()
    if isinstance(message, Duration):
        message.CopyFrom(rules.duration.gte)
    elif message.DESCRIPTOR.file.package.startswith("mentoring"):
        _fill(message, names, depth)


def _fill_list(
    message: Any, field: FieldDescriptor, rules: Any, names: Mapping[str, str], depth: int
) -> None:
    pattern = _NAMES.match(rules.items.string.pattern)
    if field.type == FieldDescriptor.TYPE_MESSAGE and not _is_map(field):
        if rules.min_items:
            _fill(getattr(message, field.name).add(), names, depth + 1)
    elif pattern is not None and rules.min_items:
        getattr(message, field.name).append(name_of(pattern[1], names))
    elif field.type == FieldDescriptor.TYPE_ENUM and rules.min_items:
        getattr(message, field.name).append(1)
    elif field.type == FieldDescriptor.TYPE_STRING and rules.min_items:
        getattr(message, field.name).append("text")


def _fill_scalar(message: Any, field: FieldDescriptor, rules: Any, names: Mapping[str, str]) -> None:
    if field.type == FieldDescriptor.TYPE_STRING:
        setattr(message, field.name, _text(field.name, rules.string, names))
    elif field.type == FieldDescriptor.TYPE_ENUM and rules.enum.not_in:
        setattr(message, field.name, 1)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        setattr(message, field.name, b"text")
    elif field.type == FieldDescriptor.TYPE_INT32:
        setattr(message, field.name, max(rules.int32.gte, 0))


def _text(field: str, rules: Any, names: Mapping[str, str]) -> str:
    if (pattern := _NAMES.match(rules.pattern)) is not None:
        return name_of(pattern[1], names)
    for part, text in _CODES.items():
        if part in rules.pattern:
            return text
    if field in _KNOWN:
        return _KNOWN[field]
    if rules.email:
        return _KNOWN["email"]
    return "text" if rules.min_len or rules.pattern else ""


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
