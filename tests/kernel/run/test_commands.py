"""What a service does once and ends."""

import uuid
from pathlib import Path

import pytest

from services.kernel.probes import Health
from services.kernel.run import Command, Resources, Service
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


@pytest.mark.servers
async def test_what_a_command_says_replaces_a_file_at_once(
    mongo_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "said"
    output.write_text("an hour ago")
    seen = []

    async def say(_: Resources) -> str:
        seen.append(output.read_text())
        return "now"

    command = Command("say something", say)
    assert await carry_out(settings(mongo_url=mongo_url), command, output) == 0
    assert (seen, output.read_text(), capsys.readouterr().out) == (["an hour ago"], "now\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["said"]  # noqa: ASYNC240 -- nobody else waits
