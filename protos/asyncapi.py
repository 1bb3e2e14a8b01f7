"""The events as an AsyncAPI 3 document, from what the protos and `deploy/kafka/topics.yaml` say.

The package of an event's message is the name of its topic. Comments become descriptions, and a message's
payload is its own lines of the proto file: readers decode it with the descriptor set, not with this text.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

ROOT: Final = Path(__file__).resolve().parent.parent
PROTOBUF: Final = "application/protobuf"
SCHEMA_FORMAT: Final = "application/vnd.google.protobuf;version=3"
EVENTS: Final = "events.proto"
_TEXT: Final = {"type": "string"}
HEADERS: Final[dict[str, Any]] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {**_TEXT, "description": "Of this event, the same on every delivery: drop what was seen."},
    "ce_source": {**_TEXT, "description": "The service that tells."},
    "ce_type": {**_TEXT, "description": "Full name of the message in the value."},
    "ce_time": {**_TEXT, "format": "date-time", "description": "When it happened."},
    "ce_subject": {**_TEXT, "description": "Name of the resource that it is about."},
    "ce_sequence": {
        **_TEXT,
        "pattern": "^[0-9]+$",
        "description": "Grows with every event of one subject, not always by one.",
    },
    "ce_tenant": {**_TEXT, "description": "Id of the organization."},
    "content-type": {"const": PROTOBUF},
    "ce_traceparent": {**_TEXT, "description": "W3C trace context of what caused it, where there is one."},
}
"""CloudEvents 1.0 in Kafka's binary mode."""
_OPTIONAL: Final = {"ce_traceparent"}
_INTRODUCTION: Final = (
    "Delivery is at least once, in order per key; the key is the mentorship's id wherever there is one. "
    "Events carry ids and codes, never names, addresses or free text. Decode values with mentoring.binpb."
)


def document(described: FileDescriptorSet) -> str:
    """Return the document as YAML. `described` is compiled with comments (source info)."""
    topics = yaml.safe_load((ROOT / "deploy" / "kafka" / "topics.yaml").read_text())
    own = {file.package: file for file in described.file if file.name.endswith(f"/{EVENTS}")}
    content = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the mentoring platform",
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
            "description": _INTRODUCTION,
        },
        "defaultContentType": PROTOBUF,
        "channels": {
            topic["writer"]: {
                "address": topic["name"],
                "messages": dict(_messages(own[topic["name"]])),
                "bindings": {"kafka": _kafka(topic, topics["partitions"])},
            }
            for topic in topics["events"]
        },
        "operations": {f"{topic['writer']}-tells": _operation(topic["writer"]) for topic in topics["events"]},
        "components": {"messageTraits": {"cloudEvent": _cloud_event()}},
    }
    return yaml.dump(content, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)


def _kafka(topic: dict[str, Any], partitions: int) -> dict[str, Any]:
    return {
        "topic": topic["name"],
        "partitions": partitions,
        "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topic["retention_ms"]},
        "bindingVersion": "0.5.0",
    }


def _operation(writer: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{writer}"}}


def _cloud_event() -> dict[str, Any]:
    headers = {
        "type": "object",
        "required": [name for name in HEADERS if name not in _OPTIONAL],
        "properties": HEADERS,
    }
    return {"headers": headers, "bindings": {"kafka": {"key": _TEXT, "bindingVersion": "0.5.0"}}}


def _messages(file: FileDescriptorProto) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of a file: its top-level messages."""
    source = (ROOT / "protos" / file.name).read_text().splitlines(keepends=True)
    for location in file.source_code_info.location:
        match list(location.path):
            case [FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, number]:
                first, _, last, _ = location.span
                name = file.message_type[number].name
                yield (
                    name,
                    {
                        "name": f"{file.package}.{name}",
                        "summary": " ".join(location.leading_comments.split()),
                        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
                        "payload": {
                            "schemaFormat": SCHEMA_FORMAT,
                            "schema": "".join(source[first : last + 1]),
                        },
                    },
                )


class _Readable(yaml.SafeDumper):
    """Writes texts of several lines as such, and nothing by reference."""

    def ignore_aliases(self, _: object) -> bool:
        """Repeat what is said twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Readable.add_representer(str, _text)
