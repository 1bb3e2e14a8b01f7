"""Token buckets in memory, one per key, of this process alone: N replicas let through N times as much.

`Rate.shared` makes that once as much, for replicas that are asked evenly.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, Self

MOST_KEYS: Final = 10_000
"""The bucket unused for longest goes first; it is full again by then, unless more keys than this are busy."""


class Rate(NamedTuple):
    """How fast a bucket fills, and how much it holds."""

    per_second: float
    burst: float

    def shared(self, by: int) -> "Rate":
        """Return the part of one of several that hold a caller to this together; each lets one through."""
        return Rate(self.per_second / by, max(1.0, self.burst / by))

    def __str__(self) -> str:
        return f"{self.per_second:g}:{self.burst:g}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "per second:burst", such as "50:500". ValueError unless both are above 0."""
        parts = text.split(":")
        try:
            rate = cls(*(float(part) for part in parts))
        except (ValueError, TypeError):
            rate = cls(0, 0)
        if not (0 < rate.per_second < float("inf") and 1 <= rate.burst < float("inf")):
            raise ValueError("must be calls per second:calls at once, such as 50:500")
        return rate


class Buckets:
    """One bucket of tokens per key; a new key's is full."""

    def __init__(self, rate: Rate, now: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate.per_second
        self._capacity = rate.burst / rate.per_second
        self._now = now
        # Per key the instant at which its bucket will be full again: one number says all.
        self._full: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full)

    def wait(self, key: str) -> float:
        """Return 0 where there is a token, else in how many seconds there will be one."""
        full = self._full.get(key)
        return 0.0 if full is None else max(0.0, full - self._now() + self._interval - self._capacity)

    def take(self, key: str) -> float:
        """Take a token and return 0, or take none and return in how many seconds there will be one."""
        now = self._now()
        full = max(now, self._full.get(key, now)) + self._interval
        over = full - now - self._capacity
        if over > 1e-9:  # a rounding error is no call too many
            return over
        self._full[key] = full
        self._full.move_to_end(key)
        if len(self._full) > MOST_KEYS:
            self._full.popitem(last=False)
        return 0.0
