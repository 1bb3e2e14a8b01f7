"""Counts what the worker handled and feeds the judge of its progress, outside of what Faust believes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.kernel import metrics
from services.kernel.clock import Clock
from services.kernel.events.progress import Partition, Progress, Seen
from services.processor.agents.intake import Place
from services.processor.agents.reading import Reading


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

    def handled(self, readings: Sequence[Reading[Any]]) -> None:
        """Note a batch whose effect is stored."""
        places = [(reading.record.topic, reading.record.partition) for reading in readings]
        self._done.update(places)
        ends = zip(places, (reading.record.offset + 1 for reading in readings), strict=True)
        self._next.update(ends)
        outcomes = Counter((reading.record.topic, reading.outcome) for reading in readings)
        for (topic, outcome), count in outcomes.items():
            metrics.CONSUMER_RECORDS.labels(topic, self._group, outcome).inc(count)
        self._note_age(readings)
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

    def _note_age(self, readings: Iterable[Reading[Any]]) -> None:
        now = self._clock.now()
        times: defaultdict[str, list[datetime]] = defaultdict(list)
        for reading in readings:
            if reading.said is not None:
                times[reading.said.event.type].append(reading.said.event.time)
        for kind, moments in times.items():
            ages = metrics.EVENT_AGE_SECONDS.labels(kind)
            for moment in moments:
                ages.observe(max(0.0, (now - moment).total_seconds()))
