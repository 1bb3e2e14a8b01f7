"""Policies -> thresholds. What is left out has the house default."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from services.kernel.errors import Invalid
from services.kernel.rpc import validation
from services.pb.mentoring.processor.v1 import events_pb2, policy_pb2
from services.processor.domain.policy import DEFAULT, Policy, Step, consistent

_UNITS = {"_days": timedelta(days=1), "_hours": timedelta(hours=1)}


def policy(message: policy_pb2.Policy) -> Policy:
    """Decode a policy; what is left out is as in DEFAULT.

    Raises Invalid with the fields: INVALID_FIELDS, UNKNOWN_FIELDS of a newer build (a threshold that is not
    understood must not be left out silently), POLICY_CONTRADICTS.
    """
    unknown = tuple(_unknown(message))
    if unknown:
        raise Invalid("UNKNOWN_FIELDS", "the policy has fields that are not known here", fields=unknown)
    if found := validation.violations(message):
        raise validation.refusal(found)
    filled: Policy = _filled(DEFAULT, message)
    return consistent(filled)


def read_policy(text: str) -> Policy:
    """Read a policy from JSON as `policy` does. Invalid POLICY_UNREADABLE says what is wrong, and where."""
    try:
        message = json_format.Parse(text, policy_pb2.Policy())
    except json_format.ParseError as error:
        raise Invalid("POLICY_UNREADABLE", str(error)) from error
    return policy(message)


def _unknown(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    unknown: Any = UnknownFieldSet(message)
    for field in unknown:
        yield f"{path}{field.field_number}", "is not known"
    for field, value in message.ListFields():
        if isinstance(value, Message):
            yield from _unknown(value, f"{path}{field.name}.")


def _filled(usual: Any, message: Message) -> Any:
    return replace(usual, **dict(_plain(usual, field.name, value) for field, value in message.ListFields()))


def _plain(usual: Any, name: str, value: Any) -> tuple[str, Any]:
    if name == "skipped_steps":
        return name, frozenset(map(_step, value))
    if isinstance(value, policy_pb2.Policy.Recognition.Milestones):
        return name, frozenset(value.counts)
    if isinstance(value, Message):
        return name, _filled(getattr(usual, name), value)
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), value * unit
    return name, value


def _step(value: events_pb2.LadderStep.ValueType) -> Step:
    return Step(events_pb2.LadderStep.Name(value).removeprefix("LADDER_STEP_"))
