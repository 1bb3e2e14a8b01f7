"""Looks at Kafka as the service would: reach it, log in, find its topics as declared and its rights."""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupAuthorizationFailedError, IncompatibleBrokerVersion, KafkaError

from deploy.doctor.finding import Finding, ok, warning, wrong
from deploy.doctor.rights import Right, Seen, seen
from deploy.kafka.access import Access
from deploy.kafka.topics import Topic, admin
from services.kernel.kafka import Cluster

MAKE = "run `python -m deploy.kafka.topics`, or apply the KafkaTopic resources"
GRANT = "give the login the rights of deploy/kafka/topics.yaml (with Strimzi: the KafkaUser resources)"


async def examine(cluster: Cluster, topics: Sequence[Topic], needed: Access) -> AsyncIterator[Finding]:
    """Ask the brokers; nothing is read, written or changed."""
    if cluster.login is None:
        advice = "set KAFKA_SECURITY_PROTOCOL=SASL_SSL, KAFKA_USERNAME and KAFKA_PASSWORD_FILE"
        yield warning("Kafka login", "none: whoever reaches the brokers may read and write", advice)
    with _Overheard() as said:
        try:
            async with admin(cluster) as client:
                found = await _asked(client, topics, needed)
        except (KafkaError, OSError, TimeoutError) as error:
            yield _unreachable(said, error)
            return
    for finding in found:
        yield finding


async def _asked(admin: AIOKafkaAdminClient, topics: Sequence[Topic], needed: Access) -> list[Finding]:
    found = [ok("Kafka", f"answers, {len((await admin.describe_cluster())['brokers'])} brokers")]
    wanted = [topic for topic in topics if topic.name in {*needed.reads, *needed.writes}]
    try:
        shown = await seen(admin, [topic.name for topic in topics])
    except (NotImplementedError, IncompatibleBrokerVersion):
        advice = "use Apache Kafka 2.3 or newer where it matters"
        return [*found, warning("Kafka rights", "these brokers do not tell what a login may do", advice)]
    found += _topics(wanted, shown)
    found += _rights(shown, needed)
    found += await _settings(admin, [topic for topic in wanted if shown[topic.name].partitions])
    if needed.group is not None:
        found.append(await _group(admin, needed.group))
    return found


def _topics(wanted: Sequence[Topic], shown: dict[str, Seen]) -> Iterator[Finding]:
    missing = [topic.name for topic in wanted if "Unknown" in shown[topic.name].error]
    differing = [
        f"{topic.name} has {count} partitions instead of {topic.partitions}"
        for topic in wanted
        if (count := shown[topic.name].partitions) not in {0, topic.partitions}
    ]
    if missing:
        yield wrong("Kafka topics", f"missing: {', '.join(missing)}", MAKE)
    if differing:
        advice = "make the topic anew: keys keep their partition only while the count stays"
        yield wrong("Kafka topics", "; ".join(differing), advice)
    if not missing and not differing:
        yield ok("Kafka topics", f"{len(wanted)} there, partitions as declared")


def _rights(shown: dict[str, Seen], needed: Access) -> Iterator[Finding]:
    exists = {name for name, one in shown.items() if "Unknown" not in one.error}
    lacking = [f"read {name}" for name in _without(shown, exists.intersection(needed.reads), Right.READ)]
    lacking += [f"write {name}" for name in _without(shown, exists.intersection(needed.writes), Right.WRITE)]
    if lacking:
        yield wrong("Kafka rights", f"may not {', '.join(lacking)}", GRANT)
    beyond = [f"read {name}" for name in _with(shown, Right.READ) if name not in needed.reads]
    beyond += [f"write {name}" for name in _with(shown, Right.WRITE) if name not in needed.writes]
    if beyond:
        some = ", ".join(beyond[:4]) + (f" and {len(beyond) - 4} more" if len(beyond) > 4 else "")
        yield warning("Kafka rights", f"more than it needs: {some}", f"turn the authorizer on, and {GRANT}")
    if not lacking and not beyond:
        yield ok("Kafka rights", f"reads {len(needed.reads)} topics, writes {len(needed.writes)}, no other")


def _with(shown: dict[str, Seen], right: Right) -> list[str]:
    return sorted(name for name, one in shown.items() if right in one.rights)


def _without(shown: dict[str, Seen], names: set[str], right: Right) -> list[str]:
    return sorted(name for name in names if right not in shown[name].rights)


async def _settings(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[Finding]:
    """Compare settings with the table. Only some logins may read them; the others are told so."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    if not asked:
        return []
    [answer] = await admin.describe_configs(asked)
    declared = {topic.name: topic.configs() for topic in topics}
    differing, hidden = [], 0
    for code, _, _, name, entries in (item[:5] for item in answer.resources):
        actual = {entry[0]: entry[1] for entry in entries}
        hidden += bool(code)
        differing += [
            f"{name}: {key} is {actual.get(key)} instead of {value}"
            for key, value in declared[name].items()
            if not code and actual.get(key) != value
        ]
    if differing:
        return [warning("Kafka topic settings", "; ".join(differing), MAKE)]
    if hidden:
        return [ok("Kafka topic settings", "not for this login to read; `make verify-deploy` checks them")]
    return [ok("Kafka topic settings", "as declared")]


async def _group(admin: AIOKafkaAdminClient, group: str) -> Finding:
    try:
        await admin.find_coordinator(group)
    except GroupAuthorizationFailedError:
        return wrong("Kafka group", f"may not join {group}", GRANT)
    except KafkaError as error:  # brokers that have had no group yet make its place first
        advice = "ask again in a moment; if it stays so, look at the brokers' log"
        return warning("Kafka group", f"{group} has no coordinator now: {type(error).__name__}", advice)
    return ok("Kafka group", f"may join {group}")


def _unreachable(said: list[str], error: Exception) -> Finding:
    text = next((line for line in reversed(said) if line), str(error))[:200]
    lowered = text.lower()
    if "authentication" in lowered or "sasl" in lowered:
        advice = "compare KAFKA_USERNAME, KAFKA_PASSWORD_FILE and KAFKA_SASL_MECHANISM with the broker's user"
        return wrong("Kafka", f"refuses the login: {text}", advice)
    if "certificate" in lowered or "ssl" in lowered:
        advice = "KAFKA_CA_FILE must be the brokers' authority, KAFKA_BOOTSTRAP a name in their certificate"
        return wrong("Kafka", f"no encrypted connection: {text}", advice)
    advice = "check KAFKA_BOOTSTRAP, that the brokers run, network policies, and KAFKA_SECURITY_PROTOCOL"
    return wrong("Kafka", f"does not answer: {text}", advice)


class _Overheard(logging.Handler):
    """What the client logs, which is the only place where it says why it could not connect."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text."""
        self.said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logger = logging.getLogger("aiokafka")
        logger.addHandler(self)
        self._before, logger.propagate = logger.propagate, False
        return self.said

    def __exit__(self, *_: object) -> None:
        logger = logging.getLogger("aiokafka")
        logger.removeHandler(self)
        logger.propagate = self._before
