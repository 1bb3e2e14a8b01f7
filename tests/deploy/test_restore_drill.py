"""The restore drill: what was backed up comes back exactly, and who was erased since stays erased."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pytest
from bson import encode
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from deploy.local.mongod import Mongod
from deploy.mongo import backup, copies
from deploy.mongo.copies import BackupError, Client, Copied
from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.events import Event
from services.kernel.mongo import Cause, Database, Ref
from services.kernel.privacy.erasing import Erasing, kind_of
from services.pb.mentoring.profiles.v1.events_pb2 import PersonalDataErased, PersonErased
from services.profiles import domain, store
from services.profiles.app.erasures import Erasures
from services.profiles.domain.erasure import Reason
from services.profiles.wire import privacy
from tests.harness import MASTER
from tests.kernel.tally import NOON
from tests.profiles.factories import person, values

pytestmark = pytest.mark.servers
HR = Caller("acme", "hr-office", frozenset({"hr_admin"}))
ADA, BOB, EVE = (Ref("acme", one) for one in ("ada", "bob", "eve"))


class Profiles:
    """The profiles service as it lies over a database: a new one remembers no keys."""

    def __init__(self, url: str, name: str, clock: FixedClock) -> None:
        self.database = Database(url, name, clock, MASTER)
        self.people = self.database.aggregates(store.PEOPLE)
        self.ledger = self.database.aggregates(store.ERASURES)
        self.erasures = Erasures(self.ledger, self.people, clock)
        kept = self.database.aggregates(kind_of("profiles", PersonalDataErased))
        self._erasing = Erasing(kept, (), self.database.vault, self.database.claims)
        self._clock = clock

    async def __aenter__(self) -> Self:
        await self.database.migrate()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.database.close()

    async def add(self, *people: Ref) -> None:
        for ref in people:
            made = person(given_name=ref.id.title(), email=f"{ref.id}@acme.example")
            await self.people.create(ref, *domain.create(ref.id, values(made)), Cause(f"made {ref.id}"))

    async def names(self, *people: Ref) -> list[str]:
        return [(await self.people.get(ref)).state.given_name for ref in people]

    async def hear(self, entry: str) -> None:
        """Hear that somebody is to be forgotten, as the topic would bring it."""
        erasure = (await self.ledger.get(Ref("acme", entry))).state
        message = PersonErased(
            person=f"organizations/acme/people/{erasure.person}",
            erasure=f"organizations/acme/erasures/{entry}",
        )
        message.erase_time.FromDatetime(erasure.time)
        event: Event[Any] = Event(
            id=uuid4().hex,
            type=message.DESCRIPTOR.full_name,
            subject=message.erasure,
            sequence=1,
            tenant="acme",
            time=self._clock.now(),
            key=erasure.person,
            message=message,
        )
        await self._erasing.heard(event)


@dataclass
class Drill:
    """One service's two databases, and a folder for backups."""

    url: str
    name: str
    client: Client
    folder: Path
    clock: FixedClock

    def profiles(self) -> Profiles:
        return Profiles(self.url, self.name, self.clock)

    def dump(self, part: copies.Part) -> Sequence[Copied]:
        only = (self.name, f"{self.name}{copies.KEYS}")
        names = copies.databases(self.client, part, only)
        return copies.dump(self.client, names, self.folder / part)

    def destroy(self) -> None:
        for name in (self.name, f"{self.name}{copies.KEYS}"):
            self.client.drop_database(name)


@pytest.fixture(scope="module")
async def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server that keeps the last minutes, of which a dump shows one moment; that of the run keeps none."""
    folder = tmp_path_factory.mktemp("mongod")
    server = Mongod(folder / "data", folder / "log")
    await server.start()
    yield server.url
    await server.stop()


@pytest.fixture
async def drill(mongo_url: str, tmp_path: Path) -> AsyncIterator[Drill]:
    with MongoClient(mongo_url, document_class=RawBSONDocument, w="majority") as client:
        made = Drill(mongo_url, f"test_{uuid4().hex[:12]}", client, tmp_path, FixedClock(NOON))
        async with made.profiles() as profiles:
            await profiles.add(ADA, BOB)
        yield made
        await asyncio.to_thread(made.destroy)


async def test_a_restore_brings_everything_back_and_replaying_erasures_forgets_again(drill: Drill) -> None:
    data, keys = [await asyncio.to_thread(drill.dump, part) for part in ("data", "keys")]
    assert {one.collection: one.documents for one in data}["people"] == 2
    assert {one.database for one in keys} == {f"{drill.name}{copies.KEYS}"}
    drill.clock.advance(timedelta(hours=1))
    async with drill.profiles() as profiles:
        await profiles.add(EVE)
        entry, stored = await profiles.erasures.erase(HR, "ada", Reason.REQUESTED, Cause("erase"))
        await profiles.hear(entry)
        assert await profiles.names(ADA, BOB, EVE) == ["", "Bob", "Eve"]
        kept_apart = privacy.line(Ref("acme", entry), stored.state)
    await asyncio.to_thread(drill.destroy)
    for part, copied in (("data", data), ("keys", keys)):
        assert await asyncio.to_thread(copies.restore, drill.client, drill.folder / part) == copied
        assert await asyncio.to_thread(copies.verify, drill.client, drill.folder / part) == copied
    async with drill.profiles() as profiles:
        assert await profiles.names(ADA, BOB) == ["Ada", "Bob"], "old keys open what was erased since"
        ref, erasure = privacy.entry(kept_apart)
        await profiles.erasures.told_again(ref, erasure, Cause("replay"))
        await profiles.hear(entry)
        assert await profiles.names(ADA, BOB) == ["", "Bob"]
    async with drill.profiles() as profiles:
        assert await profiles.names(ADA, BOB) == ["", "Bob"]


async def test_todays_keys_open_nothing_of_who_was_erased_since(drill: Drill) -> None:
    await asyncio.to_thread(drill.dump, "data")
    async with drill.profiles() as profiles:
        entry, _ = await profiles.erasures.erase(HR, "ada", Reason.REQUESTED, Cause("erase"))
        await profiles.hear(entry)
    await asyncio.to_thread(copies.restore, drill.client, drill.folder / "data", drop=True)
    async with drill.profiles() as profiles:
        assert await profiles.names(ADA, BOB) == ["", "Bob"]


class Meanwhile(CommandListener):
    """Writes as soon as the first documents of a dump were read."""

    def __init__(self, write: Callable[[], object]) -> None:
        self._write: Callable[[], object] | None = write

    def started(self, event: CommandStartedEvent) -> None:
        """Wait for an answer."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if event.command_name == "find" and self._write is not None:
            write, self._write = self._write, None
            write()

    def failed(self, event: CommandFailedEvent) -> None:
        """Leave it to who called."""


def test_a_dump_shows_one_moment_while_services_write(drill: Drill) -> None:
    later = drill.client[drill.name]["written_later"]
    later.insert_one(RawBSONDocument(encode({"_id": 1})))
    writing = Meanwhile(lambda: later.insert_one(RawBSONDocument(encode({"_id": 2}))))
    with MongoClient(drill.url, document_class=RawBSONDocument, event_listeners=[writing]) as client:
        copied = copies.dump(client, [drill.name], drill.folder / "data")
    assert later.count_documents({}) == 2
    assert {one.collection: one.documents for one in copied}["written_later"] == 1


async def test_what_is_there_is_not_overwritten_unasked(drill: Drill) -> None:
    await asyncio.to_thread(drill.dump, "data")
    async with drill.profiles() as profiles:
        await profiles.add(EVE)
    with pytest.raises(BackupError, match=f"{drill.name} holds documents: --drop replaces it"):
        await asyncio.to_thread(copies.restore, drill.client, drill.folder / "data")
    async with drill.profiles() as profiles:
        assert await profiles.names(EVE) == ["Eve"]


async def test_a_damaged_backup_changes_nothing(drill: Drill) -> None:
    await asyncio.to_thread(drill.dump, "data")
    file = drill.folder / "data" / drill.name / "people.bson"
    content = file.read_bytes()
    for damaged in (content[:-1], content.replace(b"acme", b"acne")):
        file.write_bytes(damaged)
        with pytest.raises(BackupError, match=r"people\.bson"):
            await asyncio.to_thread(copies.restore, drill.client, drill.folder / "data", drop=True)
    async with drill.profiles() as profiles:
        assert await profiles.names(ADA, BOB) == ["Ada", "Bob"]


async def test_verify_names_what_differs(drill: Drill) -> None:
    await asyncio.to_thread(drill.dump, "data")
    people = drill.client[drill.name]["people"]
    people.update_one({"id": "ada"}, {"$set": {"version": 99}})
    with pytest.raises(BackupError, match=rf"{drill.name}\.people has 2 documents, .* with other content"):
        await asyncio.to_thread(copies.verify, drill.client, drill.folder / "data")
    people.delete_one({"id": "ada"})
    with pytest.raises(BackupError, match=rf"{drill.name}\.people has 1 documents, 2 in the backup"):
        await asyncio.to_thread(copies.verify, drill.client, drill.folder / "data")


async def test_a_backup_is_never_written_over_another(drill: Drill) -> None:
    await asyncio.to_thread(drill.dump, "data")
    with pytest.raises(BackupError, match="name a folder that does not"):
        await asyncio.to_thread(drill.dump, "data")


def test_the_command_dumps_and_verifies(
    drill: Drill, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONGO_URL", drill.url)
    folder = str(drill.folder / "data")
    backup.main(["dump", "data", folder, "--database", drill.name])
    backup.main(["verify", folder])
    printed = capsys.readouterr().out
    assert printed.count(f"{drill.name}.people") == 2
    with pytest.raises(SystemExit, match="no such databases"):
        backup.main(["dump", "data", f"{folder}2", "--database", "nobody"])
    monkeypatch.delenv("MONGO_URL")
    with pytest.raises(SystemExit, match="MONGO_URL"):
        backup.main(["verify", folder])


def test_the_command_keeps_the_latest_backups(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGO_URL", drill.url)
    place = drill.folder / "backups"
    for old in ("data-2026-01-01T000000Z", "data-2026-01-02T000000Z"):
        copies.dump(drill.client, [drill.name], place / old)
    backup.main(["dump", "data", str(place), "--keep", "2", "--database", drill.name])
    left = sorted(path.name for path in place.iterdir())
    assert left[0] == "data-2026-01-02T000000Z"
    assert len(left) == 2
    backup.main(["verify", str(place / left[1])])
