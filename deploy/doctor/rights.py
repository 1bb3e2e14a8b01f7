"""Asks a broker what the login it is asked with may do to topics, without doing any of it.

The client library knows the metadata request up to version 5; brokers tell rights from version 8 on.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

_METADATA = 3


class Right(IntEnum):
    """What an ACL allows, by the number the protocol gives it."""

    READ = 3
    WRITE = 4


class _Answer(Response):  # type: ignore[misc]  # the client is not typed
    API_KEY = _METADATA
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8"))),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
        ("cluster_operations", Int32),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = _METADATA
    API_VERSION = 8
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class _Ask(Request[_Question]):  # type: ignore[misc]
    API_KEY = _METADATA

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, struct: type[_Question]) -> Any:
        return struct(self._topics, False, False, True)


class Seen:
    """What a login sees of one topic. `error` is the broker's word when it shows nothing, else empty."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        code = found["error_code"]
        self.error: str = for_code(code).__name__ if code else ""
        self.partitions = len(found["partitions"])
        self.rights = frozenset(right for right in Right if found["operations"] & (1 << right))


async def seen(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> dict[str, Seen]:
    """Return what the login of `admin` sees of each topic. KafkaError; NotImplementedError by old brokers."""
    answer = await admin._send_request(_Ask(topics))  # noqa: SLF001 -- it offers no public way to ask more
    return {item["topic"]: Seen(item) for item in answer.to_object()["topics"]}
