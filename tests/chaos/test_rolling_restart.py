"""A rolling restart of everything under load: one replica after the other stops and comes back, unnoticed."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient

from deploy.kafka import topics
from deploy.local import kafka
from deploy.local.demo import meeting, story
from deploy.local.demo.__main__ import settled, tell
from deploy.local.demo.api import HR, Api, Who
from deploy.local.demo.audit import Ledger, whole
from deploy.local.demo.story import Story
from deploy.local.folder import State
from deploy.local.stack import Stack
from services.kernel import ids
from services.kernel.events.dead_letters import SUFFIX
from services.kernel.rpc import client
from services.pb.mentoring.matching.v1.program_service_pb2 import ListProgramsRequest
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import ListMentorshipsRequest
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import ListMessagesRequest
from services.pb.mentoring.profiles.v1.person_service_pb2 import ListPeopleRequest
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import ListRecognitionsRequest
from services.pb.mentoring.scheduling.v1.meeting_service_pb2 import ListMeetingsRequest
from tests.chaos.fleet import Fleet, Replica, both_loopbacks, running
from tests.chaos.nemesis import some_people

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.apache,  # two members of one group rebalance
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not both_loopbacks(), reason="needs 127.0.0.1 and ::1, the two addresses of one name"),
]
DEAD = [
    TopicPartition(topic.name, number)
    for topic in topics.load()
    if topic.name.endswith(SUFFIX)
    for number in range(topic.partitions)
]
PEOPLE = 20
CALL_SECONDS = 60.0
"""A busy machine is no failure."""
PATIENCE_SECONDS = 600.0
KNOCKING = (("grpc.max_reconnect_backoff_ms", 1_000),)
"""In a cluster a new replica has an address of its own; here it has that of the old one, which refused."""
BETWEEN_READS_SECONDS = 0.2
ASSIGNED = re.compile(r"^kafka_consumer_assigned_partitions [1-9]", re.MULTILINE)


class Portal(Api):
    """Calls as callers are told to: both replicas by one name, tried again by gRPC and by nobody else."""

    async def call(self, method: Callable[..., Any], request: Any, who: Who = HR) -> Any:
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = ids.new_id()
        self.calls += 1
        return await method(request, timeout=CALL_SECONDS, metadata=await self.metadata(who))

    def _channel(self, service: str) -> grpc.aio.Channel:
        channel = grpc.aio.insecure_channel(self.places.grpc[service], options=(*client.OPTIONS, *KNOCKING))
        self._channels.append(channel)
        return channel


class Silent:
    """A screen that shows nothing, and its bars."""

    def bar(self, _title: str, _total: int) -> "Silent":
        return self

    def step(self, by: int = 1) -> None: ...

    def counting(self, _title: str) -> Callable[[int, int], None]:
        return lambda _done, _total: None

    def said(self, step: str, **counts: int) -> None: ...


class Load:
    """Whole stories, one organization after the other, and reads of every service all the while."""

    def __init__(self, places: State) -> None:
        self.ledgers: list[Ledger] = []
        self._places = places
        self._over = asyncio.Event()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Call until the block ends, then to the end of the story. The first call that fails is raised."""
        async with Portal(self._places, "readers") as readers, asyncio.TaskGroup() as group:
            group.create_task(self._stories())
            for read in _reads(readers):
                group.create_task(self._again(read))
            try:
                yield
            finally:
                self._over.set()

    async def _stories(self) -> None:
        while not self._over.is_set():
            async with Portal(self._places, f"acme-{len(self.ledgers)}") as api:
                told = Story(api, Silent(), Path(self._places.clock_file))
                await tell(told, some_people(PEOPLE))
                self.ledgers.append(await settled(api, told, Silent()))

    async def _again(self, read: Callable[[], Awaitable[Any]]) -> None:
        while not self._over.is_set():
            await read()
            await asyncio.sleep(BETWEEN_READS_SECONDS)


def _reads(api: Portal) -> list[Callable[[], Awaitable[Any]]]:
    """Return a read of every service that answers calls."""
    org, everyone = api.parent, f"{api.parent}/people/-"
    return [
        lambda: api.call(api.people.ListPeople, ListPeopleRequest(parent=org)),
        lambda: api.call(api.programs.ListPrograms, ListProgramsRequest(parent=org)),
        lambda: api.call(api.mentorships.ListMentorships, ListMentorshipsRequest(parent=org)),
        lambda: api.call(api.meetings.ListMeetings, ListMeetingsRequest(parent=f"{org}/mentorships/-")),
        lambda: api.call(api.inbox.ListMessages, ListMessagesRequest(parent=everyone)),
        lambda: api.call(api.recognition.ListRecognitions, ListRecognitionsRequest(parent=everyone)),
    ]


async def at_work(replica: Replica) -> None:
    """Return once a replica has answered a call, or, where nobody calls, has partitions. TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            figures = await replica.figures()
            if 'grpc_method="List' in figures or (replica.hears_only and ASSIGNED.search(figures)):
                return
            await asyncio.sleep(0.1)


async def roll(fleet: Fleet) -> None:
    """Restart every service at once, as a rollout does: of each one replica after the other."""
    async with asyncio.TaskGroup() as rollout:
        for replicas in fleet.replicas.values():
            rollout.create_task(_restarted(replicas))


async def _restarted(replicas: Sequence[Replica]) -> None:
    """Each stops in order, and works again before the next one stops."""
    for replica in replicas:
        await at_work(replica)
    for replica in replicas:
        assert await replica.stop() == 0, replica.name
        await replica.start()
        await at_work(replica)


async def committed(mongo_url: str) -> set[str]:
    """Return the ids of all events that aggregates ever told: one for each version."""
    found = set()
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as mongo:
        for name in await mongo.list_database_names():
            for collection in await mongo[name].list_collection_names():
                aggregates = mongo[name][collection].find({"outbox": {"$exists": True}}, {"version": 1})
                async for one in aggregates:
                    told = range(1, one["version"] + 1)
                    found |= {ids.derived_id(collection, one["_id"], str(version)) for version in told}
    return found


async def published(bootstrap: str) -> set[str]:
    """Return the ids of all events in the topics; readers drop one that lies there twice."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        return {dict(record.headers)["ce_id"].decode() async for record in whole(consumer)}


async def dead_letters(bootstrap: str) -> int:
    """Return how many records were set aside."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        return sum((await consumer.end_offsets(DEAD)).values())


async def all_published(places: State) -> None:
    """Return once the topics hold all that was committed. TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        expected, found = await committed(places.mongo), set[str]()
        while not expected <= found:
            await asyncio.sleep(1)
            found = await published(places.kafka)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stories wait longer for an effect: a cohort that is cut off by a restart is computed anew."""
    for module in (story, meeting):
        monkeypatch.setattr(module, "WAIT", PATIENCE_SECONDS * 2)


async def test_a_rolling_restart_of_everything_fails_no_call_and_loses_and_doubles_no_event(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    broker = kafka.Kind(pytestconfig.getoption("kafka"))
    async with Stack(tmp_path, on="free", broker=broker, services=()) as servers, running(servers) as fleet:
        load = Load(fleet.places)
        async with load.going_on():
            await roll(fleet)
        await all_published(fleet.places)
        assert await dead_letters(fleet.places.kafka) == 0
    assert len(load.ledgers) > 0
    for ledger in load.ledgers:
        assert set(ledger.differences().values()) == {(0, 0)}, ledger.differences()
        assert len(ledger.missed) > 0
        assert len(ledger.completed) > 0
