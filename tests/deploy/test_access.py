"""Rights in Kafka against what the code really reads and writes: nobody gets more, nobody misses one."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from google.protobuf.message import Message

from deploy.kafka import access, topics
from deploy.kafka.access import OPERATOR
from services.kernel.events import Handlers
from services.kernel.events.dead_letters import SUFFIX
from services.kernel.mongo import Kind
from services.pb.mentoring.profiles.v1.events_pb2 import PersonErased
from services.processor.__main__ import GROUP
from services.processor.agents import policies, reading, worker
from services.processor.agents.station import changelog
from tests.test_shape import GRPC

ACCESS = {one.user: one for one in access.load()}
BETWEEN = {worker.waiting(GROUP), worker.verdicts(GROUP)}


def outgoing(service: str) -> Iterator[ModuleType]:
    """The modules that turn what happened into messages, named by the kinds of the service's store."""
    store = importlib.import_module(f"services.{service}.store")
    for kind in vars(store).values():
        if isinstance(kind, Kind):
            module = inspect.getmodule(kind.encode)
            assert module is not None
            yield module


def told(service: str) -> set[str]:
    """The topics of all messages made where events are encoded: whatever is built there goes out."""
    return {made.DESCRIPTOR.file.package for module in outgoing(service) for made in events_of(module)}


def events_of(module: ModuleType) -> Iterator[type[Message]]:
    """The events that a module makes: those it calls, or keeps in a table to call."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        for made in made_by(node):
            found = named(made, module)
            if isinstance(found, type) and issubclass(found, Message) and is_event(found):
                yield found


def made_by(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return [node.func]
    return node.values if isinstance(node, ast.Dict) else []


def named(node: ast.expr, module: ModuleType) -> object:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(vars(module).get(node.value.id), node.attr, None)
    return vars(module).get(node.id) if isinstance(node, ast.Name) else None


def is_event(kind: type[Message]) -> bool:
    return kind is not Message and kind.DESCRIPTOR.file.name.endswith("/events.proto")


class Anything:
    """Stands in for a use case: only registering handlers asks it for its methods."""

    def __getattr__(self, _: str) -> "Anything":
        return self


def heard(service: str) -> tuple[str, ...]:
    """The topics that `on` lines lead to, by really registering every handler; and what all services hear."""
    handlers = Handlers()
    module = importlib.import_module(f"services.{service}.events")
    for name, hear in vars(module).items():
        if inspect.isfunction(hear) and re.match("hear", name) and hear.__module__ == module.__name__:
            hear(handlers, *[Anything()] * (len(inspect.signature(hear).parameters) - 1))
    return tuple(sorted({*handlers.topics, PersonErased.DESCRIPTOR.file.package}))


@pytest.mark.parametrize("service", GRPC)
def test_a_service_may_read_exactly_what_it_hears(service: str) -> None:
    assert ACCESS[service].reads == heard(service)
    assert ACCESS[service].group == service


@pytest.mark.parametrize("service", GRPC)
def test_a_service_may_write_its_events_and_the_dead_letters_of_what_it_reads_and_no_more(
    service: str,
) -> None:
    dead = {f"{topic}{SUFFIX}" for topic in ACCESS[service].reads}
    assert told(service) == {f"mentoring.{service}.v1"}
    assert set(ACCESS[service].writes) == told(service) | dead


def test_the_processor_reads_what_it_folds_what_its_agents_tell_each_other_policies_and_tables() -> None:
    tables = {changelog(GROUP, "pairs"), changelog(GROUP, "people")}
    assert set(ACCESS["processor"].reads) == {*worker.HEARD, *BETWEEN, policies.TOPIC, *tables}
    assert ACCESS["processor"].hears == tuple(sorted((*worker.HEARD, *BETWEEN)))


def test_the_processor_writes_what_it_decides_its_tables_and_dead_letters_but_no_policy() -> None:
    tables = {changelog(GROUP, "pairs"), changelog(GROUP, "people")}
    dead = {f"{topic}{SUFFIX}" for topic in (*worker.HEARD, *BETWEEN)}
    assert set(ACCESS["processor"].writes) == {reading.TOLD, *BETWEEN, *tables, *dead}


def test_people_at_the_command_line_put_policies_replay_history_and_look_at_dead_letters() -> None:
    dead = {topic.name for topic in topics.load() if topic.name.endswith(SUFFIX)}
    assert ACCESS[OPERATOR].writes == (policies.TOPIC,)
    assert set(ACCESS[OPERATOR].reads) == {*worker.HEARD, reading.TOLD, policies.TOPIC, *dead}
    assert ACCESS[OPERATOR].group is None


def test_nobody_else_has_a_user() -> None:
    assert set(ACCESS) == {*GRPC, "processor", OPERATOR}


def test_every_right_is_for_a_topic_that_exists() -> None:
    known = {topic.name for topic in topics.load()}
    assert {name for one in ACCESS.values() for name in (*one.reads, *one.writes)} == known
