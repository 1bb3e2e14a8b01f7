"""The Faust application around the folds: `pairs` over what the services tell, `people` over what waits."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import faust
from aiokafka.errors import KafkaError

from services.kernel import log
from services.kernel.clock import Clock
from services.kernel.events.dead_letters import DeadLetters
from services.kernel.kafka import Cluster, Received
from services.processor import wire
from services.processor.agents.batch import Pairs, People
from services.processor.agents.effect import Effect
from services.processor.agents.fetching import Transport
from services.processor.agents.intake import Place
from services.processor.agents.patient import Patient, Publish
from services.processor.agents.policies import Policies
from services.processor.agents.quiet import Quiet
from services.processor.agents.reading import Reading, read, read_verdict, read_waiting
from services.processor.agents.rows import SCHEME
from services.processor.agents.station import Part, Station, changelog
from services.processor.agents.timekeeper import TICK_SECONDS, Timekeeper
from services.processor.agents.watch import Watch
from services.processor.domain.facts import Heard

COMMIT_SECONDS = 1.0
SESSION_SECONDS, HEARTBEAT_SECONDS = 10, 3
"""A killed member is missed for this long before its partitions move on."""
MEASURE_SECONDS = 15.0
ANSWER_SECONDS = 5.0

HEARD = tuple(sorted({kind.DESCRIPTOR.file.package for kind in wire.HEARD.values()}))
"""The topics of the services that are read."""


def waiting(app: str) -> str:
    """Return the topic on which nudges and counts wait for their person's verdict."""
    return f"{app}-nudges"


def verdicts(app: str) -> str:
    """Return the topic on which pairs hear what became of their last warnings."""
    return f"{app}-verdicts"


class PartitionsDiffer(Exception):  # noqa: N818 -- a state of the broker, not a mistake in here
    """Topics that must be read together have different partition counts; the text names them."""


class FaustCrashed(Exception):  # noqa: N818 -- what happened
    """A part of Faust ended by itself; the cause says which way."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with."""

    publish: Publish
    policies: Policies
    watch: Watch
    clock: Clock


class Worker:
    """One member of the consumer group `app`; made and started once, inside the running loop.

    `failed` gets the error that stopped the work. What was being handled then stays unacknowledged, so the
    process must end without `stop`, which would wait for it.
    """

    def __init__(self, cluster: Cluster, tools: Tools, app: str = "processor") -> None:
        self.failed: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        self.app = _application(cluster, app)
        self._cluster = cluster
        self._watch = tools.watch
        self._since = time.monotonic()
        pairs, people = Pairs(tools.policies.of, waiting(app)), People(tools.policies.of, verdicts(app))
        self.pairs = self._station(
            Part("pairs", (*HEARD, verdicts(app)), _reader(verdicts(app)), pairs.fold), tools
        )
        self.people = self._station(Part("people", (waiting(app),), read_waiting, people.fold), tools)
        self.timekeeper = Timekeeper(self.pairs, pairs, tools.clock)
        tools.policies.changed = self.timekeeper.doubt
        self.app.timer(TICK_SECONDS, name="timekeeper")(self.tick)
        self.app.on_partitions_assigned.connect(self._assigned, weak=False)
        self.app.on_partitions_revoked.connect(self._revoked, weak=False)
        self.app.on_rebalance_complete.connect(self._recovered, weak=False)

    def _station(self, part: Part, tools: Tools) -> Station:
        publish = Patient(tools.publish).publish
        group = self.app.conf.id
        effect = Effect(publish, DeadLetters(publish, group), changelog(group, part.name))
        station = Station(self.app, part, effect, tools.watch)
        topic = self.app.topic(*part.topics, key_type=bytes, value_type=bytes)

        async def take(_stream: Any) -> None:
            await self.guarded(station.run())

        self.app.agent(topic, name=part.name)(take)
        self.app.transport.takers.update(dict.fromkeys(part.topics, station.intake.put))
        return station

    @property
    def _stations(self) -> tuple[Station, Station]:
        return (self.pairs, self.people)

    @property
    def _sources(self) -> tuple[str, ...]:
        return (*self.pairs.part.topics, *self.people.part.topics)

    async def start(self) -> None:
        """Return when the tables are recovered and records flow. Raises PartitionsDiffer."""
        await self.app.start()
        topics = (*self._sources, *(changelog(self.app.conf.id, one.part.name) for one in self._stations))
        counts = {name: self.app.consumer.topic_partitions(name) for name in topics}
        if len(set(counts.values())) > 1:
            raise PartitionsDiffer(f"partition counts differ: {counts}")

    async def stop(self) -> None:
        """Finish and commit what was taken, then leave the group."""
        await self.app.stop()

    async def broken(self) -> NoReturn:
        """Wait until the work cannot go on, and raise why."""
        crashed = asyncio.create_task(self.app.wait())
        await asyncio.wait((self.failed, crashed), return_when=asyncio.FIRST_COMPLETED)
        crashed.cancel()
        if self.failed.done():
            self.failed.result()
        raise FaustCrashed from self.app.crash_reason

    async def guarded(self, work: Awaitable[None]) -> None:
        """Do `work`; never raise, for Faust acknowledges what a failing agent held."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 -- any error: see above
            if not self.failed.done():
                self.failed.set_exception(error)
            await asyncio.get_running_loop().create_future()

    async def tick(self) -> None:
        """Do what is due; called every second while it runs."""
        await self.guarded(self.timekeeper.tick())

    async def watch(self) -> None:
        """Measure lag every 15 s until cancelled."""
        while True:
            await self.measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def measure(self) -> None:
        """Compare positions with the broker's end offsets; a broker that does not answer teaches nothing."""
        consumer = self.app.consumer
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                places = self._read_of(consumer.assignment())
                ends = await consumer.highwaters(*places)
                positions = {place: await consumer.position(place) for place in places}
        except (KafkaError, TimeoutError):
            return
        self._watch.measured(positions, ends)

    async def _revoked(self, _app: Any, _revoked: Iterable[Place], **_: Any) -> None:
        """Store nothing more: it would reach the change log after the next owner has read that."""
        for station in self._stations:
            await station.quiet()
            station.intake.begin({})
        self.app.consumer.stored.clear()

    async def _assigned(self, _app: Any, _assigned: Iterable[Place], **_: Any) -> None:
        self._since = time.monotonic()

    async def _recovered(self, _app: Any, **_: Any) -> None:
        places = self._read_of(self.app.consumer.assignment())
        starts = await self._starts(places)
        for station in self._stations:
            own = {place: start for place, start in starts.items() if place[0] in station.part.topics}
            await station.rows.restore(self._cluster)
            station.intake.begin(own)
        await self.timekeeper.rebuild()
        self._watch.assigned(places)
        seconds = round(time.monotonic() - self._since, 3)
        rows = sum(len(station.rows.data) for station in self._stations)
        log.get_logger().info("recovered", partitions=len(places), rows=rows, seconds=seconds)

    async def _starts(self, places: list[Place]) -> dict[Place, int]:
        """Go to where reading begins, after what is committed if that is still there, and return it.

        Faust, too, goes back to what is committed, but not where that is nothing: there it would go on after
        records that came and were dropped in the middle of a rebalance.
        """
        if not places:
            return {}
        committed = await self.app.consumer.seek_to_committed()
        first = await self.app.consumer.earliest_offsets(*places)
        starts = {place: max(committed.get(place) or 0, first[place]) for place in places}
        await self.app.consumer.seek_wait(starts)
        return starts

    def _read_of(self, places: Iterable[Place]) -> list[Place]:
        return [place for place in places if place[0] in self._sources]


def _reader(verdicts: str) -> Callable[[Received], Reading[Heard]]:
    return lambda record: read_verdict(record) if record.topic == verdicts else read(record)


def _application(cluster: Cluster, app: str) -> Any:
    made = faust.App(
        app,
        broker=[f"kafka://{server}" for server in cluster.bootstrap.split(",")],
        broker_credentials=credentials(cluster),
        store=f"{SCHEME}://",
        monitor=Quiet(),
        autodiscover=False,
        web_enabled=False,
        datadir=Path(tempfile.gettempdir()) / app,  # Faust makes it at every start; it stays empty
        key_serializer="raw",
        value_serializer="raw",
        table_standby_replicas=0,  # a copy in memory would be read from the beginning again all the same
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=True,
        broker_commit_interval=COMMIT_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        worker_redirect_stdouts=False,
    )
    made.transport = Transport(made.conf.broker_consumer, made)
    return made


def credentials(cluster: Cluster) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """Return how Faust logs in and encrypts; None: neither."""
    if cluster.login is None:
        return None if cluster.tls is None else faust.SSLCredentials(cluster.tls)
    return faust.SASLCredentials(
        username=cluster.login.username,
        password=cluster.login.password,
        mechanism=cluster.login.mechanism,
        ssl_context=cluster.tls,
    )
