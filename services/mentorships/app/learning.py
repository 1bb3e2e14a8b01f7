"""Learning resources, which program leads and HR keep for everybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import Aggregates, How
from services.mentorships.domain import Mentorship, learning
from services.mentorships.domain.learning import LearningDraft, LearningResource, Part


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources: for a mentorship ("": for all), a part of it, with archived ones or without."""

    mentorship: str = ""
    part: Part = Part.ANY
    archived: bool = False


class Learning:
    """Learning resources. Who may change them is the contract's; refusals are those of `LearningResource`."""

    def __init__(self, resources: Aggregates[LearningResource], mentorships: Aggregates[Mentorship]) -> None:
        self._resources = resources
        self._mentorships = mentorships

    async def create(
        self, caller: Caller, draft: LearningDraft, cause: Cause
    ) -> tuple[Ref, Versioned[LearningResource]]:
        """Keep a resource."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "learning-resource", caller.subject, cause.id))
        return ref, await self._resources.create(ref, *learning.create(draft), cause)

    async def get(self, caller: Caller, resource: str) -> Versioned[LearningResource]:
        """Return one resource."""
        return await self._resources.get(Ref(caller.org, resource))

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[LearningResource]:
        """Return a page, earliest first. NotFound for a mentorship of others, whoever they oversee."""
        where: dict[str, Any] = {} if asked.archived else {"archived": False}
        if asked.part is not Part.ANY:
            where["part"] = {"$in": [asked.part.value, Part.ANY.value]}
        if asked.mentorship:
            where["focus_areas"] = {"$in": await self._focus_areas(caller, asked.mentorship)}
        return await self._resources.list(caller.org, replace(page, where=where))

    async def update(
        self, caller: Caller, resource: str, wanted: tuple[LearningDraft, Collection[str]], how: How
    ) -> Versioned[LearningResource]:
        """Take those fields of a draft."""
        etag, cause = how
        ref = Ref(caller.org, resource)
        return await self._resources.change(ref, lambda known: known.update(*wanted), cause, etag=etag)

    async def archive(self, caller: Caller, resource: str, how: How) -> Versioned[LearningResource]:
        """List a resource no more."""
        etag, cause = how
        ref = Ref(caller.org, resource)
        return await self._resources.change(ref, LearningResource.archive, cause, etag=etag)

    async def _focus_areas(self, caller: Caller, mentorship: str) -> Sequence[str]:
        """Return what the two want to work on, as tags; nothing before there is an agreement."""
        parent = (await self._mentorships.get(Ref(caller.org, mentorship))).state
        parent.require_reader(caller.subject)
        areas = parent.agreement.terms.focus_areas if parent.agreement else ()
        return learning.tags(areas, "agreement.focus_areas")
