"""Forgets a person in one service, as `profiles` told, and confirms it. Repeats change nothing more."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from services.kernel import fields, log
from services.kernel.events import Event
from services.kernel.fates import Kept
from services.kernel.mongo import Aggregates, Cause, Kind, Outgoing, Ref, Save
from services.kernel.mongo.claims import Claims
from services.kernel.mongo.forgetting import empty, forget_digests
from services.kernel.vault import Vault
from services.pb.mentoring.profiles.v1.events_pb2 import PersonErased

PERSON: Final = "organizations/*/people/*"
ERASURE: Final = "organizations/*/erasures/*"
FATE: Final = Kept("who was erased and when, by ids")


class Erasure(NamedTuple):
    """That a person is to be forgotten: what was made by `time`."""

    person: Ref
    id: str
    time: datetime


Eraser = Callable[[Erasure, Cause], Awaitable[None]]
"""Forgets what lies in no document; not called for who came back since. It may be called again."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The latest erasure of a person that this service is through with."""

    erasure: str
    time: datetime


@dataclass(frozen=True, slots=True)
class PersonalDataErased:
    """Nothing readable is kept about the person any more."""


def kind_of(service: str, message: type[Message]) -> Kind[Erased]:
    """Return how a service keeps whom it has erased; `message` is its event PersonalDataErased."""

    def encode(ref: Ref, state: Erased, _: Any) -> Outgoing:
        person = f"organizations/{ref.tenant}/people/{ref.id}"
        erasure = f"organizations/{ref.tenant}/erasures/{state.erasure}"
        told = message(person=person, erasure=erasure)
        return Outgoing(told, subject=f"{person}/personalData/{service}", key=ref.id)

    # Event ids derive from the collection and the person: each service's must have a name of its own.
    return Kind(collection=f"erased_by_{service}", state=Erased, encode=encode, erasure=FATE)


class Erasing:
    """The erasures that one service hears of; `kinds` are all it has. Without a vault nothing was sealed."""

    def __init__(
        self,
        kept: Aggregates[Erased],
        kinds: Sequence[Aggregates[Any]],
        vault: Vault | None,
        claims: Claims,
        erasers: Sequence[Eraser] = (),
    ) -> None:
        self._kept = kept
        self._kinds = kinds
        self._vault = vault
        self._claims = claims
        self._erasers = erasers

    async def heard(self, event: Event[PersonErased]) -> None:
        """Forget the person: first what is emptied and removed, then the key; at last confirm it.

        An old erasure is told again after a restore: it spares who was imported anew since, and so has a
        newer key.
        """
        erasure = _erasure(event)
        cause = Cause(id=event.id, trace=event.trace)
        if not await self._is_back(erasure):
            await self._forget(erasure, cause)
        if self._vault is not None:
            await self._vault.destroy(erasure.person.key, erasure.time)
        done = Erased(erasure.id, erasure.time), [PersonalDataErased()]
        await self._kept.apply_many(event.tenant, [Save(erasure.person, lambda _: done, cause)])
        log.get_logger().info("person_erased", erasure=erasure.id)

    async def _forget(self, erasure: Erasure, cause: Cause) -> None:
        """Forget what is no text; nothing of it is done to who came back since."""
        for eraser in self._erasers:
            await eraser(erasure, cause)
        for kind in self._kinds:
            await empty(kind, erasure.person, cause)
            await forget_digests(kind, erasure.person)
        await self._claims.forget(erasure.person)

    async def _is_back(self, erasure: Erasure) -> bool:
        if self._vault is None:
            return False
        return await self._vault.has_newer(erasure.person.key, erasure.time)


def _erasure(event: Event[PersonErased]) -> Erasure:
    told = event.message
    return Erasure(
        Ref(event.tenant, fields.owned_id(event.tenant, PERSON, told.person, "person")),
        fields.owned_id(event.tenant, ERASURE, told.erasure, "erasure"),
        told.erase_time.ToDatetime(UTC),
    )
