"""What is used in a day is counted over all processes, on every backend."""

import asyncio

import pytest

from services.kernel.mongo import Database
from services.kernel.mongo import usage as kept
from services.kernel.mongo.usage import Use
from tests import fakes
from tests.kernel.mongo.conftest import BACKENDS

Usage = kept.Usage | fakes.Usage
KUDOS = Use("acme", "kudos/ada")


@pytest.fixture
async def stored_usage(database: Database) -> kept.Usage:
    await database.migrate()
    return database.usage


@pytest.fixture(params=BACKENDS)
def usage(request: pytest.FixtureRequest) -> Usage:
    """Let the same tests judge the fake and the real one."""
    if request.param == "memory":
        return fakes.Usage()
    stored: kept.Usage = request.getfixturevalue("stored_usage")
    return stored


async def test_no_more_is_taken_than_there_is_however_many_come_at_once(usage: Usage) -> None:
    taken = await asyncio.gather(*(usage.take(KUDOS, 5) for _ in range(20)))
    assert sum(taken) == 5
    assert not await usage.take(KUDOS, 5)
    assert await usage.take(KUDOS, 6)


async def test_what_is_given_back_can_be_taken_again(usage: Usage) -> None:
    assert await usage.take(KUDOS, 1)
    await usage.give_back(KUDOS)
    assert await usage.take(KUDOS, 1)


async def test_organizations_callers_and_kinds_are_counted_apart(usage: Usage) -> None:
    assert await usage.take(KUDOS, 1)
    for other in (Use("globex", "kudos/ada"), Use("acme", "kudos/bob"), Use("acme", "reports/ada")):
        assert await usage.take(other, 1)


async def test_counts_of_several_processes_add_up(usage: Usage) -> None:
    calls, others = Use("acme", "calls/ada"), Use("acme", "calls/bob")
    assert await usage.add(kept.today(), {calls: 3, others: 1}) == {calls: 3, others: 1}
    assert await usage.add(kept.today(), {calls: 4}) == {calls: 7}
    assert await usage.add(kept.today(), {}) == {}
