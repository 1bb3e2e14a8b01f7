"""Counts what the worker handled and feeds the judge of its progress, outside of what Faust believes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.kernel import metrics
from services.kernel.clock import Clock
from services.kernel.events.progress import Partition, Progress, Seen
from services.processor.agents.batch import Digest, Taken

Place = tuple[str, int]
"""Topic and partition."""


class Watch:
    """What became of records, and where each partition stands. `group` labels the counters."""

    def __init__(self, group: str, clock: Clock, progress: Progress | None = None) -> None:
        self._group = group
        self._clock = clock
        self._progress = progress or Progress()
        self._next: dict[Place, int] = {}
        self._done: Counter[Place] = Counter()

    def assigned(self, places: Sequence[Place]) -> None:
        """Begin anew: another member may have moved what was known here."""
        self._next.clear()
        metrics.CONSUMER_REBALANCES.inc()
        metrics.CONSUMER_PARTITIONS.set(len(places))

    def handled(self, records: Sequence[Taken], made: Digest) -> None:
        """Note a batch whose effect is stored."""
        for record in records:
            place = (record.topic, record.partition)
            self._next[place] = record.offset + 1
            self._done[place] += 1
        self._count("ok", (record for record, _ in made.heard))
        self._count("skipped", made.skipped)
        self._count("dlq", (record for record, _ in made.dead))
        self._note_age(made)
        metrics.CONSUMER_PROGRESS.set_to_current_time()

    def measured(self, positions: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        """Note the end offsets that the broker told; `positions` count where nothing was handled yet."""
        self._progress.observe(
            {
                Partition(*place): Seen(end, self._next.get(place, positions[place]), self._done[place], None)
                for place, end in ends.items()
            }
        )

    def alive(self) -> bool:
        """Whether no partition has stood still for three minutes with records waiting."""
        return not self._progress.stuck()

    def _count(self, outcome: str, records: Iterable[Taken]) -> None:
        for topic, count in Counter(record.topic for record in records).items():
            metrics.CONSUMER_RECORDS.labels(topic, self._group, outcome).inc(count)

    def _note_age(self, made: Digest) -> None:
        now = self._clock.now()
        for _, event in made.heard:
            age = (now - event.time).total_seconds()
            metrics.EVENT_AGE_SECONDS.labels(event.type).observe(max(0.0, age))
