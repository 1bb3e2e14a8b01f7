"""Which file holds what."""

from collections.abc import Iterator

from deploy.callgraph import Service
from deploy.k8s import (
    backup,
    certificates,
    checks,
    dashboards,
    files,
    gateway,
    kafka,
    mongodb,
    network,
    rules,
    scaling,
    secrets,
    topics_job,
    workloads,
)
from deploy.k8s.files import Files
from deploy.k8s.platform import Platform


def all_files(platform: Platform) -> dict[str, str]:
    """Return every file that follows from the sources, by its path below `k8s/`."""
    found: dict[str, str] = {}
    for service in platform.graph.services:
        found |= _service(platform, service)
    found["base/kustomization.yaml"] = _base(platform)
    return {**found, **_components(platform)}


def _base(platform: Platform) -> str:
    return files.kustomization(
        ["platform", *(one.name for one in platform.graph.services)], namespace="mentoring"
    )


def _service(platform: Platform, service: Service) -> Files:
    """Return the folder of one service."""
    made = {
        "deployment": [workloads.deployment(platform, one) for one in service.processes],
        "disruption": [workloads.disruption_budget(one) for one in service.processes],
        "network": [network.policy(platform.graph, one) for one in service.processes],
        "service": [each for one in service.processes for each in workloads.services(platform, one)],
        "account": [workloads.account(service.name)],
        "migration": [workloads.migration(platform, service)] if service.uses("mongodb") else [],
    }
    there = {f"{name}.yaml": documents for name, documents in sorted(made.items()) if documents}
    folder = f"base/{service.name}"
    return {
        f"{folder}/kustomization.yaml": files.kustomization(list(there)),
        **{f"{folder}/{name}": files.text(documents) for name, documents in there.items()},
    }


def _components(platform: Platform) -> Files:
    documents = {
        "hpa/autoscalers": [scaling.on_cpu(one) for one in platform.graph.processes if "grpc" in one.serves],
        "keda/scaledobjects": [
            scaling.on_lag(platform, one)
            for one in platform.graph.processes
            if scaling.is_on_lag(platform, one)
        ],
        "strimzi/topics": [kafka.topic(one) for one in platform.topics],
        "strimzi/users": kafka.users(platform),
        "mongodb-community/users": [mongodb.users(platform)],
        "mtls-certmanager/certificates": [certificates.certificate(one.name) for one in _called(platform)],
        "mtls-certmanager/callers": [certificates.allow_list(platform, one) for one in _called(platform)],
        "external-secrets/secrets": secrets.external(platform, with_kafka=False),
        "external-secrets-kafka/secrets": secrets.external(platform, with_kafka=True),
        "topics-job/job": topics_job.documents(platform),
        "backup/jobs": backup.documents(platform),
        "check/jobs": checks.documents(platform),
        "gateway/routes": gateway.documents(platform),
        "monitoring/rules": rules.load(),
        "monitoring/dashboards": dashboards.load(),
    }
    return {f"components/{name}.yaml": files.text(each) for name, each in documents.items()}


def _called(platform: Platform) -> Iterator[Service]:
    return (one for one in platform.graph.services if one.serves("grpc"))
