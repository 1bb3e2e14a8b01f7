"""The steps of each category: built-in, or an organization's own; for HR to write, for the post to follow."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.pages import invalid_token, size_of
from services.kernel.mongo.singletons import present, put
from services.notifications.app.ports import Aggregates
from services.notifications.app.remembered import Remembered
from services.notifications.domain.messages import Category
from services.notifications.domain.rules import Rule, rule_of
from services.notifications.domain.workflows import Workflow, built_in

_MOST: Final = 1000
Shown = tuple[Workflow, Versioned[Workflow] | None]
"""Steps in force, and what is stored where they are the organization's own."""


class Workflows:
    """Workflows by organization; their category is their id."""

    def __init__(self, kept: Aggregates[Workflow]) -> None:
        self._kept = kept
        self._known = Remembered(self._rules)

    async def rules(self, tenant: str) -> "Rules":
        """Return all rules of an organization, as known for 5 seconds at most."""
        return await self._known.of(tenant)

    async def _rules(self, tenant: str) -> "Rules":
        own = await self._own(tenant)
        return Rules({category: stored.state.rule() for category, stored in own.items()})

    async def _own(self, tenant: str) -> Mapping[Category, Versioned[Workflow]]:
        page = await self._kept.list(tenant, Query({"removed": False}, _MOST))
        return {stored.state.category: stored for _, stored in page.items}

    async def get(self, caller: Caller, category: Category) -> Shown:
        """Return the steps of one category."""
        known = await present(self._kept, *_first(caller.org, category))
        return (built_in(category), None) if known.state.removed else (known.state, known)

    async def list(self, caller: Caller, page: Query) -> tuple[Sequence[Shown], str]:
        """Return a page of all categories by name, and the token of the next. Invalid for a foreign token."""
        if page.page_token and page.page_token not in set(Category):
            raise invalid_token()
        own, size = await self._own(caller.org), size_of(page)
        rest = [one for one in sorted(Category) if one > page.page_token]
        shown: list[Shown] = [
            (own[one].state, own[one]) if one in own else (built_in(one), None) for one in rest[:size]
        ]
        return shown, rest[size - 1] if len(rest) > size else ""

    async def write(self, caller: Caller, workflow: Workflow, cause: Cause, etag: str) -> Shown:
        """Replace the steps of a category. Raises Invalid WORKFLOW_INVALID, Conflict ETAG_MISMATCH."""
        first = _first(caller.org, workflow.category)
        made = await put(self._kept, first, lambda state: state.write(workflow), (etag, cause))
        self._known.forget(caller.org)
        return made.state, made

    async def reset(self, caller: Caller, category: Category, cause: Cause, etag: str) -> Shown:
        """Take the steps of a category back. NotFound, Conflict ETAG_MISMATCH."""
        await self._kept.change(Ref(caller.org, category), Workflow.reset, cause, etag=etag)
        self._known.forget(caller.org)
        return built_in(category), None


def _first(tenant: str, category: Category) -> tuple[Ref, Workflow]:
    return Ref(tenant, category), Workflow(category, removed=True)


class Rules:
    """The rules of one organization."""

    def __init__(self, own: Mapping[Category, Rule]) -> None:
        self._own = own

    def of(self, category: Category) -> Rule:
        """Return a category's rule."""
        return self._own.get(category) or rule_of(category)
