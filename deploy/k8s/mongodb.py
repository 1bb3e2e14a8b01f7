"""The MongoDB operator: a user per service, who may use that service's own databases and no other.

In the audit database that user may add, and neither change nor take away.
"""

from typing import Any, Final

from deploy.callgraph import Service
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform
from services.kernel.mongo.trail import ACTIONS

CLUSTER: Final = "mentoring-mongodb"
DATABASES: Final = ("{service}", "{service}_keys")
"""What a service owns: its data, and the keys that its people's texts are sealed with."""


def users(platform: Platform) -> Document:
    """Return the patch that gives the cluster its users."""
    keepers = [one for one in platform.graph.services if one.uses("mongodb")]
    return {
        "apiVersion": "mongodbcommunity.mongodb.com/v1",
        "kind": "MongoDBCommunity",
        "metadata": {"name": CLUSTER},
        "spec": {
            "security": {"roles": [_audit(one) for one in keepers]},
            "users": [_user(one) for one in keepers],
        },
    }


def _audit(service: Service) -> dict[str, Any]:
    resource = {"db": f"{service.name}_audit", "collection": ""}
    privileges = [{"resource": resource, "actions": [*ACTIONS]}]
    return {"role": f"{service.name}-audit", "db": "admin", "privileges": privileges, "roles": []}


def _user(service: Service) -> dict[str, Any]:
    secret = f"mongodb-{service.name}"
    roles = [{"name": "readWrite", "db": name.format(service=service.name)} for name in DATABASES]
    roles.append({"name": f"{service.name}-audit", "db": "admin"})
    return {
        "name": service.name,
        "db": "admin",
        "passwordSecretRef": {"name": secret, "key": "password"},
        "scramCredentialsSecretName": secret,
        "roles": roles,
    }
