"""Lag, age and progress of the worker, measured outside of what Faust believes.

A consumer can stop fetching without any error; only an end offset that runs away from a standing position
shows it. A broker that does not answer proves nothing about the worker, so it restarts nobody.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.kernel import metrics
from services.kernel.clock import Clock
from services.processor.agents.batch import Digest, Taken

STUCK_SECONDS = 180.0

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(slots=True)
class _Progress:
    """`position`: the next offset to handle. `since`: it moved, or nothing waited, then (both Unix seconds).

    `after`: the record at `position` is younger than this.
    """

    position: int
    since: float
    after: float
    behind: bool = False


class Watch:
    """Counts what was handled and judges progress. `group` labels the counters, `now` gives Unix seconds."""

    def __init__(self, group: str, clock: Clock, now: Callable[[], float] = time.time) -> None:
        self._group = group
        self._clock = clock
        self._now = now
        self._progress: dict[Place, _Progress] = {}

    def assigned(self, places: Sequence[Place]) -> None:
        """Begin anew: positions known so far may belong to another member meanwhile."""
        self._progress.clear()
        metrics.CONSUMER_REBALANCES.inc()
        metrics.CONSUMER_PARTITIONS.set(len(places))
        metrics.CONSUMER_LAG.clear()
        metrics.CONSUMER_LAG_SECONDS.clear()

    def handled(self, records: Sequence[Taken], made: Digest) -> None:
        """Note a batch whose effect is stored."""
        now = self._now()
        for record in records:
            place = (record.topic, record.partition)
            self._progress[place] = _Progress(record.offset + 1, now, record.timestamp / 1000)
        self._count("ok", (record for record, _ in made.heard))
        self._count("skipped", made.skipped)
        self._count("dlq", (record for record, _ in made.dead))
        self._note_age(made)
        metrics.CONSUMER_PROGRESS.set(now)

    def measured(self, positions: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        """Note the end offsets that the broker told; `positions` count where nothing was handled yet."""
        now = self._now()
        for place, end in ends.items():
            known = self._progress.setdefault(place, _Progress(positions[place], now, now))
            waiting = max(0, end - known.position)
            known.behind = waiting > 0
            if not known.behind:
                known.since = known.after = now
            topic, partition = place
            metrics.CONSUMER_LAG.labels(topic, str(partition)).set(waiting)
            metrics.CONSUMER_LAG_SECONDS.labels(topic, str(partition)).set(now - known.after)

    def alive(self) -> bool:
        """Whether no partition has stood still for three minutes with records waiting."""
        oldest = self._now() - STUCK_SECONDS
        return not any(known.behind and known.since < oldest for known in list(self._progress.values()))

    def _count(self, outcome: str, records: Iterable[Taken]) -> None:
        for topic, count in Counter(record.topic for record in records).items():
            metrics.CONSUMER_RECORDS.labels(topic, self._group, outcome).inc(count)

    def _note_age(self, made: Digest) -> None:
        now = self._clock.now()
        for _, event in made.heard:
            age = (now - event.time).total_seconds()
            metrics.EVENT_AGE_SECONDS.labels(event.type).observe(max(0.0, age))
