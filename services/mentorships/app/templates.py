"""Plan templates, which program leads and HR keep for everybody."""

from collections.abc import Collection
from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import Aggregates, How
from services.mentorships.domain import plan_template
from services.mentorships.domain.plan_template import PlanTemplate, TemplateDraft


class PlanTemplates:
    """Plan templates. Refusals of changes are those of `PlanTemplate`; who may make them, the contract's."""

    def __init__(self, templates: Aggregates[PlanTemplate]) -> None:
        self._templates = templates

    async def create(
        self, caller: Caller, draft: TemplateDraft, cause: Cause
    ) -> tuple[Ref, Versioned[PlanTemplate]]:
        """Keep a template."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "plan-template", caller.subject, cause.id))
        return ref, await self._templates.create(ref, *plan_template.create(draft), cause)

    async def get(self, caller: Caller, template: str) -> Versioned[PlanTemplate]:
        """Return one template."""
        return await self._templates.get(Ref(caller.org, template))

    async def list(self, caller: Caller, page: Query, *, archived: bool) -> Page[PlanTemplate]:
        """Return a page without what is in them, earliest first; with archived ones if asked for."""
        where = {} if archived else {"archived": False}
        return await self._templates.list(
            caller.org, replace(page, where=where, without=("goals", "tips", "check_in_days"))
        )

    async def update(
        self, caller: Caller, template: str, wanted: tuple[TemplateDraft, Collection[str]], how: How
    ) -> Versioned[PlanTemplate]:
        """Take those fields of a draft."""
        etag, cause = how
        ref = Ref(caller.org, template)
        return await self._templates.change(ref, lambda state: state.update(*wanted), cause, etag=etag)

    async def archive(self, caller: Caller, template: str, how: How) -> Versioned[PlanTemplate]:
        """Let it be applied no more."""
        etag, cause = how
        return await self._templates.change(Ref(caller.org, template), PlanTemplate.archive, cause, etag=etag)
