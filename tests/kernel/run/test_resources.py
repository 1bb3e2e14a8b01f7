"""What a service is built from, and which loops a process of it runs; no server is asked anything."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.kernel import clock
from services.kernel.events import Event, Handlers
from services.kernel.probes import Health
from services.kernel.run import Resources, Service
from services.kernel.run.resources import opened
from services.kernel.run.roles import Role, roles_of
from services.pb.mentoring.profiles.v1.events_pb2 import PersonCreated
from services.profiles.store import PEOPLE
from tests.kernel.rpc.conftest import settings


@pytest.fixture
async def resources() -> AsyncIterator[Resources]:
    async with opened(settings(), Health()) as made:
        yield made


async def test_the_shared_clock_is_used_where_one_is_named(tmp_path: Path) -> None:
    clock.advance(tmp_path / "clock", timedelta(days=400))
    async with opened(settings(clock_file=tmp_path / "clock"), Health()) as resources:
        assert resources.clock.now() - datetime.now(UTC) > timedelta(days=399)


async def test_production_does_not_start_without_keys_that_seal_personal_texts() -> None:
    production = settings().model_copy(update={"environment": "production"})
    with pytest.raises(SystemExit, match="DATA_KEY_FILE"):
        async with opened(production, Health()):
            pass


async def test_otherwise_it_is_the_machines(resources: Resources) -> None:
    assert abs(resources.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_service_that_calls_another_needs_its_address(resources: Resources) -> None:
    with pytest.raises(SystemExit, match="address"):
        resources.channel(None)
    assert resources.channel("127.0.0.1:1") is not None


def service(resources: Resources) -> Service:
    """Return a service with everything: kinds, handlers and a loop of its own."""

    async def hear(_: Event[PersonCreated]) -> None: ...

    async def work(stop: asyncio.Event) -> None:
        await stop.wait()

    handlers = Handlers()
    handlers.on(PersonCreated, hear)
    kinds = [resources.database.aggregates(PEOPLE)]
    return Service(name="profiles", handlers=handlers, kinds=kinds, loops=[work])


def names(resources: Resources, made: Service, roles: set[Role]) -> tuple[list[str], list[str]]:
    hearing, telling = roles_of(resources, made, roles)
    return [name for name, _ in hearing], [name for name, _ in telling]


async def test_a_process_with_all_roles_runs_every_loop_and_the_relay_goes_last(resources: Resources) -> None:
    """What the last handled event made must still be published."""
    assert names(resources, service(resources), set(Role)) == (
        ["events", "sealer", "work-0", "due"],
        ["audit", "relay"],
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.RPC, ([], [])),
        (Role.EVENTS, (["events"], [])),
        (Role.RELAY, ([], ["audit", "relay"])),
        (Role.DUE, (["due"], [])),
        (Role.WORK, (["sealer", "work-0"], [])),
    ],
)
async def test_a_process_with_one_role_runs_only_that(
    resources: Resources, role: Role, expected: tuple[list[str], list[str]]
) -> None:
    assert names(resources, service(resources), {role}) == expected


async def test_a_service_that_neither_hears_nor_keeps_anything_only_chains_the_log_of_its_calls(
    resources: Resources,
) -> None:
    assert names(resources, Service(name="profiles"), set(Role)) == ([], ["audit"])


async def test_a_stuck_consumer_makes_the_process_unhealthy(resources: Resources) -> None:
    names(resources, service(resources), {Role.EVENTS})
    assert list(resources.health.checks) == ["consumer"]
    assert resources.health.failing() == []
