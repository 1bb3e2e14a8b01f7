"""Commands, ports, probes, settings and files that manifests name are those of the code; both are derived."""

import argparse
import contextlib
import importlib.util
import inspect
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from deploy import callgraph
from deploy.doctor import __main__ as doctor
from deploy.k8s import gateway
from deploy.kafka import topics
from deploy.mongo import backup
from deploy.verify.check import Check, Plant
from deploy.verify.pods import Document, Ours, ours, template_of
from deploy.verify.tree import Tree
from services.kernel import probes
from services.kernel.config import Settings, StreamSettings
from services.kernel.run.commands import COMMANDS
from services.kernel.run.roles import Role

OTHERS: Final = {
    "MOTOR_MAX_WORKERS": "threads of the database driver",
    "NUMBA_CACHE_DIR": "compiled kernels",
    "REPLICAS": "an argument of the Job of topics",
    "TMPDIR": "scratch files",
}
"""Environment that libraries or the pod itself read."""
_SETTINGS: Final = {name.upper() for kind in (Settings, StreamSettings) for name in kind.model_fields}
_PATHS: Final = set(re.findall(r'"(/\w+)"', inspect.getsource(probes)))
_TOOLS: Final[Mapping[str, Callable[[], argparse.ArgumentParser]]] = {
    "deploy.doctor": doctor.parser,
    "deploy.mongo.backup": backup.parser,
}
_ANSWERED: Final = {
    gateway.AUDIT,
    *(name for service in callgraph.load().services for name in gateway.let_in(service.name)),
}
_LISTENS: Final = {"GRPC_ADDRESS": "grpc", "HTTP_ADDRESS": "links", "METRICS_ADDRESS": "metrics"}


def run(tree: Tree) -> Iterator[str]:
    """Judge every container of ours in every overlay, and every way to one."""
    for overlay, documents in tree.documents.items():
        addresses = set(_addresses(documents))
        apart = (*_routed(documents, addresses), *_led(documents), *_scraped(documents))
        yield from (f"{overlay}: {mistake}" for mistake in apart)
        for one in ours(documents):
            found = (*_command(one), *_names(one), *_ports(one), *_probed(one), *_peers(one, addresses))
            yield from (f"{overlay}: {one.name}: {mistake}" for mistake in found)


def _command(one: Ours) -> Iterator[str]:
    if one.container["args"][:2] != ["python", "-m"] or not importlib.util.find_spec(one.module):
        yield f"runs {one.container['args']}, which is no module"
    elif one.module == topics.__name__:
        options = {part for part in one.arguments if part.startswith("--")}
        yield from (f"no option {name}" for name in options if name not in inspect.getsource(topics))
    elif one.module in _TOOLS:
        yield from _refused(_TOOLS[one.module](), one)
    elif (words := _words(one)) and words - set(Role) and (len(words) > 1 or words - _once(one)):
        yield f"{one.module} knows no {' '.join(one.arguments)}"


def _refused(parser: argparse.ArgumentParser, one: Ours) -> Iterator[str]:
    """Yield what the command line of a tool says to what it is called with."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parser.parse_args(one.arguments)
    except SystemExit:
        yield said.getvalue().strip().splitlines()[-1]


def _words(one: Ours) -> set[str]:
    """Return the roles, or what is to be done once, without where its output goes."""
    words = one.arguments
    return set(words[:-2] if words[-2:-1] == ["--output"] else words)


def _once(one: Ours) -> set[str]:
    own: Mapping[str, object] = getattr(importlib.import_module(f"{one.module}.__main__"), "COMMANDS", {})
    return {"migrate", *COMMANDS, *own}


def _names(one: Ours) -> Iterator[str]:
    for name, value in one.environment.items():
        if name not in _SETTINGS and name not in OTHERS:
            yield f"no code reads {name}"
        if name.endswith("_FILE") and value not in one.files and _needs(one, name):
            yield f"{name} names {value}, which is not mounted"


def _needs(one: Ours, name: str) -> bool:
    """Whether the process reads a setting: what all are told may be for others only."""
    return name.lower() in one.settings.model_fields and one.module.count(".") == 1


def _ports(one: Ours) -> Iterator[str]:
    declared = {port["name"]: port["containerPort"] for port in one.container.get("ports", ())}
    for name, port in _LISTENS.items():
        address = one.environment.get(name)
        if port in declared and (address is None or address.rpartition(":")[2] != str(declared[port])):
            yield f"port {port} is {declared[port]}, {name} is {address}"
    yield from (f"nothing listens on the port {name}" for name in declared if name not in _LISTENS.values())


def _probed(one: Ours) -> Iterator[str]:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = one.container.get(probe, {}).get("httpGet")
        if asked and (asked["port"] != "metrics" or asked["path"] not in _PATHS):
            yield f"{probe} asks {asked['path']} on {asked['port']}, where nobody answers"


def _peers(one: Ours, addresses: set[str]) -> Iterator[str]:
    for name, value in one.environment.items():
        if name.endswith("_ADDRESS") and name not in _LISTENS and value not in addresses:
            yield f"{name} is {value}, where no Service is"


def _routed(documents: Sequence[Document], addresses: set[str]) -> Iterator[str]:
    for route in (one for one in documents if one["kind"] == "GRPCRoute"):
        for rule in route["spec"]["rules"]:
            backends = [f"{one['name']}:{one['port']}" for one in rule["backendRefs"]]
            yield from (f"a route leads to {one}, where no Service is" for one in set(backends) - addresses)
            named = {match["method"]["service"] for match in rule["matches"]}
            yield from (f"a route is for {name}, which nobody serves" for name in named - _ANSWERED)


def _led(documents: Sequence[Document]) -> Iterator[str]:
    pods = [template for template in map(template_of, documents) if template]
    for service in (one for one in documents if one["kind"] == "Service"):
        wanted = service["spec"].get("selector", {}).items()
        named = {
            port.get("name")
            for pod in pods
            if wanted <= pod["metadata"]["labels"].items()
            for container in pod["spec"]["containers"]
            for port in container.get("ports", ())
        }
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            if isinstance(target, str) and target not in named:
                yield f"Service {service['metadata']['name']} leads to {target}, a port that no pod of it has"


def _scraped(documents: Sequence[Document]) -> Iterator[str]:
    for monitor in (one for one in documents if one["kind"] == "PodMonitor"):
        for asked in monitor["spec"]["podMetricsEndpoints"]:
            if asked["port"] != _LISTENS["METRICS_ADDRESS"] or asked["path"] not in _PATHS:
                yield f"metrics are fetched from {asked['path']} on {asked['port']}, where nobody answers"


def _addresses(documents: Sequence[Document]) -> Iterator[str]:
    for one in documents:
        if one["kind"] == "Service":
            yield from (f"{one['metadata']['name']}:{port['port']}" for port in one["spec"]["ports"])


_MATCHING: Final = "k8s/base/matching/deployment.yaml"
_BACKUP: Final = "k8s/components/backup/jobs.yaml"
_ROUTES: Final = "k8s/components/gateway/routes.yaml"
_CHECK: Final = "k8s/components/check/jobs.yaml"
CHECK: Final = Check(
    name="code",
    proves="commands, ports, probes, settings and files in manifests exist in the code",
    run=run,
    plants=(
        Plant("a module that is not there", _MATCHING, "services.matching\n", "services.matcher\n"),
        Plant("a role that is not there", _MATCHING, "- rpc", "- grpc"),
        Plant("a setting that nobody reads", _MATCHING, "DATA_KEY_FILE", "DATA_KEYS_FILE"),
        Plant(
            "a file that is not mounted",
            _MATCHING,
            "value: /run/secrets/mentoring/data_key",
            "value: /data_key",
        ),
        Plant("another port than the process's", _MATCHING, "containerPort: 9090", "containerPort: 9091"),
        Plant("a page that is not served", _MATCHING, "path: /readyz", "path: /ready"),
        Plant(
            "a route to nobody",
            _ROUTES,
            "- name: matching\n          port: 50051",
            "- name: match\n          port: 50051",
        ),
        Plant("a route for what nobody serves", _ROUTES, "v1.PersonService", "v1.PeopleService"),
        Plant(
            "a port that pods do not have", "k8s/base/matching/service.yaml", "targetPort: g", "targetPort: c"
        ),
        Plant(
            "metrics of nobody", "k8s/components/monitoring/podmonitor.yaml", "port: metrics", "port: metric"
        ),
        Plant("a part that no backup has", _BACKUP, "- data", "- dates"),
        Plant("backups of which none is kept", _BACKUP, "- '14'", "- '0'"),
        Plant("nothing that is done once", _BACKUP, "- export-erasures", "- export-ledger"),
        Plant(
            "a service that no doctor knows",
            _CHECK,
            "deploy.doctor\n            - p",
            "deploy.doctor\n            - q",
        ),
        Plant("a peer that is not there", _MATCHING, "value: profiles:50051", "value: people:50051"),
    ),
)
