"""What runs: Deployment, Service, ServiceAccount, PodDisruptionBudget and migration Job of each service."""

from collections.abc import Iterator
from typing import Any, Final

from deploy.callgraph import Process, Service
from deploy.k8s import network, pod, settings
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform, labels, process_labels
from deploy.k8s.sizes import Size

LINKS_PORT: Final = 80
MIGRATION: Final = "migration"
_DAY: Final = 86_400


def deployment(platform: Platform, process: Process) -> Document:
    """Return a Deployment. How many replicas is for overlays and autoscalers to say."""
    selected = process_labels(process)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": process.name, "labels": selected},
        "spec": {
            "selector": {"matchLabels": selected},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "minReadySeconds": 5,
            "revisionHistoryLimit": 5,
            "template": pod.template(platform, process),
        },
    }


def disruption_budget(process: Process) -> Document:
    """Return how many pods a drained node may take at once; broken ones do not hold a node up."""
    selected = process_labels(process)
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": process.name, "labels": selected},
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selected},
        },
    }


def services(platform: Platform, process: Process) -> Iterator[Document]:
    """Yield the Services of a process. That of calls has no address of its own: callers balance."""
    ports = platform.graph.ports
    if "grpc" in process.serves:
        port = {"name": "grpc", "port": ports["grpc"], "targetPort": "grpc"}
        calls = {"clusterIP": "None", "ports": [{**port, "appProtocol": "kubernetes.io/h2c"}]}
        yield _service(process.name, process, calls)
    if "links" in process.serves:
        link = {"name": "http", "port": LINKS_PORT, "targetPort": "links", "appProtocol": "http"}
        yield _service(f"{process.name}-links", process, {"type": "ClusterIP", "ports": [link]})


def _service(name: str, process: Process, spec: dict[str, Any]) -> Document:
    selected = process_labels(process)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": selected},
        "spec": {**spec, "selector": selected},
    }


def account(name: str) -> Document:
    """Return the identity of a service's pods, without a token: none of them asks the cluster's API."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "labels": labels(name, "account")},
        "automountServiceAccountToken": False,
    }


def migration(platform: Platform, service: Service) -> Document:
    """Return the Job that brings a database up to date. Jobs cannot change, so it is named by the version."""
    name = f"migrate-{service.name}-{platform.version.replace('.', '-')}"
    command = ("python", "-m", f"services.{service.name}", "migrate")
    container, volumes = once(platform, service, "migrate", command)
    selected = labels(service.name, MIGRATION) | network.lets_out("mongodb")
    return job(name, service.name, selected, container, volumes)


def once(
    platform: Platform, service: Service, name: str, command: tuple[str, ...]
) -> tuple[Document, list[Document]]:
    """Return a container that does something once, told what a service's worker is told, and its volumes."""
    worker = service.processes[-1]
    told = [one for one in settings.environment(platform.graph, worker) if one["name"] != "NUMBA_CACHE_DIR"]
    container = {
        **pod.plain_container(name, command, SMALL),
        "envFrom": settings.sources(service.name),
        "env": told,
        "volumeMounts": [one for one in pod.mounts(worker) if one["name"] != "kernels"],
    }
    return container, [one for one in pod.volumes(platform, worker) if one["name"] != "kernels"]


SMALL: Final = Size("100m", "128Mi", "512Mi")


def job(
    name: str, account: str, selected: dict[str, str], container: Document, volumes: list[Document]
) -> Document:
    """Return a Job that tries for an hour and is gone a day later."""
    around = {**pod.hull(account), "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": selected},
        "spec": {
            "backoffLimit": 6,
            "activeDeadlineSeconds": 3600,
            "ttlSecondsAfterFinished": _DAY,
            "template": {
                "metadata": {"labels": selected},
                "spec": {**around, "containers": [container], "volumes": volumes},
            },
        },
    }
