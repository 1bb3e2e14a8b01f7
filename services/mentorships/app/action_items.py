"""What the two have to do, carried from meeting to meeting until it is done. NotFound for everybody else."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import Aggregates, How
from services.mentorships.app.progress import in_state
from services.mentorships.app.repeats import created_before
from services.mentorships.domain import Mentorship, Progress, action_item
from services.mentorships.domain.action_item import ActionItem, ActionItemEvent, ItemDraft

Names = tuple[str, str]
"""An action item: (mentorship, item)."""

Act = Callable[[ActionItem, datetime], tuple[ActionItem, list[ActionItemEvent]]]
"""What one of the two does to an item at a time."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items of a mentorship: in a state, noted in a meeting; None and "": whichever."""

    mentorship: str
    state: Progress | None = None
    meeting: str = ""


class ActionItems:
    """Action items. Refusals of changes are those of `ActionItem`."""

    def __init__(
        self, items: Aggregates[ActionItem], mentorships: Aggregates[Mentorship], clock: Clock
    ) -> None:
        self._items = items
        self._mentorships = mentorships
        self._clock = clock

    async def create(
        self, caller: Caller, mentorship: str, draft: ItemDraft, cause: Cause
    ) -> tuple[Ref, Versioned[ActionItem]]:
        """Note something to do. A repeat answers what was stored."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "action-item", caller.subject, cause.id))
        if (known := await created_before(self._items, ref, cause)) is not None:
            return ref, known
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = action_item.create(mentorship, parent.state, caller.subject, draft, self._clock.now())
        return ref, await self._items.create(ref, *decision, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[ActionItem]:
        """Return one item."""
        mentorship, key = names
        stored = await self._items.get(Ref(caller.org, key))
        stored.state.require_own(mentorship, caller.subject)
        return stored

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[ActionItem]:
        """Return a page, earliest first."""
        parent = await self._mentorships.get(Ref(caller.org, asked.mentorship))
        parent.state.require_reader(caller.subject)
        where: dict[str, Any] = {"mentorship": asked.mentorship, **in_state(asked.state)}
        if asked.meeting:
            where["meeting"] = asked.meeting
        return await self._items.list(caller.org, replace(page, where=where))

    async def update(
        self, caller: Caller, names: Names, wanted: tuple[ItemDraft, Collection[str]], how: How
    ) -> Versioned[ActionItem]:
        """Take those fields of a draft."""
        return await self._change(caller, names, lambda item, now: item.update(*wanted, now), how)

    async def complete(self, caller: Caller, names: Names, how: How) -> Versioned[ActionItem]:
        """Mark an item as done."""
        return await self._change(caller, names, ActionItem.complete, how)

    async def drop(self, caller: Caller, names: Names, how: How) -> Versioned[ActionItem]:
        """Give an item up."""
        return await self._change(caller, names, ActionItem.drop, how)

    async def _change(self, caller: Caller, names: Names, act: Act, how: How) -> Versioned[ActionItem]:
        mentorship, key = names
        etag, cause = how
        now = self._clock.now()

        def decide(item: ActionItem) -> tuple[ActionItem, list[ActionItemEvent]]:
            item.require_own(mentorship, caller.subject)
            return act(item, now)

        return await self._items.change(Ref(caller.org, key), decide, cause, etag=etag)
