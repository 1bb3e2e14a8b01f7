"""Custom resources have only fields that their operators know, by the schemas in `schemas/`.

Operators' own validation lets unknown fields through silently; a misspelt one would simply not work.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from deploy.verify.check import Check, Plant
from deploy.verify.tree import Tree

FOLDER: Final = Path(__file__).with_name("schemas")
_SHARED: Final = "shared.yaml"
_GATEWAY: Final = "gateway.networking.k8s.io"
_COMPONENTS: Final = "k8s/components"
_WAY_IN: Final = f"{_COMPONENTS}/gateway"
_STRIMZI: Final = f"{_COMPONENTS}/strimzi"
_MONGODB: Final = f"{_COMPONENTS}/mongodb-community"


@cache
def kinds() -> dict[tuple[str, str], Any]:
    """Return the schema of each kind's `spec`, by API version and kind."""
    found: dict[tuple[str, str], Any] = {}
    for path in FOLDER.glob("*_*.yaml"):
        version = path.stem.replace("_", "/")
        found |= {(version, kind): closed(schema) for kind, schema in _loaded(path).items()}
    return found


def _loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def closed(schema: Any) -> Any:
    """Return a schema in which an object that lists properties has no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    return {"additionalProperties": False, **parts} if "properties" in schema else parts


@cache
def _registry() -> Registry[Any]:
    shared = DRAFT202012.create_resource(closed(_loaded(FOLDER / _SHARED)))
    known: Registry[Any] = Registry().with_resource(_SHARED, shared)
    return known


def mistakes(document: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a custom resource, as places and reasons."""
    schema = kinds().get((document["apiVersion"], document["kind"]))
    if schema is None:
        yield "there is no schema for it in deploy/verify/schemas"
        return
    judge = jsonschema.Draft202012Validator(schema, registry=_registry())
    for error in judge.iter_errors(document["spec"]):
        yield f"spec.{'.'.join(map(str, error.absolute_path))}: {error.message}"


def is_custom(document: dict[str, Any]) -> bool:
    """Whether a kind is not Kubernetes' own: those have groups without a dot or below k8s.io.

    Gateway API has its group there, and is installed as operators are.
    """
    group = document["apiVersion"].rpartition("/")[0]
    return group == _GATEWAY or ("." in group and not group.endswith(".k8s.io"))


def run(tree: Tree) -> Iterator[str]:
    """Judge the custom resources of every overlay."""
    for overlay, documents in tree.documents.items():
        for document in filter(is_custom, documents):
            name = f"{overlay}: {document['kind']} {document['metadata']['name']}"
            yield from (f"{name}: {mistake}" for mistake in mistakes(document))


CHECK = Check(
    name="custom-resources",
    proves="resources of operators have only fields that these know",
    run=run,
    plants=(
        Plant("a misspelt limit", f"{_COMPONENTS}/keda/scaledobjects.yaml", "maxReplica", "maxRepica"),
        Plant("a right by pattern", f"{_STRIMZI}/users.yaml", "Type: literal", "Type: prefix"),
        Plant("a kind of an old API", f"{_STRIMZI}/kafka.yaml", "strimzi.io/v1", "strimzi.io/v1beta2"),
        Plant("a route by prefix", f"{_COMPONENTS}/gateway/routes.yaml", "type: Exact", "type: Prefix"),
        Plant(
            "a way in without TLS", f"{_COMPONENTS}/gateway/gateway.yaml", "protocol: HTTPS", "protocol: HTTP"
        ),
        Plant("a login without password", f"{_MONGODB}/users.yaml", "passwordSecretRef", "passwordSecret"),
    ),
)
