"""Who may connect to whom. Everything else is denied by `k8s/base/platform/network.yaml`.

Peers of servers differ from cluster to cluster: components and overlays name them, for pods that carry the
label of the server.
"""

from collections.abc import Sequence
from typing import Final

from deploy.callgraph import Callgraph, Process
from deploy.k8s.files import Document
from deploy.k8s.platform import process_labels

CLIENTS: Final = {"namespaceSelector": {"matchLabels": {"mentoring/clients": "true"}}}
"""Namespaces of portals and gateways, which call the services."""
INGRESS: Final = {"namespaceSelector": {"matchLabels": {"mentoring/ingress": "true"}}}
"""Namespaces of what carries people's browsers to links."""
SCRAPERS: Final = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}


def lets_out(*servers: str) -> dict[str, str]:
    """Return the labels by which components and overlays let a pod out to servers."""
    return {f"mentoring/{server}": "true" for server in servers}


def policy(graph: Callgraph, process: Process) -> Document:
    """Return who may connect to a process, and to which services it may."""
    called = [_peer(graph, name) for name in graph.service(process.service).calls]
    egress = [_rule("to", called, graph.ports["grpc"])] if called else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": process.name, "labels": process_labels(process)},
        "spec": {
            "podSelector": {"matchLabels": process_labels(process)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [*_served(graph, process), _rule("from", [SCRAPERS], graph.ports["metrics"])],
            "egress": egress,
        },
    }


def _served(graph: Callgraph, process: Process) -> list[Document]:
    peers = {"grpc": [*_callers(graph, process.service), CLIENTS], "links": [INGRESS]}
    return [_rule("from", peers[port], graph.ports[port]) for port in process.serves]


def _callers(graph: Callgraph, service: str) -> list[Document]:
    """Return every process of every calling service: a worker asks, too."""
    calling = [graph.service(name) for name in graph.callers(service)]
    return [
        {"podSelector": {"matchLabels": process_labels(process)}}
        for each in calling
        for process in each.processes
    ]


def _peer(graph: Callgraph, service: str) -> Document:
    answering = graph.service(service).processes[0]
    return {"podSelector": {"matchLabels": process_labels(answering)}}


def _rule(direction: str, peers: Sequence[Document], port: int) -> Document:
    return {direction: list(peers), "ports": [{"protocol": "TCP", "port": port}]}
