"""`policy show|put`: which policies are in force, and a new one."""

from pathlib import Path

from google.protobuf import json_format

from services.kernel.errors import Invalid, Refused
from services.kernel.ids import is_segment
from services.kernel.kafka import Cluster, Producer, Record
from services.pb.mentoring.processor.v1 import policy_pb2
from services.processor import wire
from services.processor.agents.policies import ALL, TOPIC, Policies
from services.processor.domain.policy import DEFAULT


def load(file: Path) -> policy_pb2.Policy:
    """Read a policy from a JSON file. Invalid when it cannot be read or understood, field by field."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("POLICY_UNREADABLE", f"{file}: {error}") from error
    wire.read_policy(text)
    return json_format.Parse(text, policy_pb2.Policy())


async def show(cluster: Cluster) -> str:
    """Return what is in force, as text."""
    policies = Policies()
    async with policies.read(cluster):
        pass
    parts = [
        f"# {organization or 'every organization without its own'}\n{json_format.MessageToJson(message)}"
        for organization, message in sorted(policies.messages.items())
    ]
    if ALL not in policies.messages:
        parts.insert(0, f"# every organization without its own: the house's, version {DEFAULT.version}")
    return "\n".join(parts)


async def put(cluster: Cluster, organization: str, message: policy_pb2.Policy) -> str:
    """Put a policy in force; return what happened.

    Raises Refused VERSION_TAKEN when the organization's policy in force has that version and other content:
    decisions name the version they were made under. Invalid for an organization that is no id.
    """
    if organization != ALL and not is_segment(organization):
        raise Invalid("MALFORMED_ORGANIZATION", "the organization is not an id")
    policies = Policies()
    async with policies.read(cluster):
        known = policies.messages.get(organization)
    whom = organization or "every organization without its own"
    if known == message:
        return f"policy {message.version} was in force already for {whom}"
    if known is not None and message.version == known.version:
        raise Refused("VERSION_TAKEN", f"version {message.version} is in force with other content")
    value = message.SerializeToString(deterministic=True)
    await _publish(cluster, Record(TOPIC, organization.encode(), value))
    return f"policy {message.version} is in force for {whom}"


async def _publish(cluster: Cluster, record: Record) -> None:
    producer = Producer(cluster, "processor-policy")
    await producer.start()
    try:
        await producer.publish([record])
    finally:
        await producer.stop()
