"""What each process is told: settings by name, and secrets as files of one read-only volume.

Addresses and choices that are an operator's come from ConfigMaps, which overlays fill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.callgraph import Callgraph, Process, Service
from deploy.k8s.files import Document

SECRETS: Final = "/run/secrets/mentoring"
SCRATCH: Final = "/tmp"  # noqa: S108 - an emptyDir of the pod's own
KERNELS: Final = "/var/cache/kernels"
DRAIN_PAUSE_SECONDS: Final = 2
"""How long callers have to see that a replica goes: calls that arrive as it closes end as CANCELLED, which no
caller tries again."""
CONFIG: Final = "platform"
"""ConfigMap of what all processes are told."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key of a Secret, mounted as `file`, which `setting` names. Components bring optional ones."""

    name: str
    key: str
    file: str
    setting: str | None = None
    optional: bool = False

    @property
    def path(self) -> str:
        """Return where the process reads it."""
        return f"{SECRETS}/{self.file}"


def secrets(service: Service) -> tuple[Secret, ...]:
    """Return every secret of a service."""
    name, found = service.name, []
    if service.uses("identity"):
        found.append(Secret(f"identity-{name}", "client_secret", "client_secret", "CLIENT_SECRET_FILE"))
    if service.uses("mongodb"):
        found.append(Secret(f"data-key-{name}", "data_key", "data_key", "DATA_KEY_FILE"))
        found.append(Secret(f"mongodb-{name}", "password", "mongodb_password", optional=True))
    if service.uses("kafka"):
        found.append(kafka_password(name))
    if service.serves("grpc"):
        found += [Secret(f"tls-{name}", key, f"grpc_{key}", optional=True) for key in _TLS]
    return (*found, *_OWN.get(name, ()))


def kafka_password(user: str) -> Secret:
    """Return the password of a user of the brokers."""
    return Secret(f"kafka-{user}", "password", "kafka_password", optional=True)


BACKUP: Final = Secret("mongodb-backup", "password", "mongodb_password", optional=True)
"""Of the database user who may read everything, to copy it."""

_TLS: Final = ("tls.crt", "tls.key", "ca.crt")
_OWN: Final[Mapping[str, tuple[Secret, ...]]] = {
    "notifications": (
        Secret("notifications-signing", "signing_key", "signing_key", "SIGNING_KEY_FILE"),
        Secret("notifications-mail", "password", "smtp_password", optional=True),
    ),
    "recognition": (
        Secret("recognition-credential", "credential_key", "credential_key", "CREDENTIAL_KEY_FILE"),
    ),
}

WITH_CONFIG: Final = ("scheduling", "notifications")
"""Services with a ConfigMap of their own: where people reach their links, and mail."""


def environment(graph: Callgraph, process: Process) -> list[Document]:
    """Return the settings that follow from what the process is."""
    service = graph.service(process.service)
    plain = {
        "METRICS_ADDRESS": f"0.0.0.0:{graph.ports['metrics']}",
        **_served(graph, process),
        **{f"{called.upper()}_ADDRESS": f"{called}:{graph.ports['grpc']}" for called in service.calls},
        **{one.setting: one.path for one in secrets(service) if one.setting},
        "TMPDIR": SCRATCH,
        **({"MOTOR_MAX_WORKERS": "32"} if service.uses("mongodb") else {}),
        **({"NUMBA_CACHE_DIR": KERNELS} if needs_kernels(process) else {}),
    }
    return [*_told_by_labels(), *({"name": name, "value": value} for name, value in plain.items())]


def _served(graph: Callgraph, process: Process) -> dict[str, str]:
    names = {"grpc": "GRPC_ADDRESS", "links": "HTTP_ADDRESS"}
    addresses = {names[port]: f"0.0.0.0:{graph.ports[port]}" for port in process.serves}
    return addresses | ({"DRAIN_PAUSE_SECONDS": str(DRAIN_PAUSE_SECONDS)} if "grpc" in process.serves else {})


def _told_by_labels() -> list[Document]:
    """Return what overlays say once, by a label: which build runs."""
    field = {"fieldPath": "metadata.labels['app.kubernetes.io/version']"}
    return [{"name": "VERSION", "valueFrom": {"fieldRef": field}}]


def sources(service: str) -> list[Document]:
    """Return the ConfigMaps whose keys are settings."""
    names = [CONFIG, service] if service in WITH_CONFIG else [CONFIG]
    return [{"configMapRef": {"name": name}} for name in names]


def needs_kernels(process: Process) -> bool:
    """Whether it compiles kernels; the machine code of another machine would not do."""
    return process.service == "matching"


def volume(mounted: Sequence[Secret]) -> Document:
    """Return the volume of secrets, each as one file."""
    return {
        "name": "secrets",
        "projected": {"defaultMode": 0o440, "sources": list(map(_source, _by_name(mounted)))},
    }


def _by_name(mounted: Sequence[Secret]) -> list[list[Secret]]:
    names = dict.fromkeys(one.name for one in mounted)
    return [[one for one in mounted if one.name == name] for name in names]


def _source(keys: Sequence[Secret]) -> Document:
    optional = {"optional": True} if keys[0].optional else {}
    items = [{"key": one.key, "path": one.file} for one in keys]
    return {"secret": {"name": keys[0].name, "items": items, **optional}}
