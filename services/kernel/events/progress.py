"""How far behind a consumer is and whether it still moves.

A wedged client shows no error, and its own high-water marks stand still with it: only end offsets that were
asked for afresh tell. A broker that does not answer makes nobody stuck, and neither does an idle partition.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.kernel import metrics

STUCK_SECONDS: Final = 180.0
_LONGEST_GAP: Final = 30.0
"""Time between two looks counts as waiting up to this; more means that no broker answered meanwhile."""


class Partition(NamedTuple):
    """A partition of a topic, equal to the client's own."""

    topic: str
    partition: int


class Seen(NamedTuple):
    """What is known of one partition: where it ends, what is next, how much was done, when next was written.

    `done` counts every outcome of a record, retries included. `written` is in seconds since 1970, None when
    nothing is in hand.
    """

    end: int
    next: int
    done: int
    written: float | None


@dataclass(slots=True)
class _Track:
    mark: tuple[int, int]
    waited: float = 0.0


class Progress:
    """Judges what a side task sees every few seconds."""

    def __init__(
        self,
        *,
        limit: float = STUCK_SECONDS,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._limit = limit
        self._now = now
        self._wall = wall
        self._tracks: dict[Partition, _Track] = {}
        self._looked = now()

    def observe(self, seen: Mapping[Partition, Seen]) -> None:
        """Take what is true now of all assigned partitions."""
        now = self._now()
        passed, self._looked = min(_LONGEST_GAP, now - self._looked), now
        self._forget(set(self._tracks) - set(seen))
        for partition, facts in seen.items():
            self._observe(partition, facts, passed)

    def _observe(self, partition: Partition, facts: Seen, passed: float) -> None:
        lag = max(0, facts.end - facts.next)
        track = self._tracks.get(partition)
        mark = (facts.next, facts.done)
        if track is None or track.mark != mark or lag == 0:
            track = self._tracks[partition] = _Track(mark)
        else:
            track.waited += passed
        age = track.waited if facts.written is None else max(0.0, self._wall() - facts.written)
        labels = (partition.topic, str(partition.partition))
        metrics.CONSUMER_LAG.labels(*labels).set(lag)
        metrics.CONSUMER_LAG_SECONDS.labels(*labels).set(age if lag else 0)

    def _forget(self, gone: Collection[Partition]) -> None:
        for partition in gone:
            del self._tracks[partition]
            for gauge in (metrics.CONSUMER_LAG, metrics.CONSUMER_LAG_SECONDS):
                gauge.remove(partition.topic, str(partition.partition))

    def stuck(self) -> list[Partition]:
        """Return the partitions that were behind and without any outcome for too long, when last observed."""
        return [partition for partition, track in self._tracks.items() if track.waited > self._limit]
