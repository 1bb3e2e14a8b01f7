"""Which policy is in force for whom, from the records of its topic; and the command that puts one there."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError

from services.kernel.errors import Invalid, Refused
from services.kernel.kafka import Cluster, Producer, Record
from services.pb.mentoring.processor.v1 import policy_pb2
from services.processor.agents.policies import TOPIC, Policies
from services.processor.commands import policy
from services.processor.domain.policy import DEFAULT
from tests.processor.policies import put

NOWHERE = "127.0.0.1:1"


def test_without_any_record_the_houses_default_is_in_force() -> None:
    assert Policies().of("acme") == DEFAULT


def test_an_organizations_own_goes_before_the_one_for_all() -> None:
    policies = Policies()
    policies.note(*put({"version": "all", "nudges_per_week": 1}))
    policies.note(*put({"version": "own", "nudges_per_week": 0}, "acme"))
    assert (policies.of("acme").version, policies.of("weavers").version) == ("own", "all")
    policies.note(b"acme", None)
    assert policies.of("acme").version == "all"


@pytest.mark.parametrize("value", [b"\xff", b"", put({"version": "?!"})[1]], ids=["bytes", "empty", "wrong"])
def test_a_record_that_cannot_be_understood_changes_nothing(value: bytes) -> None:
    policies, told = Policies(), list[str]()
    policies.note(*put({"version": "own"}, "acme"))
    policies.changed = lambda: told.append("changed")
    policies.note(b"acme", value)
    assert (policies.of("acme").version, told) == ("own", [])


def test_whoever_depends_on_policies_hears_of_a_change() -> None:
    policies, told = Policies(), list[str]()
    policies.changed = lambda: told.append(policies.of("acme").version)
    policies.note(*put({"version": "2"}))
    assert told == ["2"]


def test_a_file_that_is_not_there_or_not_understood_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="POLICY_UNREADABLE"):
        policy.load(tmp_path / "absent.json")
    file = tmp_path / "policy.json"
    file.write_text('{"version": "2", "nudges_per_wek": 1}')
    with pytest.raises(Invalid, match="nudges_per_wek"):
        policy.load(file)


async def test_without_a_broker_nothing_is_in_force() -> None:
    with pytest.raises(KafkaError):
        await policy.show(Cluster(NOWHERE))


def message(version: str, nudges: int) -> policy_pb2.Policy:
    return policy_pb2.Policy(version=version, nudges_per_week=nudges)


@pytest.mark.servers
async def test_what_is_put_is_shown_and_a_version_keeps_its_content(kafka_bootstrap: str) -> None:
    ours = uuid.uuid4().hex
    assert "in force for" in await policy.put(Cluster(kafka_bootstrap), ours, message("2", 1))
    assert "already" in await policy.put(Cluster(kafka_bootstrap), ours, message("2", 1))
    with pytest.raises(Refused, match="VERSION_TAKEN"):
        await policy.put(Cluster(kafka_bootstrap), ours, message("2", 0))
    assert "in force for" in await policy.put(Cluster(kafka_bootstrap), ours, message("3", 0))
    shown = await policy.show(Cluster(kafka_bootstrap))
    assert json.loads(shown.split(f"# {ours}\n")[1].split("\n#")[0])["version"] == "3"


@pytest.mark.servers
async def test_a_policy_for_no_organization_is_refused(kafka_bootstrap: str) -> None:
    with pytest.raises(Invalid, match="MALFORMED_ORGANIZATION"):
        await policy.put(Cluster(kafka_bootstrap), "a/b", message("2", 1))


@pytest.mark.servers
async def test_a_running_processor_follows(kafka_bootstrap: str) -> None:
    ours, policies, told = uuid.uuid4().hex, Policies(), asyncio.Event()
    async with policies.read(Cluster(kafka_bootstrap)) as later:
        following = asyncio.create_task(policies.follow(later))
        policies.changed = lambda: told.set() if policies.of(ours).version == "7" else None
        producer = Producer(Cluster(kafka_bootstrap), "test")
        await producer.start()
        key, value = put({"version": "7"}, ours)
        await producer.publish([Record(TOPIC, key, value)])
        await producer.stop()
        await asyncio.wait_for(told.wait(), 20)
        following.cancel()
