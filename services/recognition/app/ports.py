"""What the use cases need from outside, and who may do what."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned

S = TypeVar("S")

EVERYBODY = "-"
"""Stands for all people where a list asks for a person."""

_HR = "hr_admin"
_OVERSEERS = frozenset({"program_lead", _HR, "service"})


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause. NotFound, Conflict."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""


def oversees(caller: Caller) -> bool:
    """Whether the caller may read what all pairs earned."""
    return not caller.roles.isdisjoint(_OVERSEERS)


def is_hr(caller: Caller) -> bool:
    """Whether the caller administers recognition for the whole organization."""
    return _HR in caller.roles


def require_one(caller: Caller, person: str) -> None:
    """Raise Denied HR_ADMIN_ONLY when others than HR ask for all people."""
    if person == EVERYBODY and not is_hr(caller):
        raise Denied("HR_ADMIN_ONLY", "only HR lists what all people earned")
