"""What lies in MongoDB of texts that are marked as somebody's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from services.kernel.clock import FixedClock
from services.kernel.due import Due
from services.kernel.mongo import Aggregates, Cause, Database, Kind, Outcome, Outgoing, Query, Ref, Save
from services.kernel.mongo.unsealed import seal_stored
from services.kernel.personal import ITSELF, Personal
from services.kernel.vault import KeyMissing, Tampered
from tests.harness import MASTER, fresh_database
from tests.kernel import tally
from tests.kernel.tally import NOON

RAW = CodecOptions(RawBSONDocument)
pytestmark = pytest.mark.servers
SECRET = "whom I trust"


@dataclass(frozen=True, slots=True)
class Remark:
    by: str
    text: Annotated[str, Personal("by")]


@dataclass(frozen=True, slots=True)
class Card:
    address: Annotated[str, Personal(ITSELF, searchable=True)]
    remarks: tuple[Remark, ...] = ()
    wake: datetime | None = None
    total: int = 0


def encode(ref: Ref, _: Card, event: Any) -> Outgoing:
    return tally.encode(ref, tally.Tally(""), event)


def ring(card: Card, _: datetime) -> tuple[Card, list[Any]]:
    return replace(card, wake=None, total=card.total + 1), [tally.Added(1)]


CARDS = Kind("cards", Card, encode, due_at=lambda card: card.wake, fire=ring)
ANN, BOB = Ref("acme", "ann"), Ref("acme", "bob")


@pytest.fixture
async def database(mongo_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    async with fresh_database(mongo_url, clock) as made:
        yield made


@pytest.fixture
async def cards(database: Database) -> Aggregates[Card]:
    made = database.aggregates(CARDS)
    await database.migrate()
    return made


async def put(cards: Aggregates[Card], ref: Ref, *remarks: Remark, wake: datetime | None = None) -> None:
    card = Card(f"{ref.id}@acme.example", remarks, wake)
    await cards.create(ref, card, [tally.Opened()], Cause(f"put {ref.id}"))


def saving(ref: Ref, card: Card) -> Save[Card]:
    return Save(ref, lambda _: (card, [tally.Opened()]), Cause("batch"))


async def raw(cards: Aggregates[Any]) -> bytes:
    """Return every byte that a dump of the database would hold."""
    database = cards.collection.database
    found = [
        bytes(document.raw)
        for name in await database.list_collection_names()
        async for document in database.get_collection(name, codec_options=RAW).find()
    ]
    return b"".join(found)


async def test_a_text_comes_back_as_it_was_and_is_nowhere_readable(cards: Aggregates[Card]) -> None:
    await put(cards, ANN, Remark("bob", SECRET))
    assert (await cards.get(ANN)).state == Card("ann@acme.example", (Remark("bob", SECRET),))
    stored = await raw(cards)
    assert SECRET.encode() not in stored
    assert b"ann@acme.example" not in stored


async def test_every_way_to_read_opens_it(cards: Aggregates[Card]) -> None:
    await put(cards, ANN, Remark("bob", SECRET))
    expected = (await cards.get(ANN)).state
    assert (await cards.get_many("acme", ["ann"]))["ann"].state == expected
    page = await cards.list("acme", Query())
    assert [item.state for _, item in page.items] == [expected]


async def test_every_way_to_save_seals_it(cards: Aggregates[Card], database: Database) -> None:
    await put(cards, ANN, Remark("ann", SECRET), wake=NOON)
    await cards.change(ANN, lambda card: (replace(card, total=1), [tally.Added(1)]), Cause("change"))
    changed = replace((await cards.get(ANN)).state, total=2)
    saves = [saving(ANN, changed), saving(BOB, Card("bob@acme.example"))]
    assert list(await cards.apply_many("acme", saves)) == [Outcome.UPDATED, Outcome.CREATED]
    assert await Due(database, [cards], FixedClock(NOON)).fire(cards) == 1
    assert (await cards.get(ANN)).state == Card("ann@acme.example", (Remark("ann", SECRET),), None, 3)
    stored = await raw(cards)
    assert all(text not in stored for text in (SECRET.encode(), b"@acme.example"))


async def test_a_text_is_found_as_a_whole(cards: Aggregates[Card]) -> None:
    for ref in (ANN, BOB, Ref("other", "ann")):
        await put(cards, ref)
    wanted = {"$in": ["ann@acme.example", "nobody@acme.example"]}
    assert [key for key, _ in (await cards.list("acme", Query({"address": wanted}))).items] == ["ann"]
    one = Query({"address": "bob@acme.example", "total": 0})
    assert [key for key, _ in (await cards.list("acme", one)).items] == ["bob"]
    assert not (await cards.list("acme", Query({"address": "bob@acme.example", "total": 1}))).items


async def test_the_same_text_looks_different_in_another_organization(cards: Aggregates[Card]) -> None:
    await put(cards, ANN)
    await put(cards, Ref("other", "ann"))
    digests = [document["state"]["_index"]["address"] async for document in cards.collection.find()]
    assert len(set(digests)) == 2


async def test_with_its_authors_key_a_text_is_gone_and_the_rest_stays(
    cards: Aggregates[Card], database: Database, clock: FixedClock
) -> None:
    await put(cards, ANN, Remark("bob", SECRET), Remark("ann", "mine"))
    assert database.vault
    await database.vault.destroy("acme/bob", clock.now())
    assert (await cards.get(ANN)).state.remarks == (Remark("bob", ""), Remark("ann", "mine"))


async def test_what_was_copied_before_stays_unreadable_also_under_a_new_key(
    cards: Aggregates[Card], database: Database, clock: FixedClock
) -> None:
    await put(cards, ANN, Remark("bob", SECRET))
    copy = await cards.collection.find_one({"_id": ANN.key})
    assert database.vault
    assert copy
    await database.vault.destroy("acme/bob", clock.now())
    clock.advance(timedelta(days=1))
    await put(cards, BOB, Remark("bob", "I am back"))
    await cards.collection.replace_one({"_id": ANN.key}, copy)
    assert (await cards.get(ANN)).state.remarks == (Remark("bob", ""),)
    assert (await cards.get(BOB)).state.remarks == (Remark("bob", "I am back"),)


async def test_lost_keys_are_an_error_and_nothing_is_saved_over_what_they_open(
    cards: Aggregates[Card], database: Database, mongo_url: str
) -> None:
    await put(cards, ANN)
    await database.keys.collection.delete_many({})
    async with Database(mongo_url, database.name, FixedClock(NOON), MASTER) as later:
        with pytest.raises(KeyMissing):
            await later.aggregates(CARDS).get(ANN)


async def test_texts_cannot_be_moved_to_another_place(cards: Aggregates[Card]) -> None:
    await put(cards, ANN, Remark("ann", SECRET))
    document = await cards.collection.find_one({"_id": ANN.key})
    assert document
    moved = {"state.address": document["state"]["remarks"][0]["text"]}
    await cards.collection.update_one({"_id": ANN.key}, {"$set": moved})
    with pytest.raises(Tampered):
        await cards.get(ANN)


async def test_one_unreadable_timer_does_not_keep_others_from_firing(
    cards: Aggregates[Card], database: Database
) -> None:
    await put(cards, ANN, wake=NOON)
    await put(cards, BOB, wake=NOON)
    await cards.collection.update_one({"_id": ANN.key}, {"$set": {"state.address": b"\x01" + b"x" * 60}})
    assert await Due(database, [cards], FixedClock(NOON)).fire(cards) == 2
    assert (await cards.get(BOB)).state.total == 1


async def test_what_was_stored_before_texts_were_sealed_is_read_found_and_sealed_when_saved(
    cards: Aggregates[Card], database: Database, mongo_url: str
) -> None:
    async with Database(mongo_url, database.name, FixedClock(NOON)) as before:
        await put(before.aggregates(CARDS), ANN, Remark("bob", SECRET))
    assert SECRET.encode() in await raw(cards)
    asked = Query({"address": {"$in": ["ann@acme.example"]}})
    assert [key for key, _ in (await cards.list("acme", asked)).items] == ["ann"]
    assert (await cards.get(ANN)).state.remarks[0].text == SECRET
    await cards.change(ANN, lambda card: (card, [tally.Added(0)]), Cause("any"))
    assert SECRET.encode() not in await raw(cards)


async def test_all_that_was_stored_before_is_sealed_without_a_new_version(
    cards: Aggregates[Card], database: Database, mongo_url: str
) -> None:
    async with Database(mongo_url, database.name, FixedClock(NOON)) as before:
        old = before.aggregates(CARDS)
        for number in range(5):
            await put(old, Ref("acme", f"p{number}"), Remark("bob", SECRET))
        stored = [item async for item in old.collection.find()]
    assert await seal_stored(cards) == 5
    assert await seal_stored(cards) == 0
    assert SECRET.encode() not in await raw(cards)
    for document in stored:
        found = await cards.get(Ref("acme", document["id"]))
        assert found.state.remarks == (Remark("bob", SECRET),)
        assert (found.version, found.update_time) == (document["version"], document["update_time"])


async def test_a_copy_of_what_others_told_may_hold_no_personal_texts(database: Database) -> None:
    with pytest.raises(TypeError, match="Card"):
        database.projection("copies", Card)
