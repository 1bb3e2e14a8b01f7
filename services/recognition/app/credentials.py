"""Credentials of badges, and what an organization publishes for those who verify them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_list
from services.recognition.app.badges import Badges
from services.recognition.app.choices import Choices
from services.recognition.app.ports import CLAIM_TAKEN, Signer, Stores, is_hr
from services.recognition.domain import awards, credentials
from services.recognition.domain import recognitions as domain
from services.recognition.domain.awards import Award, Credential, Slot, Stage
from services.recognition.domain.choices import Issuer
from services.recognition.domain.credentials import LIST_LIFE, Opaque

_SLOT: Final = "credential.slot.number"
_SALT_BYTES: Final = 16

Names = tuple[str, str]
"""(person, award)."""


@dataclass(frozen=True, slots=True)
class Document:
    """The issuer document, and the numbers of the status lists to publish besides."""

    issuer: Issuer
    content: dict[str, Any]
    lists: Sequence[int]


@dataclass(frozen=True, slots=True)
class StatusList:
    """A signed status list, where it belongs and until when it is good."""

    jwt: str
    url: str
    expires: datetime


class Credentials:
    """Credentials by the name of their award, and what verifiers read.

    All but `get` are Refused ISSUER_NOT_CONFIGURED or SIGNING_KEY_MISSING until HR and the operator did so.
    """

    def __init__(
        self, stores: Stores, badges: Badges, choices: Choices, signer: Signer, clock: Clock
    ) -> None:
        self._stores = stores
        self._badges = badges
        self._choices = choices
        self._signer = signer
        self._clock = clock

    async def issue(
        self, caller: Caller, names: Names, cause: Cause, *, with_identifier: bool = False
    ) -> Versioned[Award]:
        """Return the award with its credential, issued now unless it was before.

        NotFound for others than the holder and HR; Refused NO_CERTIFICATE or AWARD_REVOKED.
        """
        stored = await self._own(caller, names)
        if stored.state.credential is not None:
            return stored
        await self._require_valid(caller.org, stored.state)
        issuer = await self._issuer(caller.org)
        opaque = _opaque(with_identifier=with_identifier)
        attempt = 0
        while True:  # a list that is full is followed by the next
            credential = self._signed(issuer, stored.state, awards.slot(names[1], attempt), opaque)
            try:
                return await self._give(Ref(caller.org, names[1]), credential, cause)
            except Refused as refusal:
                if refusal.reason != CLAIM_TAKEN:
                    raise
            attempt += 1

    async def get(self, caller: Caller, names: Names) -> Versioned[Award]:
        """Return an award with its credential. NotFound while none is issued, and as `issue`."""
        stored = await self._own(caller, names)
        if stored.state.credential is None:
            raise NotFound("NOT_FOUND", "no credential was issued for this badge")
        return stored

    async def issuer_document(self, tenant: str) -> Document:
        """Return the issuer document of an organization."""
        issuer = await self._issuer(tenant)
        content = credentials.issuer_document(issuer, self._signer.public_keys())
        lists = [0]
        while await self._is_used(tenant, lists[-1] + 1):
            lists.append(lists[-1] + 1)
        return Document(issuer, content, lists)

    async def status_list(self, tenant: str, number: int) -> StatusList:
        """Return a status list, signed anew. NotFound for a number beyond those in use."""
        issuer = await self._issuer(tenant)
        if number and not await self._is_used(tenant, number):
            raise domain.not_found()
        query = Query(where={_SLOT: number, "stage": Stage.REVOKED})
        found = [state.credential async for _, state in whole_list(self._stores.awards, tenant, query)]
        revoked = [credential.slot.index for credential in found if credential is not None]
        now = self._clock.now()
        jwt = self._signer.sign(issuer, credentials.list_claims(issuer, number, revoked, now))
        return StatusList(jwt, issuer.list_url(number), now + LIST_LIFE)

    def _signed(self, issuer: Issuer, award: Award, slot: Slot, opaque: Opaque) -> Credential:
        claims = credentials.badge_claims(issuer, award, slot, opaque)
        return Credential(self._signer.sign(issuer, claims), slot, self._clock.now())

    async def _give(self, ref: Ref, credential: Credential, cause: Cause) -> Versioned[Award]:
        return await self._stores.awards.change(ref, lambda state: state.issue(credential), cause)

    async def _own(self, caller: Caller, names: Names) -> Versioned[Award]:
        person, award = names
        if person != caller.subject and not is_hr(caller):
            raise domain.not_found()
        stored = await self._stores.awards.get(Ref(caller.org, award))
        stored.state.require_of(person)
        return stored

    async def _require_valid(self, tenant: str, award: Award) -> None:
        """Look at the recognition, too: it is taken back a moment before its badges."""
        award.require_held()
        proof = await self._stores.recognitions.get(Ref(tenant, award.recognition))
        proof.state.require_issued()
        badge = await self._badges.get(tenant, award.badge)
        if not badge.state.certificate:
            raise Refused("NO_CERTIFICATE", "there are no credentials of this badge")

    async def _issuer(self, tenant: str) -> Issuer:
        issuer = (await self._choices.settings(tenant)).state.issuer
        if not issuer.url:
            raise Refused(
                "ISSUER_NOT_CONFIGURED",
                "HR has to set issuer_name and issuer_url in the settings",
            )
        return issuer

    async def _is_used(self, tenant: str, number: int) -> bool:
        page = await self._stores.awards.list(tenant, Query(where={_SLOT: number}, page_size=1))
        return bool(page.items)


def _opaque(*, with_identifier: bool) -> Opaque:
    salt = secrets.token_hex(_SALT_BYTES) if with_identifier else ""
    return Opaque(f"urn:uuid:{ids.new_id()}", f"urn:uuid:{ids.new_id()}", salt)
