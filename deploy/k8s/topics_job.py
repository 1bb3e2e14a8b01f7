"""The Job that makes topics exist where no operator does."""

from typing import Final

from deploy.k8s import network, pod, settings, sizes
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform, labels
from deploy.k8s.workloads import SMALL, account, job

NAME: Final = "topics"
"""Of the Job, and of the only user of the brokers who may create topics."""
ARGUMENTS: Final = ("--bootstrap", "$(KAFKA_BOOTSTRAP)", "--replicas", "$(REPLICAS)")


def documents(platform: Platform) -> list[Document]:
    """Return the Job and its account. It is named by the version, for Jobs cannot change."""
    container = {
        **pod.plain_container(NAME, ("python", "-m", "deploy.kafka.topics", *ARGUMENTS), SMALL),
        "envFrom": settings.sources(NAME),
        "env": [{"name": "REPLICAS", "value": "3"}, {"name": "TMPDIR", "value": settings.SCRATCH}],
        "volumeMounts": [
            {"name": "secrets", "mountPath": settings.SECRETS, "readOnly": True},
            {"name": "scratch", "mountPath": settings.SCRATCH},
        ],
    }
    volumes: list[Document] = [
        settings.volume([settings.kafka_password(NAME)]),
        {"name": "scratch", "emptyDir": {"sizeLimit": sizes.SCRATCH}},
    ]
    name = f"{NAME}-{platform.version.replace('.', '-')}"
    selected = labels(NAME, NAME) | network.lets_out("kafka")
    return [account(NAME), job(name, NAME, selected, container, volumes)]
