"""Records of several topics in the order of their events, each topic's own order kept.

Two topics are fetched beside each other, and after a stop or for a lost table one may be days ahead of the
other. Folding a silence of March before the meeting of February would nudge a pair that has met.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class Merge(Generic[T]):
    """The records of one partition number that wait for their turn, one lane per topic.

    The turn of a record has come when no lane holds an earlier one and no lane that holds none is still to be
    read. Of equal times the topic named first goes first.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self._lanes: dict[str, deque[tuple[datetime, T]]] = {topic: deque() for topic in topics}

    def put(self, topic: str, time: datetime, record: T) -> None:
        """Add the next record of a topic, with the time of its event."""
        self._lanes[topic].append((time, record))

    def waiting(self, topic: str) -> int:
        """Return how many records of a topic wait."""
        return len(self._lanes[topic])

    def __bool__(self) -> bool:
        """Whether any record waits."""
        return any(self._lanes.values())

    def ready(self, ended: Callable[[str], bool]) -> Iterator[T]:
        """Take out, in order, the records whose turn has come; `ended` says that a topic has no more now."""
        if any(not lane and not ended(topic) for topic, lane in self._lanes.items()):
            return
        while full := [
            (lane[0][0], place, topic) for place, (topic, lane) in enumerate(self._lanes.items()) if lane
        ]:
            topic = min(full)[2]
            lane = self._lanes[topic]
            yield lane.popleft()[1]
            if not lane and not ended(topic):
                return
