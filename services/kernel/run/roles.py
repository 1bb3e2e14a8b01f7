"""What one process of a service can do; several processes of one service may share the roles."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import partial
from typing import Final

from services.kernel.audit.chaining import Chainer
from services.kernel.due import Due
from services.kernel.events.consumer import Consumer
from services.kernel.kafka import Producer
from services.kernel.outbox import Relay
from services.kernel.run.resources import Resources
from services.kernel.run.service import Loop, Service
from services.kernel.sealer import Sealer

_AUDIT_LEASE_SECONDS: Final = 5.0
Named = Sequence[tuple[str, Loop]]


class Role(StrEnum):
    """A part of a service that can run in a process of its own."""

    RPC = "rpc"
    EVENTS = "events"
    RELAY = "relay"
    DUE = "due"
    WORK = "work"


MEANINGS: Final = {
    Role.RPC: "answer calls",
    Role.EVENTS: "handle events of other services",
    Role.RELAY: "publish own events, chain the audit log",
    Role.DUE: "fire timers",
    Role.WORK: "run the service's own loops",
}


def roles_of(resources: Resources, service: Service, roles: Collection[Role]) -> tuple[Named, Named]:
    """Return the loops to run, named: those that take work in, and those that must outlive them."""
    settings = resources.settings
    cluster = settings.cluster()
    hearing: list[tuple[str, Loop]] = []
    telling: list[tuple[str, Loop]] = []
    producer = partial(Producer, cluster, service.name)
    if Role.EVENTS in roles and service.handlers is not None:
        consumer = Consumer(service.handlers, cluster, service.name)
        resources.health.checks["consumer"] = consumer.healthy
        hearing.append(("events", consumer.run))
    if Role.WORK in roles:
        hearing += [("sealer", Sealer(service.kinds).run)] if service.kinds else []
        hearing += [(f"work-{number}", loop) for number, loop in enumerate(service.loops)]
    if Role.DUE in roles and service.kinds:
        interval = settings.due_interval_ms / 1000
        due = Due(
            resources.database,
            service.kinds,
            resources.clock,
            interval=interval,
            sample=settings.trace_sample,
        )
        hearing.append(("due", due.run))
    if Role.RELAY in roles:
        lease = resources.database.lease("audit", _AUDIT_LEASE_SECONDS)
        telling.append(("audit", Chainer(resources.database.trail, lease).run))
    if Role.RELAY in roles and service.kinds:
        linger = settings.outbox_linger_ms / 1000
        telling.append(("relay", Relay(resources.database, service.kinds, producer, linger=linger).run))
    return hearing, telling
