"""The published contract as data: every service and every message the platform speaks."""

import importlib
import pkgutil
from collections.abc import Iterator

from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from services.pb import mentoring


def files() -> list[FileDescriptor]:
    """Return every file of our own contract."""
    found = pkgutil.walk_packages(mentoring.__path__, f"{mentoring.__name__}.")
    modules = [importlib.import_module(item.name) for item in found if item.name.endswith("_pb2")]
    return [module.DESCRIPTOR for module in modules]


def services() -> list[ServiceDescriptor]:
    return [service for file in files() for service in file.services_by_name.values()]


def methods() -> list[MethodDescriptor]:
    return [method for service in services() for method in service.methods]


def requests() -> list[Descriptor]:
    return list({method.input_type.full_name: method.input_type for method in methods()}.values())


def events() -> list[Descriptor]:
    """Return every message that travels as an event: those of the events.proto files."""
    return [
        message
        for file in files()
        if file.name.endswith("/events.proto")
        for message in file.message_types_by_name.values()
    ]


def fields(message: Descriptor, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, FieldDescriptor]]:
    """Yield (path, field) for everything below a message, recursion cut."""
    if message.full_name in seen:
        return
    for field in message.fields:
        yield field.name, field
        if field.message_type is not None and field.message_type.full_name.startswith("mentoring."):
            inner = fields(field.message_type, (*seen, message.full_name))
            yield from ((f"{field.name}.{path}", found) for path, found in inner)
