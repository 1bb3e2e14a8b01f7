"""Who is recognised at all. The organization is the caller's."""

import asyncio
from typing import Final

from services.kernel.auth import Caller
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from services.kernel.mongo.whole import whole_list
from services.recognition.app.ports import Stores, is_hr
from services.recognition.domain.choices import Choice, Settings

SETTINGS: Final = "settings"
"""The id of an organization's one settings document."""


class Choices:
    """Choices of people and settings of organizations; both are there from the start."""

    def __init__(self, stores: Stores) -> None:
        self._choices = stores.choices
        self._settings = stores.settings

    async def choice(self, caller: Caller, person: str) -> Versioned[Choice]:
        """Return a person's choice. NotFound for others than the person and HR."""
        if person != caller.subject and not is_hr(caller):
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        return await present(self._choices, Ref(caller.org, person), Choice())

    async def choose(
        self, caller: Caller, person: str, wanted: Choice, etag: str, cause: Cause
    ) -> Versioned[Choice]:
        """Replace the caller's own choice. NotFound for others', Conflict for a stale `etag`."""
        if person != caller.subject:
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        first = Ref(caller.org, person), Choice()
        return await put(self._choices, first, lambda state: state.become(wanted), (etag, cause))

    async def settings(self, tenant: str) -> Versioned[Settings]:
        """Return an organization's settings."""
        return await present(self._settings, Ref(tenant, SETTINGS), Settings())

    async def set(self, caller: Caller, wanted: Settings, etag: str, cause: Cause) -> Versioned[Settings]:
        """Replace the settings. Invalid as `Settings.become`, Conflict for a stale `etag`."""
        first = Ref(caller.org, SETTINGS), Settings()
        return await put(self._settings, first, lambda state: state.become(wanted), (etag, cause))

    async def is_silent(self, tenant: str, person: str) -> bool:
        """Whether `person` earns nothing and is found by nobody."""
        settings, choice = await asyncio.gather(
            self.settings(tenant), present(self._choices, Ref(tenant, person), Choice())
        )
        return settings.state.switched_off or choice.state.opted_out

    async def hides(self, caller: Caller, person: str) -> bool:
        """Whether what `person` earned is hidden from the caller: never from the person and from HR."""
        if person == caller.subject or is_hr(caller):
            return False
        return await self.is_silent(caller.org, person)

    async def opted_out(self, tenant: str) -> frozenset[str]:
        """Return all people of an organization who opted out."""
        query = Query(where={"opted_out": True})
        return frozenset([person async for person, _ in whole_list(self._choices, tenant, query)])
