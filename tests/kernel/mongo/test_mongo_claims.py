"""A request id stands for one request of its caller, on every backend."""

import asyncio

import pytest

from services.kernel.errors import Invalid
from services.kernel.mongo import Cause, Database, Ref
from services.kernel.mongo import claims as kept
from tests import fakes
from tests.kernel.mongo.conftest import BACKENDS

Claims = kept.Claims | fakes.Claims

FIRST = Cause("request:ann:r-1", digest="one")
OTHER_BODY = Cause("request:ann:r-1", digest="two")
OTHER_CALLER = Cause("request:bob:r-1", digest="two")


@pytest.fixture
async def stored_claims(database: Database) -> kept.Claims:
    await database.migrate()
    return database.claims


@pytest.fixture(params=BACKENDS)
def claims(request: pytest.FixtureRequest) -> Claims:
    """Let the same tests judge the fake and the real one."""
    if request.param == "memory":
        return fakes.Claims()
    stored: kept.Claims = request.getfixturevalue("stored_claims")
    return stored


async def test_an_id_is_new_once(claims: Claims) -> None:
    assert await claims.take("acme", FIRST)
    assert not await claims.take("acme", FIRST)


async def test_an_id_is_refused_for_another_request(claims: Claims) -> None:
    await claims.take("acme", FIRST)
    with pytest.raises(Invalid) as refused:
        await claims.take("acme", OTHER_BODY)
    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert [field for field, _ in refused.value.fields] == ["request_id"]


async def test_callers_and_organizations_do_not_share_ids(claims: Claims) -> None:
    await claims.take("acme", FIRST)
    assert await claims.take("acme", OTHER_CALLER)
    assert await claims.take("globex", OTHER_BODY)


async def test_a_freed_id_is_new_again(claims: Claims) -> None:
    await claims.take("acme", FIRST)
    await claims.free("acme", FIRST)
    assert await claims.take("acme", OTHER_BODY)


async def test_of_many_at_once_one_is_the_first(claims: Claims) -> None:
    answers = await asyncio.gather(*(claims.take("acme", FIRST) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]


@pytest.mark.servers
async def test_ids_are_forgotten_after_a_day(database: Database) -> None:
    """By the server's own clock: the index says after how many seconds."""
    await database.migrate()
    indexes = await database.client[database.name][kept.COLLECTION].index_information()
    assert indexes["ttl"]["expireAfterSeconds"] == 24 * 3600


async def test_of_an_erased_person_no_id_and_no_digest_stays(claims: Claims) -> None:
    """Those of others stay, also of who has an id that begins alike, and of another organization's."""
    others = [("acme", OTHER_CALLER), ("acme", Cause("request:anna:r-1", digest="one")), ("other", FIRST)]
    for tenant, cause in (("acme", FIRST), *others):
        await claims.take(tenant, cause)
    await claims.forget(Ref("acme", "ann"))
    assert await claims.take("acme", OTHER_BODY)
    assert [await claims.take(*other) for other in others] == [False, False, False]
