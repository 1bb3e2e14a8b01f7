"""Where secrets come from: an ExternalSecret each, or made up for a cluster to try things on."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from deploy.k8s import backup, settings
from deploy.k8s.files import Document
from deploy.k8s.platform import PART_OF, Platform, labels
from deploy.k8s.settings import Secret
from deploy.secrets import base64_key, credential_key

STORE: Final = "mentoring"
"""The SecretStore of the operator."""
MADE_IN_CLUSTER: Final = ("tls", "kafka")
"""Prefixes of what cert-manager and Strimzi make."""


def external(platform: Platform, *, with_kafka: bool) -> Iterator[Document]:
    """Yield a resource for each Secret; passwords for Kafka only where Strimzi does not make them."""
    wanted = ("kafka",) if with_kafka else ()
    for service, secret in known(platform):
        kind = secret.name.partition("-")[0]
        if (kind in wanted) if kind in MADE_IN_CLUSTER else not with_kafka:
            yield _external(service, secret)


def known(platform: Platform) -> Iterator[tuple[str, Secret]]:
    """Yield each Secret once, with whom it is for."""
    for service in platform.graph.services:
        yield from {secret.name: (service.name, secret) for secret in settings.secrets(service)}.values()
    yield backup.NAME, settings.BACKUP


def _external(service: str, secret: Secret) -> Document:
    remote = {"key": f"{PART_OF}/{secret.name}", "property": secret.key}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": secret.name, "labels": labels(service, "secret")},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"name": STORE, "kind": "SecretStore"},
            "target": {"name": secret.name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
            "data": [{"secretKey": secret.key, "remoteRef": remote}],
        },
    }


def made_up(platform: Platform) -> Iterator[Document]:
    """Yield the Secrets of a cluster to try things on, with random content; nothing is kept here."""
    for service, secret in known(platform):
        if secret.optional:
            continue
        content = _MAKERS.get(secret.key, base64_key)()
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": secret.name, "namespace": PART_OF, "labels": labels(service, "secret")},
            "type": "Opaque",
            "stringData": {secret.key: content},
        }


_MAKERS: Final[Mapping[str, Callable[[], str]]] = {"credential_key": credential_key}
