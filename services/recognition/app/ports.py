"""What the use cases need from outside, and who may do what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.errors import Denied
from services.kernel.mongo import Cause, Decide, Outcome, Page, Query, Ref, Save, Versioned
from services.recognition.domain.awards import Award
from services.recognition.domain.badges import Badge
from services.recognition.domain.choices import Choice, Issuer, Settings
from services.recognition.domain.credentials import PublicKey
from services.recognition.domain.recognitions import Recognition

S = TypeVar("S")

EVERYBODY = "-"
"""Stands for all people where a list asks for a person."""

CLAIM_TAKEN: Final = "CLAIM_TAKEN"
"""Why the store refuses an award: its place or its slot is another one's."""


_HR = "hr_admin"
_OVERSEERS = frozenset({"program_lead", _HR, "service"})


class Aggregates(Protocol[S]):
    """Where aggregates of one kind are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[S]:
        """Return one. NotFound."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Versioned[S]]:
        """Return those that exist."""

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        """Store a new one, once per cause. AlreadyExists, Refused."""

    async def change(self, ref: Ref, decide: Decide[S], cause: Cause, *, etag: str = "") -> Versioned[S]:
        """Store what `decide` makes of one, once per cause. NotFound, Conflict, Refused."""

    async def list(self, tenant: str, query: Query) -> Page[S]:
        """Return a page."""

    async def most_frequent(
        self, tenant: str, path: str, where: Mapping[str, Any], most: int
    ) -> Sequence[tuple[Any, int]]:
        """Return the most frequent values at a path, with their numbers."""

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        """Store many, new or not. Refused."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that recognition keeps."""

    recognitions: Aggregates[Recognition]
    badges: Aggregates[Badge]
    awards: Aggregates[Award]
    choices: Aggregates[Choice]
    settings: Aggregates[Settings]


class Signer(Protocol):
    """Signs with the platform's key. Refused SIGNING_KEY_MISSING or SIGNING_KEY_UNUSABLE."""

    def public_keys(self) -> Sequence[PublicKey]:
        """Return the public keys that verify, the one that signs first."""

    def sign(self, issuer: Issuer, claims: Mapping[str, Any]) -> str:
        """Return a compact JWT whose key is named as one of the issuer's."""


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
