"""Mutual TLS: a certificate per service, and which certificates may call which service."""

from typing import Final

from deploy.callgraph import Service
from deploy.k8s.files import Document
from deploy.k8s.platform import PART_OF, Platform, labels

ISSUER: Final = "mentoring-services"
CLIENTS: Final = "clients"
"""The name in the certificate of portals and gateways, which may call every service."""


def certificate(name: str) -> Document:
    """Return the certificate of a service, to serve and to call with; renewed without a restart."""
    names = [name, f"{name}.{PART_OF}", f"{name}.{PART_OF}.svc", f"{name}.{PART_OF}.svc.cluster.local"]
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": f"tls-{name}", "labels": labels(name, "certificate")},
        "spec": {
            "secretName": f"tls-{name}",
            "duration": "720h",
            "renewBefore": "240h",
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth", "client auth"],
            "dnsNames": names,
            "issuerRef": {"name": ISSUER, "kind": "Issuer", "group": "cert-manager.io"},
        },
    }


def callers(platform: Platform, service: Service) -> tuple[str, ...]:
    """Return the names of which a caller's certificate must hold one."""
    return (*platform.graph.callers(service.name), CLIENTS)


def allow_list(platform: Platform, service: Service) -> Document:
    """Return the patch that tells the answering process whose certificates it accepts."""
    told = {"name": "GRPC_TLS_CALLERS", "value": ",".join(callers(platform, service))}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service.name},
        "spec": {"template": {"spec": {"containers": [{"name": service.name, "env": [told]}]}}},
    }
