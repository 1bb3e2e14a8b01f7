"""The MongoDB operator: a user per service, who may use that service's own databases and no other."""

from typing import Any, Final

from deploy.callgraph import Service
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform

CLUSTER: Final = "mentoring-mongodb"
DATABASES: Final = ("{service}", "{service}_keys")
"""What a service owns: its data, and the keys that its people's texts are sealed with."""


def users(platform: Platform) -> Document:
    """Return the patch that gives the cluster its users."""
    return {
        "apiVersion": "mongodbcommunity.mongodb.com/v1",
        "kind": "MongoDBCommunity",
        "metadata": {"name": CLUSTER},
        "spec": {"users": [_user(one) for one in platform.graph.services if one.uses("mongodb")]},
    }


def _user(service: Service) -> dict[str, Any]:
    secret = f"mongodb-{service.name}"
    roles = [{"name": "readWrite", "db": name.format(service=service.name)} for name in DATABASES]
    return {
        "name": service.name,
        "db": "admin",
        "passwordSecretRef": {"name": secret, "key": "password"},
        "scramCredentialsSecretName": secret,
        "roles": roles,
    }
