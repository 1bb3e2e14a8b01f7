"""Records of several topics in the order in which they were written, each topic's own order kept.

Two topics are fetched beside each other, and after a stop or for a lost table one may be days ahead of the
other. Folding a silence of March before the meeting of February would nudge a pair that has met. What counts
is when a record was written, not when its event happened: so did a worker see it that kept up, late events
late, and whoever folds the log again decides the same.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Merge(Generic[T]):
    """The records of one partition number that wait for their turn, one lane per topic.

    The turn of a record has come when no lane holds an earlier one and no lane that holds none is still to be
    read. Of equal moments the topic named first goes first.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self._lanes: dict[str, deque[tuple[Any, T]]] = {topic: deque() for topic in topics}

    def put(self, topic: str, moment: Any, record: T) -> None:
        """Add the next record of a topic; moments of all topics can be compared."""
        self._lanes[topic].append((moment, record))

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
        while full := sorted(
            (lane[0][0], place, topic) for place, (topic, lane) in enumerate(self._lanes.items()) if lane
        ):
            (_, place, topic), *others = full
            lane = self._lanes[topic]
            while lane and (not others or (lane[0][0], place) < others[0][:2]):
                yield lane.popleft()[1]
            if not lane and not ended(topic):
                return
