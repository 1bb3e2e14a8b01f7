"""What every service does when a person is erased or asks for their data, shown on a service of the tests."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import pytest

from services.kernel.clock import FixedClock
from services.kernel.errors import Invalid
from services.kernel.events import Event
from services.kernel.fates import Emptied, Sealed
from services.kernel.mongo import Aggregates, Cause, Database, Kind, Outgoing, Ref
from services.kernel.personal import ITSELF, Personal
from services.kernel.privacy import exporting
from services.kernel.privacy.erasing import Erasing, kind_of
from services.kernel.privacy.exporting import Exporting
from services.kernel.privacy.rpc import record
from services.kernel.run.privacy import with_privacy
from services.kernel.run.service import Service
from services.pb.mentoring.profiles.v1.events_pb2 import PersonErased
from services.pb.mentoring.recognition.v1.events_pb2 import PersonalDataErased
from tests.harness import fresh_database
from tests.kernel import tally
from tests.kernel.tally import NOON

pytestmark = pytest.mark.servers


@dataclass(frozen=True, slots=True)
class Rating:
    person: str
    stars: int


@dataclass(frozen=True, slots=True)
class Talk:
    people: tuple[str, ...]
    author: str
    text: Annotated[str, Personal("author")]
    reply: Annotated[str, Personal("people.1", also=("author",))] = ""
    ratings: tuple[Rating, ...] = ()
    hidden: str = ""
    day: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    person: str
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    place: Annotated[str, Personal(ITSELF)]


def encode(ref: Ref, _: Any, event: Any) -> Outgoing:
    return tally.encode(ref, tally.Tally(""), event)


def leave(person: str, plan: Plan) -> tuple[Plan, list[tally.Added]]:
    """Plan nothing: it was the person's own."""
    assert plan.person == person
    return (plan, []) if not plan.days else (replace(plan, days=()), [tally.Added(0)])


TALKS = Kind(
    "talks",
    Talk,
    encode,
    concerns=("people",),
    withheld=("hidden",),
    personwise=("ratings",),
    erasure=Sealed(),
)
DESKS = Kind("desks", Desk, encode, concerns=(ITSELF,), erasure=Sealed())
PLANS = Kind("plans", Plan, encode, concerns=("person",), erasure=Emptied(leave))
ANN, BOB = Ref("acme", "ann"), Ref("acme", "bob")
TALK = Talk(
    ("ann", "bob"), "ann", "hello", "hi ann", (Rating("ann", 5), Rating("bob", 1)), hidden="no", day=NOON
)


class World:
    """Ann and Bob talked, and each has a desk."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.talks = database.aggregates(TALKS)
        self.desks = database.aggregates(DESKS)
        self.plans = database.aggregates(PLANS)
        self.done: Aggregates[Any] = database.aggregates(kind_of("tests", PersonalDataErased))
        kinds: list[Aggregates[Any]] = [self.talks, self.desks, self.plans]
        self.erasing = Erasing(self.done, kinds, database.vault, database.claims)
        self.exporting = Exporting([self.talks, self.desks, self.done])

    async def begin(self) -> None:
        await self.database.migrate()
        await self.talks.create(Ref("acme", "t1"), TALK, [tally.Opened()], Cause("t1"))
        for ref in (ANN, BOB):
            await self.desks.create(ref, Desk(f"room of {ref.id}"), [tally.Opened()], Cause(ref.id))
            plan = Ref("acme", f"plan-{ref.id}")
            await self.plans.create(plan, Plan(ref.id, ("monday",)), [tally.Opened()], Cause(plan.id))

    async def hear(self, event_id: str, time: datetime) -> None:
        """Let the service hear that Ann was erased at a time."""
        message = PersonErased(
            person="organizations/acme/people/ann", erasure="organizations/acme/erasures/e1"
        )
        message.erase_time.FromDatetime(time)
        event = Event(
            id=event_id,
            type=message.DESCRIPTOR.full_name,
            subject="organizations/acme/erasures/e1",
            sequence=1,
            tenant="acme",
            time=self.clock.now(),
            key="ann",
            message=message,
        )
        await self.erasing.heard(event)

    async def told(self) -> list[str]:
        documents = await self.done.collection.find().to_list(None)
        return [event["type"] for document in documents for event in document["outbox"]]

    async def exported(self, person: Ref) -> dict[str, Any]:
        """Return the content of everything that is handed out, by collection."""
        found: dict[str, Any] = {}
        token = ""
        while True:
            page, token = await self.exporting.page(person, token)
            found |= {kept.collection: kept.content for kept in page}
            if not token:
                return found


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    clock = FixedClock(NOON)
    async with fresh_database(mongo_url, clock) as database:
        made = World(database, clock)
        await made.begin()
        yield made


async def test_with_the_key_go_all_texts_and_it_is_confirmed_once(world: World) -> None:
    for _ in range(2):
        await world.hear("event", NOON)
    assert (await world.talks.get(Ref("acme", "t1"))).state == replace(TALK, text="", reply="")
    assert (await world.desks.get(ANN)).state == Desk("")
    assert (await world.desks.get(BOB)).state == Desk("room of bob")
    assert await world.told() == ["mentoring.recognition.v1.PersonalDataErased"]


async def test_what_is_no_text_is_emptied_once_and_others_keep_theirs(world: World) -> None:
    for event in ("event", "event", "told again"):
        await world.hear(event, NOON)
    ann, bob = [await world.plans.get(Ref("acme", f"plan-{one}")) for one in ("ann", "bob")]
    assert (ann.state, ann.version) == (Plan("ann", ()), 2)
    assert bob.state == Plan("bob", ("monday",))


async def test_by_what_was_asked_nobody_is_recognized(world: World) -> None:
    """Digests of a person's own requests go, and those of requests about nobody else; others' stay."""
    ann, bob, hr = (Cause(f"request:{who}:1", digest=f"digest of {who}") for who in ("ann", "bob", "hr"))
    talk = Ref("acme", "t1")
    for cause in (ann, bob):
        await world.talks.change(talk, lambda known: (known, [tally.Added(0)]), cause)
    await world.talks.create(Ref("acme", "t2"), TALK, [tally.Opened()], ann)
    for ref in (ANN, BOB):
        await world.desks.change(ref, lambda known: (known, [tally.Added(0)]), hr)
    await world.database.claims.take("acme", ann)
    await world.hear("event", NOON)
    kept = [one["seen"] for one in await world.talks.collection.find({"id": "t1"}).to_list(None)]
    assert [(one["id"], one["h"]) for one in kept[0]] == [(ann.id, ""), (bob.id, bob.digest)]
    (made,) = await world.talks.collection.find({"id": "t2"}).to_list(None)
    assert made["created"] == {"id": ann.id, "h": ""}
    desks = {one["id"]: one["seen"] for one in await world.desks.collection.find().to_list(None)}
    assert [desks[key][0]["h"] for key in ("ann", "bob")] == ["", hr.digest]
    assert await world.database.claims.take("acme", Cause(ann.id, digest="another"))
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await world.talks.change(talk, lambda known: (known, [tally.Added(0)]), ann)


async def test_a_collection_of_which_nobody_said_what_becomes_of_people_is_refused(world: World) -> None:
    service = Service("tests", erased=PersonalDataErased)
    with_privacy(service, world.database)
    world.database.aggregates(replace(DESKS, collection="forgotten_about", erasure=None))
    with pytest.raises(TypeError, match="forgotten_about"):
        with_privacy(service, world.database)


async def test_told_again_it_spares_who_came_back(world: World) -> None:
    await world.hear("first", NOON)
    world.clock.advance(timedelta(days=1))
    await world.desks.change(ANN, lambda _: (Desk("a new room"), [tally.Added(0)]), Cause("back"))
    planned = Plan("ann", ("tuesday",)), [tally.Added(0)]
    await world.plans.change(Ref("acme", "plan-ann"), lambda _: planned, Cause("back"))
    await world.hear("again", NOON)
    assert (await world.desks.get(ANN)).state == Desk("a new room")
    assert (await world.plans.get(Ref("acme", "plan-ann"))).state.days == ("tuesday",)
    assert len(await world.told()) == 2


async def test_a_person_gets_their_own_texts_and_nothing_that_is_not_theirs_to_know(world: World) -> None:
    found = await world.exported(ANN)
    assert found["desks"] == {"place": "room of ann"}
    talk = found["talks"]
    assert (talk["text"], talk["reply"], talk["people"]) == ("hello", "", ["ann", "bob"])
    assert talk["ratings"] == [{"person": "ann", "stars": 5}]
    assert "hidden" not in talk
    other = (await world.exported(BOB))["talks"]
    assert (other["text"], other["reply"]) == ("", "hi ann")


async def test_another_organizations_person_of_the_same_id_gets_nothing(world: World) -> None:
    assert await world.exported(Ref("other", "ann")) == {}


async def test_a_long_export_comes_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    for number in range(5):
        await world.talks.create(Ref("acme", f"more{number}"), TALK, [tally.Opened()], Cause(str(number)))
    found, token, pages = [], "", 0
    while True:
        page, token = await world.exporting.page(ANN, token)
        found += [kept.id for kept in page]
        pages += 1
        if not token:
            break
    assert sorted(found) == ["ann", "more0", "more1", "more2", "more3", "more4", "t1"]
    assert pages > 3


@pytest.mark.parametrize("token", ["x", "9:", "-1:", "0"])
async def test_a_foreign_page_token_is_refused(world: World, token: str) -> None:
    with pytest.raises(Invalid, match="INVALID_PAGE_TOKEN"):
        await world.exporting.page(ANN, token)


async def test_records_are_plain_data(world: World) -> None:
    (kept,) = [one for one in (await world.exporting.page(ANN, ""))[0] if one.collection == "talks"]
    message = record("tests", kept)
    assert (message.service, message.collection, message.id) == ("tests", "talks", "t1")
    assert message.content["day"] == "2026-03-02T12:00:00Z"
    assert message.create_time.ToDatetime() == NOON.replace(tzinfo=None)


async def test_what_services_confirm_about_one_person_are_different_events(world: World) -> None:
    other: Aggregates[Any] = world.database.aggregates(kind_of("others", PersonalDataErased))
    await world.hear("event", NOON)
    world.done, world.erasing = other, Erasing(other, [], world.database.vault, world.database.claims)
    await world.hear("event", NOON)
    found = [
        event["id"]
        for collection in ("erased_by_tests", "erased_by_others")
        async for document in world.done.collection.database[collection].find()
        for event in document["outbox"]
    ]
    assert len(set(found)) == len(found) == 2
