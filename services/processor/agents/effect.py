"""Makes a change happen, in the order that makes a crash harmless.

Decisions are acknowledged by the broker before the table says that they were made, and the table's change log
before Faust may commit the offsets: dying in between decides again, with the same ids, and forgets nothing.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from services.kernel.crash import crash_point
from services.kernel.events.dead_letters import DeadLetters, Failure
from services.kernel.kafka import Record
from services.processor.agents.batch import Change
from services.processor.agents.patient import Publish
from services.processor.agents.reading import Reading


class Effect:
    """Writes what an agent decided. `changelog` is the topic that its table is rebuilt from."""

    def __init__(self, publish: Publish, dead_letters: DeadLetters, changelog: str) -> None:
        self._publish = publish
        self._dead_letters = dead_letters
        self._changelog = changelog

    async def bury(self, readings: Iterable[Reading[Any]]) -> None:
        """Set aside what could not be read."""
        now = datetime.now(UTC)
        for reading in readings:
            if reading.poison is not None:
                await self._dead_letters.bury(reading.record, Failure(reading.poison.reason, now))

    async def store(self, change: Change) -> None:
        """Return when what is told and then the changed rows are acknowledged. KafkaError."""
        await self._publish(change.told)
        crash_point("after_told_before_table")
        await self._publish([Record(self._changelog, key, value) for key, value in change.rows.items()])
        crash_point("after_effect_before_commit")
