"""The MongoDB operator: a user per service, who may use that service's own databases and no other.

In the audit database that user may add, and neither change nor take away. One more user copies databases.
"""

from typing import Any, Final

from deploy.callgraph import Service
from deploy.k8s import backup
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform
from deploy.mongo import prepare

CLUSTER: Final = "mentoring-mongodb"


def users(platform: Platform) -> Document:
    """Return the patch that gives the cluster its users."""
    keepers = platform.graph.using("mongodb")
    return {
        "apiVersion": "mongodbcommunity.mongodb.com/v1",
        "kind": "MongoDBCommunity",
        "metadata": {"name": CLUSTER},
        "spec": {
            "security": {"roles": [_audit(one) for one in keepers]},
            "users": [*(_user(one) for one in keepers), _copier()],
        },
    }


def _audit(service: Service) -> dict[str, Any]:
    adding = {"privileges": prepare.additions(service.name), "roles": []}
    return {"role": f"{service.name}-audit", "db": "admin", **adding}


def _user(service: Service) -> dict[str, Any]:
    rights = prepare.rights(service.name)
    return _login(service.name, [{"name": right["role"], "db": right["db"]} for right in rights])


def _copier() -> dict[str, Any]:
    """Return the user of backups: MongoDB's own role for them reads everything and changes nothing of it."""
    return _login(backup.NAME, [{"name": "backup", "db": "admin"}])


def _login(name: str, roles: list[dict[str, str]]) -> dict[str, Any]:
    secret = f"mongodb-{name}"
    return {
        "name": name,
        "db": "admin",
        "passwordSecretRef": {"name": secret, "key": "password"},
        "scramCredentialsSecretName": secret,
        "roles": roles,
    }
