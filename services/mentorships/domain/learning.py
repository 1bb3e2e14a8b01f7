"""Something to read, watch or try, by focus area and by part of a mentorship."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from services.kernel.errors import Refused
from services.mentorships.domain.rules import invalid, line, tag


class Part(StrEnum):
    """A part of a mentorship."""

    ANY = "ANY"
    BEGINNING = "BEGINNING"
    UNDERWAY = "UNDERWAY"
    CLOSING = "CLOSING"


@dataclass(frozen=True, slots=True)
class LearningResourceCreated:
    """A resource is kept."""


@dataclass(frozen=True, slots=True)
class LearningResourceUpdated:
    """A resource was changed."""


@dataclass(frozen=True, slots=True)
class LearningResourceArchived:
    """A resource is listed no more."""


LearningEvent = LearningResourceCreated | LearningResourceUpdated | LearningResourceArchived


@dataclass(frozen=True, slots=True)
class LearningDraft:
    """A resource as asked for."""

    title: str
    uri: str
    focus_areas: tuple[str, ...]
    part: Part = Part.ANY


@dataclass(frozen=True, slots=True)
class LearningResource:
    """Something at `uri` about `focus_areas` (tags), for a part of a mentorship or any."""

    title: str
    uri: str
    focus_areas: tuple[str, ...]
    part: Part = Part.ANY
    archived: bool = False

    def update(
        self, draft: LearningDraft, changed: Collection[str]
    ) -> "tuple[LearningResource, list[LearningEvent]]":
        """Take the `changed` fields of a draft; nothing happens when they are the same.

        Raises Refused LEARNING_RESOURCE_ARCHIVED, and Invalid as `create` does.
        """
        if self.archived:
            raise Refused("LEARNING_RESOURCE_ARCHIVED", "this resource is archived")
        new = replace(self, **{name: _READERS[name](draft) for name in changed})
        return (self, []) if new == self else (new, [LearningResourceUpdated()])

    def archive(self) -> "tuple[LearningResource, list[LearningEvent]]":
        """List it no more; a second time changes nothing."""
        if self.archived:
            return self, []
        return replace(self, archived=True), [LearningResourceArchived()]


def create(draft: LearningDraft) -> tuple[LearningResource, list[LearningEvent]]:
    """Keep a resource.

    Raises Invalid URI_NOT_HTTPS, FOCUS_AREA_MISSING, TEXT_BLANK or TEXT_NOT_PLAIN.
    """
    kept = LearningResource(**{name: read(draft) for name, read in _READERS.items()})
    return kept, [LearningResourceCreated()]


def tags(areas: Iterable[str], field: str) -> tuple[str, ...]:
    """Return focus areas, the words of those who typed them, as tags, each once. Raises as `tag`."""
    return tuple(dict.fromkeys(tag(area, field) for area in areas))


def _uri(draft: LearningDraft) -> str:
    """Return the address if a browser may follow it: nothing to log in with, nothing but https."""
    try:
        parts = urlsplit(draft.uri)
        good = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in parts.netloc or not draft.uri.isprintable() or " " in draft.uri:
        raise invalid("URI_NOT_HTTPS", "learning_resource.uri", "must be an https address")
    return draft.uri


def _focus_areas(draft: LearningDraft) -> tuple[str, ...]:
    field = "learning_resource.focus_areas"
    if not draft.focus_areas:
        raise invalid("FOCUS_AREA_MISSING", field, "must name at least one")
    return tags(draft.focus_areas, field)


_READERS: Final[Mapping[str, Callable[[LearningDraft], Any]]] = {
    "title": lambda draft: line(draft.title, "learning_resource.title"),
    "uri": _uri,
    "focus_areas": _focus_areas,
    "part": lambda draft: draft.part,
}
"""What a field of a draft makes of the same field of a resource."""
