"""Jobs after a release: could every service work where it runs? `python -m deploy.doctor` says it."""

from collections.abc import Iterator
from typing import Final

from deploy.k8s import network
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform, labels
from deploy.k8s.workloads import job, once

CHECK: Final = "check"


def documents(platform: Platform) -> Iterator[Document]:
    """Yield a Job for each service, with what its worker has. It tries again until the rollout is through."""
    for service in platform.graph.services:
        command = ("python", "-m", "deploy.doctor", service.name)
        container, volumes = once(platform, service, CHECK, command)
        name = f"{CHECK}-{service.name}-{platform.version.replace('.', '-')}"
        selected = labels(service.name, CHECK) | network.lets_out(*service.processes[-1].uses)
        yield job(name, service.name, selected, container, volumes)
