"""Publishing that waits for an absent broker instead of giving up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiokafka.errors import KafkaError, KafkaTimeoutError

from services.kernel import log
from services.kernel.kafka import Record

PAUSE_SECONDS = 0.5

Publish = Callable[[Sequence[Record]], Awaitable[None]]
"""Returns when all records are acknowledged; `kernel.kafka.Producer.publish` does. KafkaError."""


class Patient:
    """Tries the same records until all are acknowledged.

    A second try may store a record twice. Readers drop repeats by id, and of a change log only the last
    record of a key counts, which is the same one. Errors that no waiting cures are raised.
    """

    def __init__(self, publish: Publish, pause: float = PAUSE_SECONDS) -> None:
        self._publish = publish
        self._pause = pause
        self._log = log.get_logger()

    async def publish(self, records: Sequence[Record]) -> None:
        """Return when the brokers have acknowledged all, however long they are away. KafkaError."""
        if not records:
            return
        while (error := await self._tried(records)) is not None:
            self._log.warning("publish_delayed", error_type=type(error).__name__, records=len(records))
            await asyncio.sleep(self._pause)

    async def _tried(self, records: Sequence[Record]) -> KafkaError | None:
        """Return the error that waiting may cure."""
        try:
            await self._publish(records)
        except KafkaError as error:
            if error.retriable or isinstance(error, KafkaTimeoutError):
                return error
            raise
        return None
