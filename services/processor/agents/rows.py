"""The rows of a Faust table in memory, each with the partition that it belongs to.

Faust's own memory store forgets which partition a row is of unless it came from the change log, and keeps it
when its partition has moved to another member.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from faust import stores
from faust.stores.memory import Store

SCHEME = "rows"


class Rows(Store):  # type: ignore[misc]  # Faust has no types here
    """Keys and values as the change log holds them."""

    data: dict[bytes, bytes]

    def __post_init__(self) -> None:
        self.data = {}
        self._partitions: dict[bytes, int] = {}

    def put(self, rows: Mapping[bytes, bytes], partitions: Mapping[bytes, int]) -> None:
        """Set rows; `partitions` has the partition of each."""
        self.data.update(rows)
        self._partitions.update((key, partitions[key]) for key in rows)

    def places(self) -> list[tuple[bytes, int]]:
        """Return all keys, each with its partition."""
        return list(self._partitions.items())

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the rows of all other partitions."""
        for key in [key for key, partition in self._partitions.items() if partition not in partitions]:
            del self._partitions[key]
            del self.data[key]

    def apply_changelog_batch(self, batch: Iterable[Any], **_: Callable[[Any], Any]) -> None:
        """Take over what the change log says."""
        for event in batch:
            message = event.message
            if message.value is None:
                self.data.pop(message.key, None)
                self._partitions.pop(message.key, None)
            else:
                self.data[message.key] = message.value
                self._partitions[message.key] = message.partition

    async def on_recovery_completed(self, active_tps: Collection[Any], standby_tps: Collection[Any]) -> None:
        """Forget what belongs to other members now."""
        self.keep({number for _, number in active_tps} | {number for _, number in standby_tps})


stores.STORES.aliases[SCHEME] = f"{__name__}:{Rows.__name__}"
