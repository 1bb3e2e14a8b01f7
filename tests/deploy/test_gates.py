"""The checks of `make verify-deploy` on small resources, without any of its tools."""

from typing import Any

import pytest

from deploy.verify import accepted, custom_resources
from deploy.verify.custom_resources import is_custom, mistakes
from deploy.verify.pods import ours

TOPIC = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaTopic",
    "spec": {"partitions": 6, "replicas": 3, "config": {"cleanup.policy": "delete"}},
}


def told(**changes: Any) -> list[str]:
    return list(mistakes({**TOPIC, **changes}))


def test_a_resource_of_an_operator_with_known_fields_is_fine() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({**TOPIC["spec"], "partition": 6}, "spec."),  # type: ignore[dict-item]
        ({"partitions": 0, "replicas": 3}, "spec.partitions"),
        ({"replicas": 3}, "spec."),
        ({**TOPIC["spec"], "config": {"retention": "1"}}, "spec.config"),  # type: ignore[dict-item]
    ],
    ids=["a misspelt field", "a wrong value", "a missing field", "a misspelt setting below"],
)
def test_a_mistake_in_it_is_told_with_its_place(spec: dict[str, Any], place: str) -> None:
    (mistake,) = told(spec=spec)
    assert mistake.startswith(place)


def test_a_kind_that_nobody_described_is_a_mistake_not_a_gap() -> None:
    (mistake,) = told(apiVersion="kafka.strimzi.io/v1beta2")
    assert "no schema" in mistake


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1", False), ("apps/v1", False), ("networking.k8s.io/v1", False), ("keda.sh/v1alpha1", True)],
)
def test_kinds_with_a_groups_own_domain_are_of_operators(version: str, expected: bool) -> None:  # noqa: FBT001
    assert is_custom({"apiVersion": version}) is expected


def test_an_object_that_lists_its_fields_has_no_others_and_a_free_one_stays_free() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    closed = custom_resources.closed({"properties": {"labels": free}})
    assert closed == {"additionalProperties": False, "properties": {"labels": free}}


def deployment(environment: dict[str, str]) -> list[dict[str, Any]]:
    container = {
        "name": "profiles",
        "image": "registry.example.com/mentoring-platform:1",
        "args": ["python", "-m", "services.profiles", "rpc"],
        "envFrom": [{"configMapRef": {"name": "platform"}}],
        "env": [
            {
                "name": "MONGO_USERNAME",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app.kubernetes.io/name']"}},
            }
        ],
        "volumeMounts": [{"name": "secrets", "mountPath": "/run/secrets"}],
    }
    projected = {"sources": [{"secret": {"name": "a", "items": [{"key": "k", "path": "file"}]}}]}
    pod = {"containers": [container], "volumes": [{"name": "secrets", "projected": projected}]}
    labels = {"app.kubernetes.io/name": "profiles"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return [
        {"kind": "ConfigMap", "metadata": {"name": "platform"}, "data": environment},
        {"kind": "Deployment", "metadata": {"name": "profiles"}, "spec": {"template": template}},
    ]


def test_a_container_is_told_what_config_maps_and_labels_say_and_finds_its_secrets() -> None:
    (one,) = ours(deployment({"LOG_LEVEL": "info"}))
    assert one.environment == {"LOG_LEVEL": "info", "MONGO_USERNAME": "profiles"}
    assert one.files == {"/run/secrets/file"}
    assert (one.module, one.arguments) == ("services.profiles", ["rpc"])


def test_containers_of_other_images_are_not_ours() -> None:
    documents = deployment({})
    documents[1]["spec"]["template"]["spec"]["containers"][0]["image"] = "mongo:8.0"
    assert list(ours(documents)) == []


def test_settings_are_refused_here_as_the_process_would_refuse_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's own shell exports must not make up for what is missing."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "my-own:9092")
    (one,) = ours(deployment({"ENVIRONMENT": "production", "METRICS_ADDRESS": "0.0.0.0:9090"}))
    complaints = {line.partition(":")[0] for line in accepted.refused(one, "/nowhere")}
    assert complaints >= {"KAFKA_BOOTSTRAP", "MONGO_URL", "OIDC_ISSUER"}
