"""Words to remember, for the two or for their author alone."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Final

from services.kernel.errors import Denied
from services.kernel.personal import Personal
from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.rules import not_found
from services.mentorships.domain.words import needed_words


@dataclass(frozen=True, slots=True)
class NoteUpdated:
    """A note was changed."""


@dataclass(frozen=True, slots=True)
class NoteDeleted:
    """A note's words are erased."""


NoteEvent = NoteUpdated | NoteDeleted
"""That a note is written is told to nobody."""

NOTE_FIELDS: Final = ("text", "shared")
"""What an update may change."""


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note as asked for; `meeting` is the id of the one it is about, "" for none."""

    text: str
    shared: bool = False
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note by `author`, one of `people` (mentor, mentee).

    `readers` are the two if it is shared, else the author; nobody once it is erased.
    """

    mentorship: str
    people: tuple[str, str]
    author: str
    text: Annotated[str, Personal("author")]
    readers: tuple[str, ...]
    meeting: str = ""

    @property
    def shared(self) -> bool:
        """Whether both read it."""
        return len(self.readers) > 1

    def require_reader(self, mentorship: str, person: str) -> None:
        """Raise NotFound unless it is a note of `mentorship` that `person` may read."""
        if mentorship != self.mentorship or person not in self.readers:
            raise not_found()

    def update(
        self, person: str, draft: NoteDraft, changed: Collection[str]
    ) -> "tuple[Note, list[NoteEvent]]":
        """Take the `changed` fields of a draft, as a reader; nothing happens when they are the same.

        Raises Denied NOT_THE_AUTHOR for another one's change of the sharing, Invalid TEXT_BLANK or
        TEXT_NOT_PLAIN.
        """
        shared = draft.shared if "shared" in changed else self.shared
        if shared != self.shared:
            self._require_author(person)
        text = needed_words(draft.text, "note.text") if "text" in changed else self.text
        new = replace(self, text=text, readers=_readers(self.people, self.author, shared=shared))
        return (self, []) if new == self else (new, [NoteUpdated()])

    def delete(self, person: str) -> "tuple[Note, list[NoteEvent]]":
        """Erase its words, as its author. Raises Denied NOT_THE_AUTHOR."""
        self._require_author(person)
        return replace(self, text="", readers=()), [NoteDeleted()]

    def _require_author(self, person: str) -> None:
        if person != self.author:
            raise Denied("NOT_THE_AUTHOR", "only the author may do this")


def write(mentorship: str, parent: Mentorship, person: str, draft: NoteDraft) -> Note:
    """Write a note in `parent`, whose id is `mentorship`, at any time in or after it.

    Raises NotFound for others than the two, Invalid TEXT_BLANK or TEXT_NOT_PLAIN.
    """
    parent.require_reader(person)
    return Note(
        mentorship=mentorship,
        people=parent.people,
        author=person,
        text=needed_words(draft.text, "note.text"),
        readers=_readers(parent.people, person, shared=draft.shared),
        meeting=draft.meeting,
    )


def _readers(people: tuple[str, str], author: str, *, shared: bool) -> tuple[str, ...]:
    return people if shared else (author,)
