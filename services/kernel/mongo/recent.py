"""Documents as this process saw them last: maybe stale, so only a version-guarded save builds on one."""

from collections import OrderedDict
from typing import Final

from services.kernel.mongo.documents import Document

REMEMBERED_DOCUMENTS: Final = 1024
"""Per kind: a few megabytes."""


class Recent:
    """The documents used last, by `_id`."""

    def __init__(self, limit: int = REMEMBERED_DOCUMENTS) -> None:
        self._limit = limit
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def keep(self, document: Document) -> None:
        """Remember a document, and forget the one unused longest if there are too many."""
        self._documents[document["_id"]] = document
        self._documents.move_to_end(document["_id"])
        if len(self._documents) > self._limit:
            self._documents.popitem(last=False)

    def take(self, key: str) -> Document | None:
        """Return and forget a document."""
        return self._documents.pop(key, None)
