"""Brings what was stored before texts were sealed into line, in the background, once after each start."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from pymongo.errors import PyMongoError

from services.kernel import log
from services.kernel.mongo import Aggregates
from services.kernel.mongo.unsealed import seal_stored
from services.kernel.vault import Unreadable

_AGAIN_SECONDS: Final = 60.0
"""After a pass that found something: processes of an older build may still store texts as they are."""


class Sealer:
    """Passes over all kinds of a service until a pass finds nothing to seal."""

    def __init__(self, kinds: Sequence[Aggregates[Any]]) -> None:
        self._kinds = [kind for kind in kinds if kind.sealing.shape]
        self._log = log.get_logger()

    async def run(self, stop: asyncio.Event) -> None:
        """Seal, then wait until `stop` is set."""
        while not stop.is_set() and await self._found():
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_SECONDS):
                    await stop.wait()
        await stop.wait()

    async def _found(self) -> bool:
        """Make one pass; whether another one is wanted."""
        try:
            count = sum([await seal_stored(kind) for kind in self._kinds])
        except (PyMongoError, Unreadable) as error:
            self._log.warning("sealing_failed", exc_info=error)
            return True
        if count:
            self._log.info("sealed", documents=count)
        return count > 0
