"""Lists to their end, a page at a time."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from services.kernel.mongo.model import Page, Query, Versioned
from services.kernel.mongo.pages import LARGEST_SIZE

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Lists(Protocol[S]):
    """What has pages; `Aggregates.list` states the contract."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""


class Copies(Protocol[S_co]):
    """What has pages of copies; `Projection.page` states the contract."""

    async def page(self, tenant: str, query: Query) -> tuple[Sequence[tuple[str, S_co]], str]:
        """Return a page and the token of the next one."""


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


async def whole_copies(kept: Copies[S], tenant: str, query: Query) -> AsyncIterator[tuple[str, S]]:
    """Yield (id, copy) of everything that a query finds."""
    asked = replace(query, page_size=query.page_size or LARGEST_SIZE)
    while True:
        items, token = await kept.page(tenant, asked)
        for item in items:
            yield item
        if not token:
            return
        asked = replace(asked, page_token=token)
