"""Network policies against the call graph, both ways: nobody may connect who need not, and all who must."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy import callgraph
from deploy.k8s.network import CLIENTS, INGRESS, SCRAPERS
from deploy.k8s.platform import process_labels
from tests.deploy.test_manifests import PODS, of_kind

GRAPH = callgraph.load()
PROCESSES = {process.name: process for process in GRAPH.processes}
POLICIES = {**of_kind("base", "NetworkPolicy")}
OUTSIDE = {"clients": CLIENTS, "ingress": INGRESS, "monitoring": SCRAPERS}

Edge = tuple[str, str, int]


def selected(peer: dict[str, Any]) -> set[str]:
    """The processes, or the one outside, that a peer of a policy stands for."""
    named = {name for name, known in OUTSIDE.items() if known == peer}
    if named:
        return named
    wanted = peer["podSelector"]["matchLabels"].items()
    return {name for name in PROCESSES if wanted <= PODS[name]["metadata"]["labels"].items()}


def edges(direction: str) -> Iterator[Edge]:
    """What all policies of processes allow, as (from, to, port)."""
    side = {"ingress": "from", "egress": "to"}[direction]
    for name in PROCESSES:
        for rule in POLICIES[name]["spec"][direction]:
            for other in {each for peer in rule[side] for each in selected(peer)}:
                for port in rule["ports"]:
                    ends = (other, name) if direction == "ingress" else (name, other)
                    yield (*ends, port["port"])


def calls() -> set[Edge]:
    """What the call graph says about our own processes."""
    return {
        (process.name, called, GRAPH.ports["grpc"])
        for service in GRAPH.services
        for process in service.processes
        for called in service.calls
    }


def from_outside() -> set[Edge]:
    who = {"grpc": "clients", "links": "ingress", "metrics": "monitoring"}
    return {
        (who[port], process.name, GRAPH.ports[port])
        for process in GRAPH.processes
        for port in (*process.serves, "metrics")
    }


def test_who_may_come_in_is_who_calls_and_nobody_else() -> None:
    assert set(edges("ingress")) == calls() | from_outside()


def test_who_may_go_out_is_who_calls_and_nobody_else() -> None:
    assert set(edges("egress")) == calls()


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_policy_is_about_its_own_process_only(process: callgraph.Process) -> None:
    spec = POLICIES[process.name]["spec"]
    assert spec["podSelector"]["matchLabels"] == process_labels(process)
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_everything_is_denied_that_is_not_allowed() -> None:
    spec = POLICIES["default-deny"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_pod_is_let_out_to_the_servers_it_uses_and_to_no_other(process: callgraph.Process) -> None:
    labels = PODS[process.name]["metadata"]["labels"]
    assert {name for name in GRAPH.servers if labels.get(f"mentoring/{name}") == "true"} == set(process.uses)


COMPONENTS = {
    "to-kafka": ("strimzi", "dev-servers", "../overlays/prod-managed"),
    "to-mongodb": ("mongodb-community", "dev-servers", "../overlays/prod-managed"),
    "to-identity": ("../overlays/prod", "../overlays/prod-managed"),
    "to-mail": ("../overlays/prod", "../overlays/prod-managed"),
}
LET_OUT = [(name, place) for name, places in COMPONENTS.items() for place in places]


@pytest.mark.parametrize(("name", "place"), LET_OUT)
def test_servers_are_reached_on_their_port_by_those_with_their_label(name: str, place: str) -> None:
    server = name.removeprefix("to-")
    spec = of_kind(f"components/{place}", "NetworkPolicy")[name]["spec"]
    assert spec["podSelector"] == {"matchLabels": {f"mentoring/{server}": "true"}}
    (rule,) = spec["egress"]
    assert [port["port"] for port in rule["ports"]] == [GRAPH.servers[server]]
    assert rule["to"]


def test_addresses_that_people_chose_are_reached_only_if_public() -> None:
    (rule,) = POLICIES["to-internet"]["spec"]["egress"]
    (peer,) = rule["to"]
    private = {
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "100.64.0.0/10",
    }
    assert private <= set(peer["ipBlock"]["except"])
    assert [port["port"] for port in rule["ports"]] == [GRAPH.servers["internet"]]
