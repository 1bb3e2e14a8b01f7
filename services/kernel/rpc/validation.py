"""protovalidate -> field violations of a refusal."""

import protovalidate
from google.protobuf.message import Message

from services.kernel.errors import Fields, Invalid

MAX_VIOLATIONS = 50
"""More would not fit the 8 KiB that gRPC trailers may safely have."""

_MAX_DESCRIPTION = 120


def violations(request: Message) -> Fields:
    """Return (path, description) of everything in the request that breaks the contract.

    The path is empty for a rule of the request as a whole.
    """
    found = protovalidate.collect_violations(request)
    return [(_path(item.proto.field), item.proto.message) for item in found] if found else ()


def refusal(fields: Fields) -> Invalid:
    """Return the refusal for wrong fields: the first 50, their true number in the metadata."""
    shown = [(path, text[:_MAX_DESCRIPTION]) for path, text in fields[:MAX_VIOLATIONS]]
    return Invalid(
        "INVALID_FIELDS",
        f"{len(fields)} field(s) are not valid",
        fields=shown,
        metadata={"violations": str(len(fields))},
    )


def _path(field: protovalidate.FieldPathPb | None) -> str:
    return "" if field is None else ".".join(map(_step, field.elements))


def _step(element: protovalidate.FieldPathElementPb) -> str:
    if element.subscript is None:
        return str(element.field_name)
    return f"{element.field_name}[{element.subscript.value}]"
