"""What an operator applies, read from the files of `k8s/`: one check per property, over every workload."""

import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import callgraph
from deploy.k8s import files, manifests, pod, secrets
from deploy.k8s.platform import load
from deploy.k8s.settings import SECRETS
from deploy.mongo import backup
from deploy.verify.pods import Ours, ours, template_of
from services.kernel import probes
from services.kernel.config import Settings
from services.kernel.rpc.server import MOST_PAUSES
from services.kernel.run.process import Process

K8S = Path("k8s")
LOADER = yaml.CSafeLoader  # ten times as fast as the one in Python
PLATFORM = load()
GRAPH = callgraph.load()
NAME = "app.kubernetes.io/name"


@cache
def documents(folder: str) -> list[dict[str, Any]]:
    """Every resource below a folder of k8s/; kustomize's own files are no resources."""
    found = []
    for path in sorted((K8S / folder).rglob("*.yaml")):
        if path.name != "kustomization.yaml":
            found += [one for one in yaml.load_all(path.read_text(), Loader=LOADER) if isinstance(one, dict)]
    return found


def of_kind(folder: str, *kinds: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in documents(folder) if one["kind"] in kinds}


DEPLOYMENTS = of_kind("base", "Deployment")
WITH_PODS = ("base", "components/topics-job", "components/backup", "components/check")
"""Where all that starts a pod of ours is."""
JOBS = {name: one for folder in WITH_PODS for name, one in of_kind(folder, "Job").items()}
SCHEDULED = of_kind("components/backup", "CronJob")
STARTING = {**DEPLOYMENTS, **JOBS, **SCHEDULED}
PODS = {name: template_of(one) for name, one in STARTING.items()}
CONTAINERS = {one.name: one for one in ours(list(STARTING.values()))}
SERVING = {process.name for process in GRAPH.processes if process.serves}

deployment = pytest.mark.parametrize("name", DEPLOYMENTS)
any_pod = pytest.mark.parametrize("name", PODS)
container = pytest.mark.parametrize("one", CONTAINERS.values(), ids=CONTAINERS)


def test_the_written_files_are_what_their_sources_say() -> None:
    """`make manifests` makes them so."""
    assert files.written(K8S) == manifests.all_files(PLATFORM)


def test_every_process_has_a_deployment_and_nothing_else_has() -> None:
    assert set(DEPLOYMENTS) == {process.name for process in GRAPH.processes}


def test_every_database_has_a_migration() -> None:
    with_store = {service.name for service in GRAPH.services if service.uses("mongodb")}
    assert {name.split("-")[1] for name in of_kind("base", "Job")} == with_store


@pytest.mark.parametrize("name", JOBS)
def test_a_job_that_fails_rings_the_alarm(name: str) -> None:
    rules = Path("deploy/prometheus/rules/cluster.yml").read_text()
    watched = re.findall(r'kube_job_(?:status_)?failed\{[^}]*job_name=~"([^"]+)"', rules)
    assert [pattern for pattern in watched if re.fullmatch(pattern, name)] != []


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_backup_that_does_not_come_rings_the_alarm(name: str) -> None:
    rules = Path("deploy/prometheus/rules/cluster.yml").read_text()
    watched = re.findall(r'kube_cronjob_status_last_successful_time\{[^}]*cronjob=~?"([^"]+)"', rules)
    assert [pattern for pattern in watched if re.fullmatch(pattern, name)] != []


@deployment
def test_a_rollout_takes_no_process_away_before_its_successor_is_ready(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    assert spec["minReadySeconds"] >= 5
    assert spec["revisionHistoryLimit"] >= 2


@deployment
def test_the_base_leaves_the_number_of_replicas_to_whoever_scales(name: str) -> None:
    """A number here would undo the autoscaler's at each apply."""
    assert "replicas" not in DEPLOYMENTS[name]["spec"]


def test_probes_ask_the_pages_that_the_code_serves() -> None:
    assert set(re.findall(r'"(/\w+)"', inspect.getsource(probes))) == {"/metrics", "/healthz", "/readyz"}


@deployment
def test_only_readiness_may_depend_on_anything_outside_of_the_process(name: str) -> None:
    (one,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    asked = {kind: one[kind]["httpGet"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert {kind: get["path"] for kind, get in asked.items()} == {
        "startupProbe": "/healthz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }
    assert {get["port"] for get in asked.values()} == {"metrics"}


@deployment
def test_a_process_that_is_called_stays_until_nobody_calls_it_any_more(name: str) -> None:
    (one,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    waits = one.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert (waits >= 5) == (name in SERVING)


@deployment
def test_a_stop_may_take_as_long_as_the_drain_of_its_parts(name: str) -> None:
    """`Process.run` drains calls, then what hears, then what publishes, each for up to `drain_seconds`."""
    drains = inspect.getsource(Process.run).count("_finish(tasks)") * 2
    assert drains == 2
    seconds = Settings.model_fields["drain_seconds"].default
    told = CONTAINERS[f"Deployment {name} {DEPLOYMENTS[name]['metadata']['labels'][NAME]}"].environment
    pause = int(told.get("DRAIN_PAUSE_SECONDS", "0"))
    assert (pause > 0) == (name in SERVING), "callers need a moment to see that it goes"
    spec = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    calls = pod.BEFORE_STOP_SECONDS + pause * MOST_PAUSES + seconds if name in SERVING else 0
    publishing = 0 if name in SERVING else seconds
    assert spec["terminationGracePeriodSeconds"] >= calls + seconds + publishing + 5


@container
def test_a_container_asks_for_what_it_needs_and_has_no_cpu_limit(one: Ours) -> None:
    asked = one.container["resources"]
    assert set(asked["requests"]) == {"cpu", "memory", "ephemeral-storage"}
    assert set(asked["limits"]) == {"memory", "ephemeral-storage"}


@any_pod
def test_a_pod_runs_as_nobody_in_particular_and_knows_no_token(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert min(security["runAsUser"], security["runAsGroup"], security["fsGroup"]) >= 10_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}


@any_pod
def test_a_pod_has_an_account_of_its_services_own_without_a_token(name: str) -> None:
    accounts = {
        named: one for folder in WITH_PODS for named, one in of_kind(folder, "ServiceAccount").items()
    }
    account = accounts[PODS[name]["spec"]["serviceAccountName"]]
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["name"] == PODS[name]["metadata"]["labels"]["app.kubernetes.io/name"]


@container
def test_a_container_can_write_nowhere_but_in_its_own_small_folders(one: Ours) -> None:
    assert one.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = [volume for volume in one.pod["volumes"] if "emptyDir" in volume]
    assert all("sizeLimit" in volume["emptyDir"] for volume in writable)
    folders = {mount["name"]: mount["mountPath"] for mount in one.container["volumeMounts"]}
    assert one.environment["TMPDIR"] == folders["scratch"]
    assert set(folders) <= {"secrets", "scratch", "kernels", "backups"}


def test_every_part_of_a_backup_goes_to_a_volume_of_its_own() -> None:
    claims = {
        name: volume["persistentVolumeClaim"]["claimName"]
        for name in SCHEDULED
        for volume in PODS[name]["spec"]["volumes"]
        if volume["name"] == "backups"
    }
    assert claims == {name: name for name in ("backup-data", "backup-keys", "backup-ledger")}
    assert set(of_kind("components/backup", "PersistentVolumeClaim")) == set(claims.values())


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_backup_never_runs_twice_at_once_and_means_the_same_hour_all_year(name: str) -> None:
    spec = SCHEDULED[name]["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Etc/UTC")


def test_keys_are_copied_apart_from_data_and_kept_for_a_shorter_time() -> None:
    kept = {}
    for one in CONTAINERS.values():
        if one.module == backup.__name__:
            chosen = backup.parser().parse_args(one.arguments)
            kept[chosen.part] = chosen.keep
    assert kept["keys"] < kept["data"]


def test_after_a_release_the_doctor_looks_at_every_service() -> None:
    looked_at = [one.arguments for one in CONTAINERS.values() if one.module == "deploy.doctor"]
    assert sorted(looked_at) == sorted([service.name] for service in GRAPH.services)


@pytest.mark.parametrize("service", GRAPH.services, ids=lambda one: one.name)
def test_the_doctor_is_let_out_to_what_the_services_worker_uses(service: callgraph.Service) -> None:
    checks = {name.split("-")[1]: name for name in of_kind("components/check", "Job")}
    labels = PODS[checks[service.name]]["metadata"]["labels"]
    used = {name for name in GRAPH.servers if labels.get(f"mentoring/{name}") == "true"}
    assert used == set(service.processes[-1].uses)


@deployment
def test_replicas_are_spread_over_zones_and_nodes(name: str) -> None:
    spread = DEPLOYMENTS[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    keys = {one["topologyKey"] for one in spread}
    assert keys == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    selected = DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"]
    assert all(one["labelSelector"]["matchLabels"] == selected for one in spread)


@deployment
def test_a_drained_node_takes_one_replica_at_a_time_and_broken_ones_at_once(name: str) -> None:
    budget = of_kind("base", "PodDisruptionBudget")[name]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["selector"] == {"matchLabels": DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"]}


def test_no_two_deployments_select_each_others_pods() -> None:
    selectors = [one["spec"]["selector"]["matchLabels"] for one in DEPLOYMENTS.values()]
    matching = [
        (name, selector)
        for name, template in PODS.items()
        for selector in selectors
        if selector.items() <= template["metadata"]["labels"].items()
    ]
    assert len(matching) == len(DEPLOYMENTS)


@pytest.mark.parametrize("service", [one.name for one in GRAPH.services if one.serves("grpc")])
def test_callers_balance_over_every_replica_that_answers(service: str) -> None:
    found = of_kind("base", "Service")[service]["spec"]
    assert found["clusterIP"] == "None"
    assert [port["port"] for port in found["ports"]] == [GRAPH.ports["grpc"]]
    assert found["selector"] == DEPLOYMENTS[service]["spec"]["selector"]["matchLabels"]


def test_health_and_metrics_are_in_no_service() -> None:
    ports = {
        port["targetPort"] for one in of_kind("base", "Service").values() for port in one["spec"]["ports"]
    }
    assert ports == {"grpc", "links"}


def test_the_namespace_admits_restricted_pods_only_by_the_rules_of_one_version() -> None:
    labels = of_kind("base", "Namespace")["mentoring"]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert re.fullmatch(r"v1\.\d+", labels[f"pod-security.kubernetes.io/{mode}-version"])


def test_no_secret_is_in_the_repository() -> None:
    assert [one for one in documents("") if one["kind"] == "Secret"] == []
    assert [path for path in K8S.rglob("kustomization.yaml") if "secretGenerator" in path.read_text()] == []


@container
def test_secrets_are_files_and_never_environment(one: Ours) -> None:
    assert "secretKeyRef" not in yaml.dump(one.container)
    assert all(path.startswith(f"{SECRETS}/") for path in one.files)


def test_every_secret_that_a_pod_must_have_comes_from_somewhere() -> None:
    external = {
        **of_kind("components/external-secrets", "ExternalSecret"),
        **of_kind("components/external-secrets-kafka", "ExternalSecret"),
        **of_kind("components/mtls-certmanager", "Certificate"),
    }
    assert {secret.name for _, secret in secrets.known(PLATFORM)} <= set(external)


def test_made_up_secrets_are_all_that_a_pod_must_have_and_new_each_time() -> None:
    first, second = list(secrets.made_up(PLATFORM)), list(secrets.made_up(PLATFORM))
    must = {secret.name for _, secret in secrets.known(PLATFORM) if not secret.optional}
    assert {one["metadata"]["name"] for one in first} == must
    assert all(one["stringData"] != other["stringData"] for one, other in zip(first, second, strict=True))
