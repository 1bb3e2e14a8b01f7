"""Policies as the records that put them in force."""

from typing import Any

from google.protobuf import json_format

from services.pb.mentoring.processor.v1 import policy_pb2


def put(content: dict[str, Any], organization: str = "") -> tuple[bytes, bytes]:
    """Return key and value of a policy given as its JSON."""
    return organization.encode(), json_format.ParseDict(content, policy_pb2.Policy()).SerializeToString()
