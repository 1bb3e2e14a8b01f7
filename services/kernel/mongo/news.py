"""Tells the relay of events to publish: at once within a process, by a change stream across processes.

A doorbell: it carries no data, and a ring that is lost costs one pause of the relay.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any


class News:
    """The bell of one process, rung for collections.

    `writer` marks what it saves itself: the stream need not tell that.
    """

    def __init__(self) -> None:
        self.writer = uuid.uuid4().hex[:12]
        self.bell = asyncio.Event()
        self._rung: set[str] = set()

    def ring(self, *collections: str) -> None:
        """Say that events were saved in these collections."""
        self._rung.update(collections)
        self.bell.set()

    def heard(self) -> set[str]:
        """Silence the bell; return the collections it was rung for since the last time."""
        self.bell.clear()
        rung, self._rung = self._rung, set()
        return rung

    def of_others(self, collections: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the change stream pipeline of what other processes save in `collections`.

        The relay's own $pull leaves `saved` alone and does not ring.
        """
        theirs = {"$exists": True, "$not": {"$regex": f"^{self.writer}:"}}
        fields = ("fullDocument.saved", "updateDescription.updatedFields.saved")
        return [
            {
                "$match": {
                    "ns.coll": {"$in": list(collections)},
                    "$or": [{field: theirs} for field in fields],
                }
            },
            {"$project": {"ns": 1}},
        ]
