"""Topics as data: the file's promises, and that applying it twice, or half of it before, changes nothing."""

import re
import uuid
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.kafka import topics
from deploy.kafka.topics import Topic, TopicsError
from deploy.local.services import SERVICES
from services.kernel.kafka import Cluster
from services.processor.agents.worker import HEARD

KEPT = [topic for topic in topics.load() if topic.retention_ms and not topic.name.endswith(".dlq")]
EVENTS = [topic for topic in KEPT if topic.name.startswith("mentoring.")]


def fresh(partitions: int = 2, **more: str) -> Topic:
    return Topic(f"test.{uuid.uuid4().hex}", partitions, "test", (), retention_ms=3_600_000, **more)


def test_every_service_has_its_event_topic_with_a_dead_letter_topic() -> None:
    assert {topic.name for topic in EVENTS} == {f"mentoring.{spec.name}.v1" for spec in SERVICES}
    assert {topic.writer for topic in EVENTS} == {spec.name for spec in SERVICES}
    names = {topic.name for topic in topics.load()}
    assert {f"{topic.name}.dlq" for topic in KEPT} <= names


def test_topics_that_meet_in_the_processor_have_equal_partition_counts() -> None:
    """The stream processor refuses to run otherwise, and a pair's events would not meet."""
    tables = [topic for topic in topics.load() if topic.cleanup == "compact"]
    assert tables
    assert len({topic.partitions for topic in (*KEPT, *tables)}) == 1


def heard(service: str) -> set[str]:
    """The services whose events one imports in the module that hears, or that the processor folds.

    Whoever keeps data of people hears that one of them is erased, without a line of its own.
    """
    if service == "processor":
        return {topic.split(".")[1] for topic in HEARD}
    file = Path("services") / service / "events.py"
    source = file.read_text() if file.exists() else ""
    return {"profiles", *re.findall(r"from services\.pb\.mentoring\.(\w+)\.v1", source)}


def test_the_file_names_as_readers_exactly_those_who_hear() -> None:
    told = {topic.writer: set(topic.readers) for topic in EVENTS}
    hearers = {
        spec.name: {other.name for other in SERVICES if spec.name in heard(other.name)} for spec in SERVICES
    }
    assert told == hearers


def test_settings_say_how_long_records_stay() -> None:
    assert Topic("t", 1, "w", (), retention_ms=5).configs() == {
        "cleanup.policy": "delete",
        "retention.ms": "5",
    }
    forever = Topic("t", 1, "w", (), cleanup="compact").configs()
    assert forever == {"cleanup.policy": "compact", "retention.ms": "-1"}


def test_a_broken_file_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text("events: []")
    with pytest.raises(KeyError):
        topics.load(file)


@pytest.mark.servers
async def test_only_what_is_missing_is_created(kafka_bootstrap: str) -> None:
    first, second = fresh(), fresh()
    assert await topics.apply(Cluster(kafka_bootstrap), [first]) == [first.name]
    assert await topics.apply(Cluster(kafka_bootstrap), [first, second]) == [second.name]
    assert await topics.apply(Cluster(kafka_bootstrap), [first, second]) == []


@pytest.mark.servers
async def test_the_broker_keeps_the_settings(kafka_bootstrap: str) -> None:
    topic = fresh()
    await topics.apply(Cluster(kafka_bootstrap), [topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
    finally:
        await admin.close()
    held = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert {name: held[name] for name in topic.configs()} == topic.configs()


@pytest.mark.servers
async def test_another_partition_count_is_told_and_left_alone(kafka_bootstrap: str) -> None:
    """More partitions would send a key's later events elsewhere: only a person may decide that."""
    before = fresh(partitions=2)
    await topics.apply(Cluster(kafka_bootstrap), [before])
    wanted = Topic(before.name, 3, "test", ())
    with pytest.raises(TopicsError, match="has 2 partitions instead of 3"):
        await topics.apply(Cluster(kafka_bootstrap), [wanted])
    assert await topics.apply(Cluster(kafka_bootstrap), [before]) == []


@pytest.mark.servers
async def test_a_refused_topic_is_named_with_the_reason(kafka_bootstrap: str) -> None:
    with pytest.raises(TopicsError, match=r"no/slash.*InvalidTopic"):
        await topics.apply(Cluster(kafka_bootstrap), [Topic("no/slash", 1, "test", ())])


async def test_nothing_answers_where_no_broker_is() -> None:
    assert not await topics.reachable(Cluster("127.0.0.1:1"))
