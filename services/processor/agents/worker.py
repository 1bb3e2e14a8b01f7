"""The Faust application around the folds: one agent over every heard topic, one table.

The order in a batch is what makes a crash harmless. Decisions are acknowledged by the broker before the
table says that their cause is handled, and the table's change log before Faust may commit the offsets: dying
in between decides again, with the same ids, and forgets nothing.
"""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import faust
from aiokafka.errors import KafkaError

from services.kernel.crash import crash_point
from services.kernel.events import encode
from services.kernel.events.dead_letters import DeadLetters, Failure
from services.kernel.kafka import Record
from services.processor import wire
from services.processor.agents.batch import Digest, Taken, digest
from services.processor.agents.patient import Patient, Publish
from services.processor.agents.watch import Place, Watch

BATCH = 500
WITHIN_SECONDS = 0.05
COMMIT_SECONDS = 1.0
SESSION_SECONDS, HEARTBEAT_SECONDS = 10, 3
"""A killed member is missed for this long before its partitions move on."""
MEASURE_SECONDS = 15.0
ANSWER_SECONDS = 5.0

HEARD = tuple(sorted({kind.DESCRIPTOR.file.package for kind in wire.HEARD.values()}))
"""The topics read; those and the change log have equal partition counts."""


def changelog(app: str) -> str:
    """Return the topic that the table is rebuilt from; Faust makes the name."""
    return f"{app}-pairs-changelog"


class PartitionsDiffer(Exception):  # noqa: N818 -- a state of the broker, not a mistake in here
    """Topics that must be read together have different partition counts; the text names them."""


class FaustCrashed(Exception):  # noqa: N818 -- what happened
    """A part of Faust ended by itself; the cause says which way."""


class Worker:
    """One member of the consumer group `app`; made and started once, inside the running loop.

    `failed` gets the error that stopped the work. What was being handled then stays unacknowledged, so the
    process must end without `stop`, which would wait for it.
    """

    def __init__(self, bootstrap: str, publish: Publish, watch: Watch, app: str = "processor") -> None:
        self.failed: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        self.app = _application(bootstrap, app)
        self._changelog = changelog(app)
        self._publish = Patient(publish).publish
        self._dead_letters = DeadLetters(self._publish, app)
        self._watch = watch
        self._table = self.app.Table("pairs", key_type=bytes, value_type=bytes, use_partitioner=True)
        topic = self.app.topic(*HEARD, key_type=bytes, value_type=bytes)
        self.app.agent(topic, name="pairs")(self._react)
        self.app.on_partitions_assigned.connect(self._assigned, weak=False)

    async def start(self) -> None:
        """Return when the table is recovered and records flow. Raises PartitionsDiffer."""
        await self.app.start()
        counts = {name: self.app.consumer.topic_partitions(name) for name in (*HEARD, self._changelog)}
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

    async def _react(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN_SECONDS):
            await self.handle([_taken(event.message) for event in events])

    async def handle(self, records: Sequence[Taken]) -> None:
        """Return once the effect is stored; never raise, for Faust acknowledges what a failing agent held."""
        try:
            made = digest(records, self._table.data)
            await self._effect(made)
            self._watch.handled(records, made)
        except Exception as error:  # noqa: BLE001 -- any error: see above
            self.failed.set_exception(error)
            await asyncio.Event().wait()

    async def _effect(self, made: Digest) -> None:
        now = datetime.now(UTC)
        await self._publish([encode(event) for event in made.told])
        for record, poison in made.dead:
            await self._dead_letters.bury(record, Failure(poison.reason, now))
        crash_point("after_told_before_table")
        await self._publish([Record(self._changelog, key, value) for key, value in made.pairs.items()])
        self._table.data.update(made.pairs)
        crash_point("after_effect_before_commit")

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
                places = _sources(consumer.assignment())
                ends = await consumer.highwaters(*places)
                positions = {place: await consumer.position(place) for place in places}
        except (KafkaError, TimeoutError):
            return
        self._watch.measured(positions, ends)

    async def _assigned(self, _app: Any, assigned: Iterable[Place], **_: Any) -> None:
        self._watch.assigned(_sources(assigned))


def _sources(places: Iterable[Place]) -> list[Place]:
    return [place for place in places if place[0] in HEARD]


def _taken(message: Any) -> Taken:
    milliseconds = int(message.timestamp * 1000)
    place = (message.topic, message.partition, message.offset)
    return Taken(*place, milliseconds, message.key, message.value, message.headers or ())


def _application(bootstrap: str, app: str) -> Any:
    return faust.App(
        app,
        broker=[f"kafka://{server}" for server in bootstrap.split(",")],
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        datadir=Path(tempfile.gettempdir()) / app,  # Faust makes it at every start; it stays empty
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=True,
        broker_commit_interval=COMMIT_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        worker_redirect_stdouts=False,
    )
