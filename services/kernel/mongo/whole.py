"""Lists to their end, a page at a time."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from services.kernel.mongo.model import Page, Query, Versioned
from services.kernel.mongo.pages import LARGEST_SIZE

S = TypeVar("S")


class Lists(Protocol[S]):
    """What has pages; `Aggregates.list` states the contract."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""


async def whole_pages(
    kept: Lists[S], tenant: str, query: Query
) -> AsyncIterator[Sequence[tuple[str, Versioned[S]]]]:
    """Yield the pages of what a query finds, as large as it says, else as can be."""
    asked = replace(query, page_size=query.page_size or LARGEST_SIZE)
    while True:
        page = await kept.list(tenant, asked)
        yield page.items
        if not page.next_page_token:
            return
        asked = replace(asked, page_token=page.next_page_token)


async def whole_list(kept: Lists[S], tenant: str, query: Query) -> AsyncIterator[tuple[str, S]]:
    """Yield (id, state) of everything that a query finds."""
    async for key, stored in whole_stored(kept, tenant, query):
        yield key, stored.state


async def whole_stored(kept: Lists[S], tenant: str, query: Query) -> AsyncIterator[tuple[str, Versioned[S]]]:
    """Yield (id, stored) of everything that a query finds."""
    async for page in whole_pages(kept, tenant, query):
        for item in page:
            yield item
