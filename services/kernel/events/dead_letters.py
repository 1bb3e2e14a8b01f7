"""Sets aside what cannot be handled, whole: original bytes, key and headers, and the reason in codes."""

import hashlib
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.kernel import log, metrics
from services.kernel.crash import crash_point
from services.kernel.kafka import Received, Record

SUFFIX: Final = ".dlq"


class TooManyDeadLetters(Exception):  # noqa: N818 -- what happened; somebody must look
    """Something is wrong with more than single records: stop before the whole topic is set aside."""


Publish = Callable[[Sequence[Record]], Awaitable[None]]
"""Stores records where dead letters go; returns when they are stored."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why and since when (aware UTC) a record could not be handled."""

    reason: str
    first_try: datetime
    error: BaseException | None = None


class DeadLetters:
    """Writes to `<topic>.dlq`, at most `limit` records per `window` seconds."""

    def __init__(
        self,
        publish: Publish,
        group: str,
        *,
        limit: int = 100,
        window: float = 60.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish = publish
        self._group = group
        self._limit = limit
        self._window = window
        self._now = now
        self._times: deque[float] = deque()
        self._log = log.get_logger()

    async def bury(self, record: Received, failure: Failure) -> None:
        """Store the record with its reason. TooManyDeadLetters before storing one above the limit."""
        self._require_few()
        await self._publish([self._record(record, failure)])
        self._times.append(self._now())
        crash_point("after_dead_letter_before_commit")
        metrics.DEAD_LETTERS.labels(record.topic, failure.reason).inc()
        self._log.error(
            "dead_letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=failure.reason,
            exc_info=failure.error,
        )

    def _require_few(self) -> None:
        now = self._now()
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        if len(self._times) >= self._limit:
            raise TooManyDeadLetters

    def _record(self, record: Received, failure: Failure) -> Record:
        about = {
            "dlq_reason": failure.reason,
            "dlq_stack": _stack_hash(failure.error),
            "dlq_first_try": failure.first_try.isoformat(),
            "dlq_last_try": datetime.now(UTC).isoformat(),
            "dlq_group": self._group,
            "dlq_topic": record.topic,
            "dlq_partition": str(record.partition),
            "dlq_offset": str(record.offset),
        }
        headers = [*record.headers, *((name, text.encode()) for name, text in about.items())]
        return Record(record.topic + SUFFIX, record.key, record.value, headers)


def _stack_hash(error: BaseException | None) -> str:
    """Return a short hash of where an error came from, the same for the same defect; "" without one."""
    if error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join([type(error).__qualname__, *(f"{frame.filename}:{frame.name}" for frame in frames)])
    return hashlib.sha256(places.encode()).hexdigest()[:16]
