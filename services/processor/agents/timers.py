"""When something is due for which key, so that it happens although no event comes."""

from collections import defaultdict
from datetime import datetime
from heapq import heappop, heappush


class Timers:
    """The due times of keys by partition, in memory: rebuilt from the table whenever that is recovered.

    A key that is put off again and again, as every event does, keeps one place in the heap: it is looked at
    there, and moved, when its old time comes.
    """

    def __init__(self) -> None:
        self._due: dict[bytes, datetime] = {}
        self._placed: dict[bytes, datetime] = {}
        self._heaps: defaultdict[int, list[tuple[datetime, bytes]]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._due)

    @property
    def places(self) -> int:
        """Return how many places the heaps hold."""
        return sum(map(len, self._heaps.values()))

    def set(self, partition: int, key: bytes, due: datetime | None) -> None:
        """Note when a key is due next, None for never."""
        if due is None:
            self._due.pop(key, None)
            return
        self._due[key] = due
        placed = self._placed.get(key)
        if placed is None or due < placed:
            self._place(partition, key, due)

    def _place(self, partition: int, key: bytes, due: datetime) -> None:
        self._placed[key] = due
        heappush(self._heaps[partition], (due, key))

    def take(self, partition: int, until: datetime, limit: int) -> list[bytes]:
        """Take out keys that are due, the earliest first; `set` them again once they are dealt with."""
        heap, found = self._heaps[partition], list[bytes]()
        while heap and heap[0][0] <= until and len(found) < limit:
            at, key = heappop(heap)
            if self._placed.get(key) != at:
                continue  # an earlier place was made after this one
            del self._placed[key]
            due = self._due.get(key)
            if due is None:
                continue
            if due > until:
                self._place(partition, key, due)
                continue
            del self._due[key]
            found.append(key)
        return found

    def clear(self) -> None:
        """Forget all."""
        self._due.clear()
        self._placed.clear()
        self._heaps.clear()
