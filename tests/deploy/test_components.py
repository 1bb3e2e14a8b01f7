"""Components against their sources: rights in Kafka, scaling, certificates, databases."""

import inspect
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from deploy import callgraph
from deploy.k8s import backup, dashboards, kafka, scaling, settings, sizes
from deploy.k8s.certificates import CLIENTS
from deploy.kafka import access, topics
from services.kernel.config import Settings
from services.kernel.mongo import Database
from services.kernel.rpc import client
from tests.deploy.test_manifests import DEPLOYMENTS, K8S, PLATFORM, of_kind

GRAPH = callgraph.load()
ACCESS = {one.user: one for one in access.load()}
TOPICS = {one.name: one for one in topics.load()}
USERS = of_kind("components/strimzi", "KafkaUser")
SCALED = of_kind("components/keda", "ScaledObject")
Right = tuple[str, str, str]


def rights(user: str) -> set[Right]:
    """What a KafkaUser may do, as (kind, name, operation)."""
    return {
        (acl["resource"]["type"], acl["resource"]["name"], operation)
        for acl in USERS[user]["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }


def wanted(one: access.Access) -> set[Right]:
    known = {*one.reads, *one.writes}
    return {
        *(("topic", name, "Describe") for name in known),
        *(("topic", name, "Read") for name in one.reads),
        *(("topic", name, "Write") for name in one.writes),
        *({("group", one.group, "Read")} if one.group else ()),
    }


@pytest.mark.parametrize("user", ACCESS)
def test_a_user_has_the_rights_of_the_table_and_no_more(user: str) -> None:
    assert rights(user) == wanted(ACCESS[user])


def test_only_the_autoscaler_has_a_user_beside_them_and_sees_no_record() -> None:
    assert set(USERS) == {*ACCESS, kafka.AUTOSCALER}
    assert {operation for _, _, operation in rights(kafka.AUTOSCALER)} == {"Describe"}


def test_rights_are_for_one_name_each_and_nobody_is_a_superuser() -> None:
    acls = [acl for user in USERS.values() for acl in user["spec"]["authorization"]["acls"]]
    assert {acl["resource"]["patternType"] for acl in acls} == {"literal"}
    assert not [acl for acl in acls if "*" in acl["resource"]["name"]]
    cluster = of_kind("components/strimzi", "Kafka")["mentoring"]["spec"]["kafka"]
    assert cluster["authorization"] == {"type": "simple"}
    assert cluster["config"]["auto.create.topics.enable"] is False


def test_every_topic_is_a_resource_with_its_partitions_and_settings() -> None:
    found = {
        name: (one["spec"]["partitions"], {key: one["spec"]["config"][key] for key in TOPICS[name].configs()})
        for name, one in of_kind("components/strimzi", "KafkaTopic").items()
    }
    assert found == {name: (topic.partitions, topic.configs()) for name, topic in TOPICS.items()}


@pytest.mark.parametrize("name", SCALED)
def test_there_are_never_more_consumers_than_partitions(name: str) -> None:
    spec = SCALED[name]["spec"]
    counts = {TOPICS[trigger["metadata"]["topic"]].partitions for trigger in spec["triggers"]}
    assert spec["maxReplicaCount"] <= min(counts)
    assert spec["minReplicaCount"] >= 2


@pytest.mark.parametrize("name", SCALED)
def test_lag_is_that_of_the_processes_own_group_on_what_it_hears(name: str) -> None:
    service = next(process.service for process in GRAPH.processes if process.name == name)
    triggers = [trigger["metadata"] for trigger in SCALED[name]["spec"]["triggers"]]
    assert {one["consumerGroup"] for one in triggers} == {service}
    assert {one["topic"] for one in triggers} == set(ACCESS[service].hears)
    assert all(isinstance(value, str) for one in triggers for value in one.values())


def replicas(overlay: str) -> dict[str, Any]:
    text = (K8S / "overlays" / overlay / "replicas.yaml").read_text()
    return {one["metadata"]["name"]: one["spec"]["replicas"] for one in yaml.safe_load_all(text)}


@pytest.mark.parametrize("overlay", ["prod", "prod-managed"])
def test_in_production_exactly_one_decides_how_often_a_process_runs_and_never_less_than_twice(
    overlay: str,
) -> None:
    on_cpu = {
        name: one["spec"]["minReplicas"]
        for name, one in of_kind("components/hpa", "HorizontalPodAutoscaler").items()
    }
    on_lag = {name: one["spec"]["minReplicaCount"] for name, one in SCALED.items()}
    by_hand = replicas(overlay)
    deciding = [*on_cpu, *on_lag, *by_hand]
    assert sorted(deciding) == sorted(DEPLOYMENTS)
    assert min([*on_cpu.values(), *on_lag.values(), *by_hand.values()]) >= sizes.MIN_REPLICAS


def test_the_processor_is_not_scaled_on_lag() -> None:
    processor = next(process for process in GRAPH.processes if process.name == "processor")
    assert PLATFORM.hears(processor)
    assert not scaling.is_on_lag(PLATFORM, processor)


@pytest.mark.parametrize("service", [one.name for one in GRAPH.services if one.serves("grpc")])
def test_only_callers_of_the_graph_and_clients_may_call_with_their_certificate(service: str) -> None:
    text = (K8S / "components/mtls-certmanager/callers.yaml").read_text()
    told = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]
        for one in yaml.safe_load_all(text)
    }
    (setting,) = told[service]["env"]
    assert setting["name"] == "GRPC_TLS_CALLERS"
    assert set(setting["value"].split(",")) == {*GRAPH.callers(service), CLIENTS}


def test_every_caller_has_a_certificate_with_its_name() -> None:
    names = {
        name
        for one in of_kind("components/mtls-certmanager", "Certificate").values()
        for name in one["spec"].get("dnsNames", ())
    }
    assert {CLIENTS, *(caller for one in GRAPH.services for caller in GRAPH.callers(one.name))} <= names


def test_portals_are_told_to_call_as_services_call_each_other() -> None:
    (told,) = re.findall(r"```json\n(.*?)```", (K8S / "README.md").read_text(), re.DOTALL)
    assert json.loads(told) == client.SERVICE_CONFIG


def test_grafana_in_the_cluster_finds_the_dashboards_of_the_code() -> None:
    found = of_kind("components/monitoring", "ConfigMap").values()
    assert {one["metadata"]["labels"].get("grafana_dashboard") for one in found} == {"1"}
    files = {name: text for one in found for name, text in one["data"].items()}
    assert files == {file.name: file.read_text() for file in dashboards.FOLDER.glob("*.json")}


def test_a_user_of_the_database_has_its_own_services_databases_only() -> None:
    text = (K8S / "components/mongodb-community/users.yaml").read_text()
    users = yaml.safe_load(text)["spec"]["users"]
    keepers = {one.name for one in GRAPH.services if one.uses("mongodb")}
    assert {user["name"] for user in users} == {*keepers, backup.NAME}
    for user in (one for one in users if one["name"] in keepers):
        assert user["roles"] == [
            {"name": "readWrite", "db": user["name"]},
            {"name": "readWrite", "db": f"{user['name']}_keys"},
            {"name": f"{user['name']}-audit", "db": "admin"},
        ]


def test_who_copies_databases_has_the_servers_own_role_for_that_and_no_other() -> None:
    text = (K8S / "components/mongodb-community/users.yaml").read_text()
    (user,) = [one for one in yaml.safe_load(text)["spec"]["users"] if one["name"] == backup.NAME]
    assert user["roles"] == [{"name": "backup", "db": "admin"}]
    assert user["passwordSecretRef"] == {"name": settings.BACKUP.name, "key": settings.BACKUP.key}


def test_restoring_is_told_for_that_very_user_and_for_the_files_that_copies_lie_in() -> None:
    told = (K8S / "README.md").read_text()
    (place,) = re.findall(r"/spec/users/(\d+)/roles/-", told)
    users = yaml.safe_load((K8S / "components/mongodb-community/users.yaml").read_text())["spec"]["users"]
    assert users[int(place)]["name"] == backup.NAME
    jobs = of_kind("components/backup", "CronJob")
    assert set(re.findall(r"once (backup-\w+)", told)) <= set(jobs)
    ((_, ledger),) = re.findall(r"open\((\"|')(\S+?)\1\)", told)
    assert ledger in yaml.dump(jobs["backup-ledger"])


def test_in_its_audit_log_a_service_may_add_and_neither_change_nor_take_away() -> None:
    text = (K8S / "components/mongodb-community/users.yaml").read_text()
    for role in yaml.safe_load(text)["spec"]["security"]["roles"]:
        (privilege,) = role["privileges"]
        assert privilege["resource"] == {"db": role["role"].replace("-", "_"), "collection": ""}
        assert {"find", "insert"} <= set(privilege["actions"])
        assert not {"update", "remove", "dropCollection", "dropDatabase"} & set(privilege["actions"])


def test_those_are_the_databases_that_the_code_opens() -> None:
    opened = re.findall(r"get_database\((.+?), codec", inspect.getsource(Database))
    assert opened == ["name", 'f"{name}_keys"', 'f"{name}_audit"']


def test_the_collector_that_processes_are_told_of_is_the_one_they_may_reach() -> None:
    folder = K8S / "components" / "otel-collector"
    (made,) = yaml.safe_load((folder / "kustomization.yaml").read_text())["configMapGenerator"]
    (told,) = (literal.partition("=") for literal in made["literals"])
    address = urlsplit(told[2])
    assert told[0].lower() in Settings.model_fields
    (rule,) = yaml.safe_load((folder / "network.yaml").read_text())["spec"]["egress"]
    assert [port["port"] for port in rule["ports"]] == [address.port]
    assert str(address.hostname).split(".")[1] in rule["to"][0]["namespaceSelector"]["matchLabels"].values()
