"""The vault over every store of keys: in memory and in MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Database
from services.kernel.vault import KeyMissing, Master, Store, Vault
from services.kernel.vault.vault import REMEMBERED_SECONDS
from tests.fakes import KeyStore
from tests.harness import MASTER, fresh_database
from tests.kernel.conftest import Seconds
from tests.kernel.tally import NOON

ANN, BOB = "acme/ann", "acme/bob"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def database(mongo_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    async with fresh_database(mongo_url, clock) as made:
        yield made


@pytest.fixture(params=["memory", pytest.param("mongo", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest, clock: FixedClock) -> Store:
    if request.param == "memory":
        return KeyStore(clock)
    kept: Database = request.getfixturevalue("database")
    return kept.keys


@pytest.fixture
def vault(store: Store, seconds: Seconds) -> Vault:
    return Vault(MASTER, store, seconds)


async def test_a_key_is_made_once_and_is_the_same_for_every_process(vault: Vault, store: Store) -> None:
    first = await vault.making((ANN, BOB))
    again = await Vault(MASTER, store).making((ANN, BOB))
    assert first[ANN].raw == again[ANN].raw != first[BOB].raw
    assert first[ANN].id == again[ANN].id != first[BOB].id


async def test_processes_that_make_a_key_at_once_agree(store: Store) -> None:
    made = await asyncio.gather(*(Vault(MASTER, store).making((ANN,)) for _ in range(8)))
    assert len({found[ANN].raw for found in made}) == 1


async def test_nobody_is_given_a_key_by_looking(vault: Vault) -> None:
    assert (await vault.keys((ANN,)))[ANN].present is None


async def test_a_destroyed_key_is_known_to_be_gone_and_a_new_one_can_be_made(
    vault: Vault, clock: FixedClock
) -> None:
    old = (await vault.making((ANN,)))[ANN]
    await vault.destroy(ANN, clock.now())
    keys = (await vault.keys((ANN,)))[ANN]
    assert keys.present is None
    assert keys.by_id(old.id) is None
    new = (await vault.making((ANN,)))[ANN]
    assert new.id != old.id
    assert (await vault.keys((ANN,)))[ANN].by_id(old.id) is None


async def test_a_repeated_erasure_spares_a_key_made_since(vault: Vault, clock: FixedClock) -> None:
    await vault.making((ANN,))
    erased = clock.now()
    await vault.destroy(ANN, erased)
    clock.advance(timedelta(days=1))
    new = (await vault.making((ANN,)))[ANN]
    assert await vault.has_newer(ANN, erased)
    assert not await vault.has_newer(ANN, clock.now())
    await vault.destroy(ANN, erased)
    assert (await vault.making((ANN,)))[ANN].id == new.id


async def test_of_somebody_unknown_there_is_nothing_to_destroy(vault: Vault, clock: FixedClock) -> None:
    await vault.destroy(ANN, clock.now())
    assert not await vault.has_newer(ANN, clock.now())
    assert (await vault.keys((ANN,)))[ANN].present is None


async def test_others_keep_their_keys(vault: Vault, clock: FixedClock) -> None:
    before = (await vault.making((ANN, BOB)))[BOB]
    await vault.destroy(ANN, clock.now())
    assert (await vault.making((BOB,)))[BOB].id == before.id


async def test_another_process_forgets_a_destroyed_key_within_a_minute(
    vault: Vault, store: Store, clock: FixedClock, seconds: Seconds
) -> None:
    await vault.making((ANN,))
    await Vault(MASTER, store).destroy(ANN, clock.now())
    seconds.now += REMEMBERED_SECONDS
    assert vault.remembered((ANN,)) is None
    assert (await vault.keys((ANN,)))[ANN].present is None


async def test_a_key_that_nobody_knows_of_is_missing_not_gone(vault: Vault) -> None:
    await vault.making((ANN,))
    with pytest.raises(KeyMissing):
        (await vault.keys((ANN,)))[ANN].by_id(b"unknown!")


async def test_keys_are_wrapped_anew_by_a_new_master(store: Store) -> None:
    old, new = bytes(range(32)), bytes(range(7, 39))
    made = (await Vault(Master([old]), store).making((ANN, BOB)))[ANN]
    assert await Vault(Master([new, old]), store).rewrap() == 2
    assert await Vault(Master([new, old]), store).rewrap() == 0
    assert (await Vault(Master([new]), store).making((ANN,)))[ANN].raw == made.raw
