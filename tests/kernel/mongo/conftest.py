import uuid
from collections.abc import AsyncIterator

import pytest

from services.kernel.clock import FixedClock
from services.kernel.mongo import Aggregates, Database, Projection
from tests import fakes
from tests.kernel.tally import NOON, TALLIES, Tally

Store = Aggregates[Tally] | fakes.Aggregates[Tally]
Copies = Projection[Tally] | fakes.Projection[Tally]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def database(mongo_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    """Make an empty database for one test."""
    async with Database(mongo_url, f"test-{uuid.uuid4()}", clock) as made:
        yield made
        await made.client.drop_database(made.name)
        await made.client.drop_database(f"{made.name}_audit")


BACKENDS = ("memory", pytest.param("mongo", marks=pytest.mark.servers))


@pytest.fixture
async def stored_tallies(database: Database) -> Aggregates[Tally]:
    made = database.aggregates(TALLIES)
    await database.migrate()
    return made


@pytest.fixture
async def stored_copies(database: Database) -> Projection[Tally]:
    made = database.projection("copies", Tally, indexes=(("owner",),))
    await database.migrate()
    return made


@pytest.fixture(params=BACKENDS)
def tallies(request: pytest.FixtureRequest, clock: FixedClock) -> Store:
    """Let the same tests judge the fake and the real store, so the fake is as good as they are."""
    if request.param == "memory":
        return fakes.Aggregates(TALLIES, clock)
    store: Store = request.getfixturevalue("stored_tallies")
    return store


@pytest.fixture(params=BACKENDS)
def copies(request: pytest.FixtureRequest) -> Copies:
    if request.param == "memory":
        return fakes.Projection(Tally)
    store: Copies = request.getfixturevalue("stored_copies")
    return store
