"""One pod: what Pod Security `restricted` asks for and more, and what the code serves."""

from typing import Any, Final

from deploy.callgraph import Process
from deploy.k8s import network, settings, sizes
from deploy.k8s.files import Document
from deploy.k8s.platform import IMAGE, Platform, process_labels
from deploy.k8s.sizes import Size
from services.kernel.config import Settings
from services.kernel.rpc.server import MOST_PAUSES

USER: Final = 10_001
"""Of the image, and nobody else's on the node."""
BEFORE_STOP_SECONDS: Final = 8
"""How long endpoints take to be gone everywhere; until then calls still arrive."""
MARGIN_SECONDS: Final = 5
"""To close connections and write the last log lines."""


def template(platform: Platform, process: Process) -> Document:
    """Return the pod template of a process."""
    labels = process_labels(process)
    return {
        "metadata": {"labels": {**labels, **network.lets_out(*process.uses)}},
        "spec": {
            **hull(process.service),
            "terminationGracePeriodSeconds": grace_seconds(process),
            "topologySpreadConstraints": [_spread(key, labels) for key in _SPREAD],
            **({"initContainers": [_warm(process)]} if settings.needs_kernels(process) else {}),
            "containers": [_container(platform, process)],
            "volumes": volumes(platform, process),
        },
    }


def hull(account: str) -> dict[str, Any]:
    """Return what every pod has around its containers."""
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def grace_seconds(process: Process) -> int:
    """Return how long a stop may take: `run.process` drains one part after another, each in its time."""
    drain = Settings.model_fields["drain_seconds"].default
    pauses = MOST_PAUSES * settings.DRAIN_PAUSE_SECONDS
    served = (BEFORE_STOP_SECONDS + pauses + drain) if "grpc" in process.serves else 0
    hearing = drain
    telling = drain if "relay" in process.roles or not process.roles else 0
    return int(served + hearing + telling + MARGIN_SECONDS)


_SPREAD: Final = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def _spread(key: str, labels: dict[str, str]) -> Document:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
        "matchLabelKeys": ["pod-template-hash"],
    }


def _container(platform: Platform, process: Process) -> Document:
    ports = {name: platform.graph.ports[name] for name in (*process.serves, "metrics")}
    return {
        **plain_container(process.service, process.command, sizes.of(process)),
        "ports": [{"name": name, "containerPort": number} for name, number in ports.items()],
        "envFrom": settings.sources(process.service),
        "env": settings.environment(platform.graph, process),
        **_probes(),
        **({"lifecycle": _BEFORE_STOP} if process.serves else {}),
        "volumeMounts": mounts(process),
    }


_BEFORE_STOP: Final = {"preStop": {"sleep": {"seconds": BEFORE_STOP_SECONDS}}}


def plain_container(name: str, args: tuple[str, ...], size: Size) -> Document:
    """Return a container of our image: nothing to gain in it, nothing to write on."""
    return {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": list(args),
        "resources": {
            "requests": {
                "cpu": size.cpu,
                "memory": size.memory,
                "ephemeral-storage": sizes.DISK["request"],
            },
            "limits": {"memory": size.memory_limit, "ephemeral-storage": sizes.DISK["limit"]},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _warm(process: Process) -> Document:
    """Compile the kernels for this machine before anybody waits for them."""
    command = ("python", "-m", "services.matching.clients.warm")
    told = {"TMPDIR": settings.SCRATCH, "NUMBA_CACHE_DIR": settings.KERNELS}
    return {
        **plain_container("kernels", command, sizes.of(process)),
        "env": [{"name": name, "value": value} for name, value in told.items()],
        "volumeMounts": [one for one in mounts(process) if one["name"] != "secrets"],
    }


def _probes() -> dict[str, Any]:
    """Return the probes: alive is a ticking loop and work that moves, and asks no server."""
    return {
        "startupProbe": {**_get("/healthz"), "periodSeconds": 2, "failureThreshold": 60},
        "readinessProbe": {**_get("/readyz"), "periodSeconds": 5, "failureThreshold": 2},
        "livenessProbe": {**_get("/healthz"), "periodSeconds": 10, "failureThreshold": 3},
    }


def _get(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "metrics"}, "timeoutSeconds": 3}


def volumes(platform: Platform, process: Process) -> list[Document]:
    """Return the secrets, and what may be written to."""
    found: list[Document] = [
        settings.volume(settings.secrets(platform.graph.service(process.service))),
        {"name": "scratch", "emptyDir": {"sizeLimit": sizes.SCRATCH}},
    ]
    if settings.needs_kernels(process):
        found.append({"name": "kernels", "emptyDir": {"sizeLimit": sizes.KERNELS}})
    return found


def mounts(process: Process) -> list[Document]:
    """Return where the volumes are."""
    found: list[Document] = [
        {"name": "secrets", "mountPath": settings.SECRETS, "readOnly": True},
        {"name": "scratch", "mountPath": settings.SCRATCH},
    ]
    if settings.needs_kernels(process):
        found.append({"name": "kernels", "mountPath": settings.KERNELS})
    return found
