"""The call graph against the code: who asks whom, who needs which server, who does what."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from deploy import callgraph
from deploy.callgraph import Process, Service
from services.kernel.run.roles import Role
from services.profiles.domain.erasure import SERVICES as KEEPERS
from tests.test_shape import GRPC

GRAPH = callgraph.load()
SERVICES = {service.name: service for service in GRAPH.services}
EDGE = re.compile(r"services\.pb\.mentoring\.(\w+)\.v1\.\w+_pb2_grpc")
KAFKA_ROLES = {Role.EVENTS, Role.RELAY}


@cache
def imports(service: str, part: str = "") -> frozenset[str]:
    """The modules that a service, or a part of it, imports."""
    found = set()
    for file in Path(f"services/{service}").rglob("*.py"):
        if part and part not in (*file.parts, file.stem):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{name.name}" for name in node.names}
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
    return frozenset(found)


def brings(service: str, library: str) -> bool:
    return any(name.split(".")[0] == library for name in imports(service))


def wiring(service: str) -> str:
    return Path(f"services/{service}/__main__.py").read_text()


def test_every_service_is_in_the_graph() -> None:
    assert set(SERVICES) == {*GRPC, "processor"}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_service_calls_whom_its_clients_import_a_stub_of(service: Service) -> None:
    asked = {match[1] for name in imports(service.name, "clients") if (match := EDGE.match(name))}
    if "privacy" in asked:  # served by all who keep something about people
        asked = asked - {"privacy"} | {*KEEPERS} - {service.name}
    assert set(service.calls) == asked


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_service_is_told_the_addresses_of_whom_it_calls(service: Service) -> None:
    told = set(re.findall(r"settings\.(\w+)_address", wiring(service.name))) - {"http"}
    if 'f"{name}_address"' in wiring(service.name):  # of all who keep something about people
        told |= {*KEEPERS} - {service.name}
    assert set(service.calls) == told


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_links_are_served_by_who_reads_where_to_serve_them(service: Service) -> None:
    assert service.serves("links") == ("settings.http_address" in wiring(service.name))


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_only_who_has_a_mail_client_reaches_the_mail_server(service: Service) -> None:
    assert service.uses("mail") == brings(service.name, "aiosmtplib")


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_only_who_asks_addresses_that_people_chose_reaches_the_internet(service: Service) -> None:
    assert service.uses("internet") == any("kernel.egress" in name for name in imports(service.name))


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_databases_and_identities_are_for_services_that_have_a_store(service: Service) -> None:
    stores = Path(f"services/{service.name}/store.py").exists()
    assert (service.uses("mongodb"), service.uses("identity")) == (stores, stores)


@pytest.mark.parametrize("service", [SERVICES[name] for name in GRPC], ids=GRPC)
def test_the_processes_of_a_service_share_all_its_roles(service: Service) -> None:
    taken = [role for process in service.processes for role in process.roles]
    assert sorted(taken) == sorted(Role)


def test_the_processor_has_one_process_that_is_all_of_it() -> None:
    (process,) = SERVICES["processor"].processes
    assert (process.roles, process.uses, process.serves) == ((), ("kafka",), ())


@pytest.mark.parametrize(
    "process", [one for name in GRPC for one in SERVICES[name].processes], ids=lambda one: one.name
)
def test_who_answers_calls_serves_them_and_who_hears_or_publishes_reaches_kafka(process: Process) -> None:
    roles = {Role(role) for role in process.roles}
    assert ("grpc" in process.serves) == (Role.RPC in roles)
    assert ("kafka" in process.uses) == bool(roles & KAFKA_ROLES)
    assert ("links" not in process.serves) or (Role.WORK in roles)


def test_every_name_stands_for_a_known_port_or_server() -> None:
    for process in GRAPH.processes:
        assert set(process.serves) <= set(GRAPH.ports)
        assert set(process.uses) <= set(GRAPH.servers)


def test_callers_are_who_calls() -> None:
    assert GRAPH.callers("profiles") == ("matching", "mentorships", "scheduling", "notifications")
    assert GRAPH.callers("matching") == ("profiles", "mentorships", "notifications")
