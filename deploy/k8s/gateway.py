"""Gateway API: which calls of portals go to which service, and how the gateway trusts it.

Calls are told apart by the gRPC service that they name. What services only ask each other is not let in. The
audit log is kept by every service under one name: there the header `mentoring-service` says whose is meant.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from deploy.callgraph import Service
from deploy.k8s.files import Document
from deploy.k8s.platform import PART_OF, Platform, labels

API: Final = "gateway.networking.k8s.io/v1"
GATEWAY: Final = "mentoring"
AUDIT: Final = "mentoring.audit.v1.AuditService"
HEADER: Final = "mentoring-service"
ALSO: Final = {"matching": ("google.longrunning.Operations",)}
"""What a service serves of contracts that are not ours."""


def documents(platform: Platform) -> Iterator[Document]:
    """Yield the route of each service that answers calls, and the policy by which the gateway trusts it."""
    for service in platform.graph.services:
        if service.serves("grpc"):
            yield _route(platform, service)
            yield _trust(service)


def let_in(service: str) -> list[str]:
    """Return the full names of the gRPC services that portals call at a service."""
    published = FileDescriptorSet.FromString((files("services.pb") / "mentoring.binpb").read_bytes())
    package = f"mentoring.{service}.v1"
    own = [
        f"{package}.{one.name}" for file in published.file if file.package == package for one in file.service
    ]
    return [*sorted(own), *ALSO.get(service, ())]


def _route(platform: Platform, service: Service) -> Document:
    matches = [{"method": {"type": "Exact", "service": name}} for name in let_in(service.name)]
    whose = {"type": "Exact", "name": HEADER, "value": service.name}
    audit = {"method": {"type": "Exact", "service": AUDIT}, "headers": [whose]}
    backend = {"name": service.name, "port": platform.graph.ports["grpc"]}
    return {
        **_head("GRPCRoute", service.name),
        "spec": {
            "parentRefs": [{"name": GATEWAY}],
            "rules": [{"matches": [*matches, audit], "backendRefs": [backend]}],
        },
    }


def _trust(service: Service) -> Document:
    target = {"group": "", "kind": "Service", "name": service.name, "sectionName": "grpc"}
    authority = {"group": "", "kind": "Secret", "name": "tls-clients"}
    validation = {"hostname": f"{service.name}.{PART_OF}.svc", "caCertificateRefs": [authority]}
    return {
        **_head("BackendTLSPolicy", service.name),
        "spec": {"targetRefs": [target], "validation": validation},
    }


def _head(kind: str, name: str) -> Document:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "labels": labels(name, "gateway")}}
