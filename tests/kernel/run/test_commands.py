"""What a service does once and ends."""

import uuid

import pytest

from services.kernel.probes import Health
from services.kernel.run import Resources, Service
from services.kernel.run.commands import carry_out, migration
from services.kernel.run.resources import opened
from services.profiles.store import PEOPLE
from tests.kernel.rpc.conftest import settings


@pytest.mark.servers
async def test_migrate_makes_the_indexes_that_serving_would_wait_for(
    mongo_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = settings(mongo_url=mongo_url, service=f"migrate_{uuid.uuid4().hex[:8]}")

    def build(_: object, resources: Resources) -> Service:
        return Service(name="profiles", kinds=[resources.database.aggregates(PEOPLE)])

    assert await carry_out(fresh, migration(build)) == 0
    assert "every index" in capsys.readouterr().out
    async with opened(fresh, Health()) as resources:
        made = await resources.database.client[fresh.service][PEOPLE.collection].index_information()
        await resources.database.client.drop_database(fresh.service)
    assert {"pending", "due"} <= set(made)
