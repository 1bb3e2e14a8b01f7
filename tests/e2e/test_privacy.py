"""A person's texts through the public APIs, everywhere they might lie; handed out; and forgotten for good."""

import json
from collections.abc import AsyncIterator

import grpc
import pytest

from deploy.local.demo.api import HR, Api, Who, refusal
from deploy.local.demo.story import until
from deploy.local.stack import Stack
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preferences
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people
from tests.e2e.looking import KEEPERS, Dump, command, dump, left, logs, metrics, plain, records, restore
from tests.e2e.writing import ANN, MARK, MO, Texts, World, ask, imported, join, work
from tests.profiles.factories import export, line

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
async def world(platform: Stack) -> AsyncIterator[World]:
    async with Api(platform.state, "privacy") as api:
        made = World(platform, api, Texts("ann"), Texts("mo"))
        await join(made)
        await ask(made)
        await work(made)
        yield made


async def inbox_of(world: World, who: Who) -> list[inbox.Message]:
    parent = world.name(who)
    pages = world.api.pages(world.api.inbox.ListMessages, inbox.ListMessagesRequest(parent=parent), who)
    return [message async for page in pages for message in page.messages]


async def test_a_persons_data_are_sealed_handed_out_and_forgotten_for_good(world: World) -> None:
    """One story, as each part builds on the one before."""
    await until(
        lambda: inbox_of(world, MO),
        lambda got: any(world.ann.said["family"] in one.text for one in got),
        "the message that names Ann",
    )
    backup = await assert_nowhere_readable(world)
    assert {what for _, what in left(backup)} == {"chat", "request id", "digest"}
    of_mo = await assert_handed_out(world)
    entry = await world.erased(ANN)
    assert {part.service for part in entry.parts if part.HasField("confirm_time")} == set(KEEPERS)
    assert (await world.erased(ANN)).name == entry.name
    await assert_forgotten(world)
    assert mine(world, await world.exported(MO, MO)) == mine(world, of_mo)
    ledger = await command(world, "export-erasures")
    assert json.loads(ledger.splitlines()[-1])["person"] == ANN.person
    await restore(world, backup, KEEPERS)
    assert f"{MARK}-ann" not in await world.exported(ANN, HR), "beside today's keys a backup opens nothing"
    await restore(world, backup, [*KEEPERS, *(f"{name}_keys" for name in KEEPERS)])
    await command(world, "replay-erasures", ledger)
    await world.finished(entry.name)
    await assert_forgotten(world)
    await assert_comes_back(world, entry.name, ledger)


async def assert_nowhere_readable(world: World) -> Dump:
    """Look for texts everywhere but in the mails that went out; return what the databases hold."""
    stored = await dump(world)
    assert plain(b"".join(one for documents in stored.values() for one in documents)) == []
    assert plain(await records(world)) == []
    assert plain(logs(world)) == []
    assert plain(await metrics(world)) == []
    return stored


async def assert_handed_out(world: World) -> str:
    """Ann gets her texts whole, of others' texts nothing, and nobody else gets hers; return what Mo gets."""
    told = await world.exported(ANN, ANN)
    assert [text for text in world.ann.said.values() if text not in told] == []
    names = {"given", "family"}  # Mo's name is part of the messages to Ann
    assert [text for what, text in world.mo.said.items() if what not in names and text in told] == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.exported(ANN, MO)
    assert refusal(refused.value) == "NOT_YOUR_DATA"
    return await world.exported(MO, MO)


def mine(world: World, exported: str) -> list[str]:
    """Return Mo's texts in an export, without his question to Ann, which was hers as well."""
    return [text for what, text in world.mo.said.items() if what != "question" and text in exported]


async def assert_comes_back(world: World, erasure: str, ledger: str) -> None:
    """Import the same employee id: a new person, whom the old erasure spares."""
    assert (await imported(world, export(line(1, given_name="Again")))).updated == 1
    back = await world.api.call(world.api.people.GetPerson, people.GetPersonRequest(name=world.name(ANN)))
    assert (back.given_name, back.state) == ("Again", people.Person.STATE_ACTIVE)
    await command(world, "replay-erasures", ledger)
    await world.finished(erasure)
    exported = await world.exported(ANN, ANN)
    assert "Again" in exported
    assert f"{MARK}-ann" not in exported


async def assert_forgotten(world: World) -> None:
    """Ask every service for whatever may still say something of Ann, as HR and as her mentor."""
    person = await world.api.call(world.api.people.GetPerson, people.GetPersonRequest(name=world.name(ANN)))
    assert (person.state, person.given_name, person.email) == (people.Person.STATE_TERMINATED, "", "")
    pair = await world.api.call(
        world.api.mentorships.GetMentorship, mentorships.GetMentorshipRequest(name=world.pair), MO
    )
    assert pair.mentee == world.name(ANN)
    listed = await world.api.call(world.api.goals.ListGoals, goals.ListGoalsRequest(parent=world.pair), MO)
    goal = await world.api.call(world.api.goals.GetGoal, goals.GetGoalRequest(name=listed.goals[0].name), MO)
    assert (goal.title, [note.text for note in goal.progress_notes]) == ("", ["", world.mo.said["progress"]])
    request = preferences.GetPreferencesRequest(name=f"{world.name(ANN)}/preferences")
    assert (await world.api.call(world.api.preferences.GetPreferences, request)).weekly_mails == 0
    assert left(await dump(world)) == []
    shown = [str(item) for item in (pair, goal, *await inbox_of(world, MO))]
    exports = [await world.exported(ANN, HR), await world.exported(MO, MO)]
    assert [text for text in world.ann.said.values() if any(text in one for one in (*shown, *exports))] == []
