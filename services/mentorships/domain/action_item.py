"""What one of the two has to do: noted in a meeting or between two, and open until it is done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.days import require_to_come
from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.progress import Progress, progress
from services.mentorships.domain.rules import invalid, line, not_found


@dataclass(frozen=True, slots=True)
class ActionItemCreated:
    """Something to do was noted."""


@dataclass(frozen=True, slots=True)
class ActionItemUpdated:
    """It was changed."""


@dataclass(frozen=True, slots=True)
class ActionItemCompleted:
    """It is done."""


@dataclass(frozen=True, slots=True)
class ActionItemDropped:
    """It will not be done."""


ActionItemEvent = ActionItemCreated | ActionItemUpdated | ActionItemCompleted | ActionItemDropped


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """Something to do as asked for; `meeting` is the id of the one in which it was noted, "" for none."""

    title: str
    owner: str
    due_date: date | None = None
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something that `owner`, one of `people` (mentor, mentee), has to do; no date: by the next meeting."""

    mentorship: str
    people: tuple[str, str]
    title: Annotated[str, Personal("people.1")]
    owner: str
    due_date: date | None = None
    meeting: str = ""
    complete_time: datetime | None = None
    drop_time: datetime | None = None

    @property
    def state(self) -> Progress:
        """How far it is."""
        return progress(self.complete_time, self.drop_time)

    def require_own(self, mentorship: str, person: str) -> None:
        """Raise NotFound unless it is an item of `mentorship` and `person` one of the two."""
        if mentorship != self.mentorship or person not in self.people:
            raise not_found()

    def update(
        self, draft: ItemDraft, changed: Collection[str], now: datetime
    ) -> "tuple[ActionItem, list[ActionItemEvent]]":
        """Take the `changed` fields of a draft; nothing happens when they are the same.

        Raises as `complete`, and Invalid TARGET_DATE_PAST for a new date that is over, OWNER_NOT_OF_PAIR,
        TEXT_BLANK or TEXT_NOT_PLAIN.
        """
        self._require_open()
        new = replace(self, **{name: _READERS[name](self, draft, now) for name in changed})
        return (self, []) if new == self else (new, [ActionItemUpdated()])

    def complete(self, now: datetime) -> "tuple[ActionItem, list[ActionItemEvent]]":
        """Mark as done, by either of the two. Refused ACTION_ITEM_COMPLETED or ACTION_ITEM_DROPPED."""
        self._require_open()
        return replace(self, complete_time=now), [ActionItemCompleted()]

    def drop(self, now: datetime) -> "tuple[ActionItem, list[ActionItemEvent]]":
        """Give it up. Raises as `complete`."""
        self._require_open()
        return replace(self, drop_time=now), [ActionItemDropped()]

    def _require_open(self) -> None:
        if self.complete_time is not None:
            raise Refused("ACTION_ITEM_COMPLETED", "this is done already")
        if self.drop_time is not None:
            raise Refused("ACTION_ITEM_DROPPED", "this was given up")


def create(
    mentorship: str, parent: Mentorship, person: str, draft: ItemDraft, now: datetime
) -> tuple[ActionItem, list[ActionItemEvent]]:
    """Note something to do in `parent`, whose id is `mentorship`, by one of the two.

    Raises NotFound for others, and as `Mentorship.require_active` and `ActionItem.update`.
    """
    parent.require_reader(person)
    parent.require_active()
    blank = ActionItem(mentorship, parent.people, title="", owner="", meeting=draft.meeting)
    item, _ = blank.update(draft, ITEM_FIELDS, now)
    return item, [ActionItemCreated()]


def _owner(known: ActionItem, draft: ItemDraft, _: datetime) -> str:
    if draft.owner not in known.people:
        raise invalid("OWNER_NOT_OF_PAIR", "action_item.owner", "must be one of the two")
    return draft.owner


def _due_date(known: ActionItem, draft: ItemDraft, now: datetime) -> date | None:
    if draft.due_date != known.due_date:
        require_to_come(draft.due_date, now, "action_item.due_date")
    return draft.due_date


_READERS: Final[Mapping[str, Callable[[ActionItem, ItemDraft, datetime], Any]]] = {
    "title": lambda _, draft, __: line(draft.title, "action_item.title"),
    "owner": _owner,
    "due_date": _due_date,
}
"""What a field of a draft makes of the same field of an item."""

ITEM_FIELDS: Final = tuple(_READERS)
"""What an update may change."""
