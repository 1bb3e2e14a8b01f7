"""Strimzi: one KafkaTopic per topic, one KafkaUser per user with literal rights and nothing by pattern."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from deploy.k8s.files import Document
from deploy.k8s.platform import PART_OF, Platform
from deploy.kafka.access import Access
from deploy.kafka.topics import Topic

API: Final = "kafka.strimzi.io/v1"
CLUSTER: Final = "mentoring"
REPLICAS: Final = 3
MIN_IN_SYNC: Final = 2
"""A broker may be down and acknowledged records still are on two."""
AUTOSCALER: Final = "autoscaler"
"""Looks at lag, and at nothing that is in records."""


def topic(wanted: Topic) -> Document:
    """Return a topic. Its partition count never changes in place: keys would move."""
    return {
        **_head("KafkaTopic", wanted.name),
        "spec": {
            "partitions": wanted.partitions,
            "replicas": REPLICAS,
            "config": {**wanted.configs(), "min.insync.replicas": str(MIN_IN_SYNC)},
        },
    }


def user(access: Access) -> Document:
    """Return a user who logs in with a password that Strimzi makes, into the Secret `kafka-NAME`."""
    acls = [
        *(_acl("topic", name, ["Describe", "Read"]) for name in access.reads if name not in access.writes),
        *(_acl("topic", name, ["Describe", "Read", "Write"]) for name in _both(access)),
        *(_acl("topic", name, ["Describe", "Write"]) for name in access.writes if name not in access.reads),
        *([_acl("group", access.group, ["Read"])] if access.group else []),
    ]
    return _user(access.user, acls)


def _both(access: Access) -> list[str]:
    return [name for name in access.reads if name in access.writes]


def autoscaler(platform: Platform) -> Document:
    """Return the user of KEDA: end offsets of topics and committed ones of groups."""
    heard = sorted({name for process in platform.graph.processes for name in platform.hears(process)})
    groups = [one.group for one in platform.access if one.group and one.hears]
    acls = [_acl("topic", name, ["Describe"]) for name in heard]
    return _user(AUTOSCALER, [*acls, *(_acl("group", name, ["Describe"]) for name in groups)])


def users(platform: Platform) -> Iterable[Document]:
    """Return all users."""
    return [*(user(access) for access in platform.access), autoscaler(platform)]


def _user(name: str, acls: Sequence[Document]) -> Document:
    return {
        **_head("KafkaUser", name),
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": list(acls)},
        },
    }


def _acl(kind: str, name: str, operations: list[str]) -> Document:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": operations, "host": "*"}


def _head(kind: str, name: str) -> dict[str, Any]:
    about = {"strimzi.io/cluster": CLUSTER, "app.kubernetes.io/part-of": PART_OF}
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "labels": about}}
