"""Wires the service. `python -m services.profiles [rpc|events|relay]`, all by default."""

import asyncio
import sys

from services.kernel import ids
from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo import Aggregates, Cause, Ref
from services.kernel.mongo.tenants import tenants
from services.kernel.privacy.exporting import Exporting
from services.kernel.run import Command, Resources, Service, main
from services.pb.mentoring.privacy.v1.personal_data_service_pb2 import PersonalRecord
from services.pb.mentoring.profiles.v1.events_pb2 import PersonalDataErased
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import add_PersonServiceServicer_to_server
from services.pb.mentoring.profiles.v1.privacy_service_pb2_grpc import add_PrivacyServiceServicer_to_server
from services.profiles.app.erasures import Erasures
from services.profiles.app.exporting import Exports, Source
from services.profiles.app.people import Directory, Imports
from services.profiles.clients import Elsewhere, Here
from services.profiles.domain import Person
from services.profiles.domain.erasure import SERVICES
from services.profiles.events import hear
from services.profiles.rpc.people import PersonService
from services.profiles.rpc.privacy import PrivacyService
from services.profiles.store import ERASURES, PEOPLE
from services.profiles.wire import privacy as wire


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    people = resources.database.aggregates(PEOPLE)
    ledger = resources.database.aggregates(ERASURES)
    erasures = Erasures(ledger, people, resources.clock)
    exports = Exports(people, _sources(settings, resources, people))
    handlers = Handlers()
    hear(handlers, erasures)

    return Service(
        name="profiles",
        servicers=[
            (
                add_PersonServiceServicer_to_server,
                PersonService(Directory(people), Imports(people)),
                "mentoring.profiles.v1.PersonService",
            ),
            (
                add_PrivacyServiceServicer_to_server,
                PrivacyService(erasures, exports),
                "mentoring.profiles.v1.PrivacyService",
            ),
        ],
        handlers=handlers,
        kinds=[people, ledger],
        erased=PersonalDataErased,
    )


def _sources(
    settings: Settings, resources: Resources, people: Aggregates[Person]
) -> dict[str, Source[PersonalRecord]]:
    """Return all services; one whose address is not set is missed only by who wants an export."""

    def source(name: str) -> Source[PersonalRecord]:
        if name == "profiles":
            return Here(name, Exporting([people]))
        address: str | None = getattr(settings, f"{name}_address")
        return Elsewhere(name, None if address is None else resources.channel(address))

    return {name: source(name) for name in SERVICES}


async def export_erasures(resources: Resources) -> str:
    """Return the whole ledger, a line for each erasure."""
    ledger = resources.database.aggregates(ERASURES)
    erasures = _erasures(resources)
    return "\n".join(
        [
            wire.line(Ref(tenant, entry), stored.state)
            for tenant in await tenants(ledger)
            async for entry, stored in erasures.all_of(tenant)
        ]
    )


async def replay_erasures(resources: Resources) -> str:
    """Tell all erasures again: those of the ledger, and those that standard input has from `export-erasures`.

    A running relay publishes them. ValueError for a line that is none, before anything is told.
    """
    ledger, erasures = resources.database.aggregates(ERASURES), _erasures(resources)
    read = await asyncio.to_thread(_given)
    entries = dict(wire.entry(line) for line in read)
    for tenant in await tenants(ledger):
        entries |= {Ref(tenant, entry): found.state async for entry, found in erasures.all_of(tenant)}
    for ref, entry in entries.items():
        await erasures.told_again(ref, entry, Cause(ids.new_id()))
    return f"{len(entries)} erasures are told again; ListErasures shows how far the services are"


def _given() -> list[str]:
    return [] if sys.stdin.isatty() else [line for line in sys.stdin if line.strip()]


def _erasures(resources: Resources) -> Erasures:
    database = resources.database
    return Erasures(database.aggregates(ERASURES), database.aggregates(PEOPLE), resources.clock)


COMMANDS = {
    "export-erasures": Command("print the ledger of erasures, to be kept apart", export_erasures),
    "replay-erasures": Command("tell all erasures again, after a restore", replay_erasures),
}


def run() -> None:
    """Serve until told to stop."""
    main("profiles", build, commands=COMMANDS)


if __name__ == "__main__":
    run()
