"""What an organization says in its own words; for HR to write, for the writer to use."""

from collections.abc import Mapping
from typing import Final

from services.kernel.auth import Caller
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.kernel.mongo.singletons import put
from services.notifications.app.ports import Aggregates
from services.notifications.app.remembered import Remembered
from services.notifications.domain import texts
from services.notifications.domain.messages import Category, Content, Message
from services.notifications.domain.templates import Words, key_of, require_sound
from services.notifications.domain.words import base_of

_MOST: Final = 1000


class Templates:
    """Templates by organization; `Words.category` and `Words.language` make their ids."""

    def __init__(self, kept: Aggregates[Words]) -> None:
        self._kept = kept
        self._known = Remembered(self._there)

    async def chosen(self, tenant: str, category: Category, language: str) -> Words | None:
        """Return what the organization says, as known for 5 seconds at most; None: nothing of its own.

        In the reader's language as it is, then without its region, then in the one for all languages.
        """
        known = await self._known.of(tenant)
        if not known:
            return None
        wanted = dict.fromkeys((language, base_of(language), ""))
        return next((words for one in wanted if (words := known.get(key_of(category, one)))), None)

    async def _there(self, tenant: str) -> Mapping[str, Words]:
        found = await self._kept.list(tenant, Query({"removed": False}, _MOST))
        return {key: stored.state for key, stored in found.items}

    async def get(self, caller: Caller, key: str) -> Versioned[Words]:
        """Return one. NotFound."""
        stored = await self._kept.get(Ref(caller.org, key))
        if stored.state.removed:
            raise _not_found()
        return stored

    async def list(self, caller: Caller, page: Query) -> Page[Words]:
        """Return a page."""
        return await self._kept.list(caller.org, Query({"removed": False}, page.page_size, page.page_token))

    async def write(self, caller: Caller, words: Words, cause: Cause, etag: str) -> Versioned[Words]:
        """Store one, new or not.

        Raises Invalid TEMPLATE_BROKEN, Conflict ETAG_MISMATCH, NotFound where an etag names nothing.
        """
        ref = Ref(caller.org, key_of(words.category, words.language))
        if etag:
            await self._kept.get(ref)  # an etag is of one that was read
        first = ref, Words(words.category, words.language, "", "")
        stored = await put(self._kept, first, lambda state: state.write(words), (etag, cause))
        self._known.forget(caller.org)
        return stored

    async def reset(self, caller: Caller, key: str, cause: Cause, etag: str) -> Versioned[Words]:
        """Take one back. NotFound, Conflict ETAG_MISMATCH."""
        stored = await self._kept.change(Ref(caller.org, key), Words.reset, cause, etag=etag)
        self._known.forget(caller.org)
        return stored

    async def preview(
        self, caller: Caller, category: Category, draft: Words | None, sample: texts.Sample
    ) -> Content:
        """Return what a message would say: as `draft` words it, else as now. Invalid TEMPLATE_BROKEN."""
        if draft is not None:
            require_sound(draft)
        own = draft or await self.chosen(caller.org, category, sample.reader.language)
        message = Message(sample.person, category, sample.facts, "", "")
        return texts.written(message, sample.reader, own)


def _not_found() -> NotFound:
    return NotFound("NOT_FOUND", "nothing of this name exists")
