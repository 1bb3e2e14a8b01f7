"""What the two write down, each for both or for themselves. NotFound for everybody else."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import Aggregates, How
from services.mentorships.domain import Mentorship, note
from services.mentorships.domain.note import Note, NoteDraft, NoteEvent

Names = tuple[str, str]
"""A note: (mentorship, note)."""

Act = Callable[[Note], tuple[Note, list[NoteEvent]]]
"""What a reader does to a note."""


class Notes:
    """Notes. Refusals of changes are those of `Note`."""

    def __init__(self, notes: Aggregates[Note], mentorships: Aggregates[Mentorship]) -> None:
        self._notes = notes
        self._mentorships = mentorships

    async def create(
        self, caller: Caller, mentorship: str, draft: NoteDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Note]]:
        """Write a note."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        written = note.write(mentorship, parent.state, caller.subject, draft)
        ref = Ref(caller.org, ids.derived_id(caller.org, "note", caller.subject, cause.id))
        return ref, await self._notes.create(ref, written, (), cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[Note]:
        """Return one note."""
        mentorship, key = names
        stored = await self._notes.get(Ref(caller.org, key))
        stored.state.require_reader(mentorship, caller.subject)
        return stored

    async def list(self, caller: Caller, mentorship: str, meeting: str, page: Query) -> Page[Note]:
        """Return a page of what the caller may read, about a meeting unless that is empty."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        parent.state.require_reader(caller.subject)
        where: dict[str, Any] = {"mentorship": mentorship, "readers": caller.subject}
        if meeting:
            where["meeting"] = meeting
        return await self._notes.list(caller.org, replace(page, where=where))

    async def update(
        self, caller: Caller, names: Names, wanted: tuple[NoteDraft, Collection[str]], how: How
    ) -> Versioned[Note]:
        """Take those fields of a draft."""
        return await self._change(caller, names, lambda known: known.update(caller.subject, *wanted), how)

    async def delete(self, caller: Caller, names: Names, how: How) -> None:
        """Erase a note's words."""
        await self._change(caller, names, lambda known: known.delete(caller.subject), how)

    async def _change(self, caller: Caller, names: Names, act: Act, how: How) -> Versioned[Note]:
        mentorship, key = names
        etag, cause = how

        def decide(known: Note) -> tuple[Note, list[NoteEvent]]:
            known.require_reader(mentorship, caller.subject)
            return act(known)

        return await self._notes.change(Ref(caller.org, key), decide, cause, etag=etag)
