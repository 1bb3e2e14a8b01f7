"""What events and callers make recognitions do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from services.kernel.auth import Caller
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.recognition import domain
from services.recognition.domain import Recognition

EVERYBODY = "-"
"""Stands for all people where a list asks for a person."""

_OVERSEERS = frozenset({"program_lead", "hr_admin", "service"})


class Aggregates(Protocol):
    """Where recognitions are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[Recognition]:
        """Return one."""

    async def create(
        self, ref: Ref, state: Recognition, events: Sequence[Any], cause: Cause
    ) -> Versioned[Recognition]:
        """Store a new one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[Recognition]:
        """Return a page."""


class Recognitions:
    """What people were recognised for. The organization is the caller's."""

    def __init__(self, recognitions: Aggregates) -> None:
        self._recognitions = recognitions

    async def earn(self, ref: Ref, earned: Recognition, cause: Cause) -> None:
        """Store what was earned, once per `ref`."""
        await self._recognitions.create(ref, *domain.issue(earned), cause)

    async def get(self, caller: Caller, person: str, recognition: str) -> Versioned[Recognition]:
        """Return one recognition of `person`. NotFound unless the caller is of its pair or oversees all."""
        stored = await self._recognitions.get(Ref(caller.org, recognition))
        if stored.state.mentee != person:
            raise domain.not_found()
        if not caller.roles & _OVERSEERS:
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, person: str, page: Query) -> Page[Recognition]:
        """Return a page of what `person` earned; others than overseers get those of their own pairs only.

        EVERYBODY is for HR: Denied HR_ADMIN_ONLY for others.
        """
        if person == EVERYBODY and "hr_admin" not in caller.roles:
            raise Denied("HR_ADMIN_ONLY", "only HR lists the recognitions of all people")
        where: dict[str, Any] = {} if person == EVERYBODY else {"mentee": person}
        if caller.subject != person and not caller.roles & _OVERSEERS:
            where["mentor"] = caller.subject
        return await self._recognitions.list(caller.org, replace(page, where=where))
