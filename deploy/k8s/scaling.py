"""How many processes there are: on CPU where calls are answered, on lag where events are heard.

The processor is scaled by hand: each change of its members makes all of them read their tables again, and the
lag of that would ask for even more members.
"""

from typing import Any, Final

from deploy.callgraph import Process
from deploy.k8s import sizes
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform, process_labels

SECONDS: Final = 300
"""Quiet time before there are fewer."""
AUTHENTICATION: Final = "kafka-lag"


def on_cpu(process: Process) -> Document:
    """Return the autoscaler of a process that answers calls."""
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": sizes.TARGET_CPU}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": process.name, "labels": process_labels(process)},
        "spec": {
            "scaleTargetRef": _target(process),
            "minReplicas": sizes.MIN_REPLICAS,
            "maxReplicas": sizes.MAX_ANSWERING,
            "metrics": [{"type": "Resource", "resource": cpu}],
            "behavior": {"scaleDown": _slowly()},
        },
    }


def is_on_lag(platform: Platform, process: Process) -> bool:
    """Whether lag decides: not for who hears nothing, nor for the processor."""
    return bool(process.roles) and bool(platform.hears(process))


def on_lag(platform: Platform, process: Process) -> Document:
    """Return the autoscaler of a consumer: never more of them than partitions, the rest would idle."""
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": process.name, "labels": process_labels(process)},
        "spec": {
            "scaleTargetRef": _target(process),
            "minReplicaCount": sizes.MIN_REPLICAS,
            "maxReplicaCount": partitions(platform, process),
            "cooldownPeriod": SECONDS,
            # When lag cannot be asked for, as many as there are stay.
            "fallback": {
                "failureThreshold": 3,
                "replicas": sizes.MIN_REPLICAS,
                "behavior": "currentReplicasIfHigher",
            },
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": _slowly()}}},
            "triggers": [_trigger(process.service, topic) for topic in platform.hears(process)],
        },
    }


def partitions(platform: Platform, process: Process) -> int:
    """Return the partitions of what a process hears, which are the same for all of it."""
    heard = platform.hears(process)
    (count,) = {topic.partitions for topic in platform.topics if topic.name in heard}
    return count


def _trigger(group: str, topic: str) -> Document:
    return {
        "type": "kafka",
        "metadata": {
            "bootstrapServers": "KAFKA_BOOTSTRAP",  # replaced by the setting of that name
            "sasl": "scram_sha512",
            "tls": "enable",
            "consumerGroup": group,
            "topic": topic,
            "lagThreshold": str(sizes.LAG_PER_REPLICA),
            "activationLagThreshold": "0",
            "offsetResetPolicy": "earliest",
            "allowIdleConsumers": "false",
            # A record that is tried again and again must not bring more consumers.
            "excludePersistentLag": "true",
            "version": "3.0.0",
        },
        "authenticationRef": {"name": AUTHENTICATION},
    }


def _target(process: Process) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": process.name}


def _slowly() -> dict[str, Any]:
    return {
        "stabilizationWindowSeconds": SECONDS,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
    }
