"""Badges that people hold, from the recognition that earned one to its credential and its revocation."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.kernel.errors import Refused
from services.recognition.domain.badges import Badge, Words
from services.recognition.domain.recognitions import Place, Recognition, not_found

LIST_LENGTH: Final = 131_072
"""Entries of a status list: the least the standard allows, so that an index hides among many."""
TRIES_PER_LIST: Final = 16
"""How often a slot is drawn in one list before the next: it is nearly full then."""


class Stage(StrEnum):
    """Whether it counts."""

    HELD = "HELD"
    REVOKED = "REVOKED"


class Origin(StrEnum):
    """How an award came about: by rule when it was earned, or granted later."""

    RULE = "RULE"
    GRANT = "GRANT"


@dataclass(frozen=True, slots=True)
class BadgeAwarded:
    """A person holds a badge."""


@dataclass(frozen=True, slots=True)
class BadgeAwardRevoked:
    """A person no longer holds it."""


@dataclass(frozen=True, slots=True)
class CredentialIssued:
    """Its credential exists."""


Event = BadgeAwarded | BadgeAwardRevoked | CredentialIssued


@dataclass(frozen=True, slots=True)
class Slot:
    """The bit of a status list that tells whether a credential is revoked."""

    number: int
    index: int

    @property
    def claim(self) -> str:
        """What no other award of the organization may hold."""
        return f"slot/{self.number}/{self.index}"


@dataclass(frozen=True, slots=True)
class Credential:
    """An issued credential, as it was signed."""

    jwt: str
    slot: Slot
    issue_time: datetime


@dataclass(frozen=True, slots=True)
class Award:
    """A badge that `person` of `people` (mentor, mentee) earned with a recognition; words as they were then.

    `claims` must be unique in the organization: the badge's place while it is held, and the credential's slot
    for ever.
    """

    badge: str
    revision: int
    words: Words
    person: str
    people: tuple[str, str]
    mentorship: str
    recognition: str
    evidence: tuple[str, ...]
    earn_time: datetime
    claims: tuple[str, ...]
    origin: Origin = Origin.RULE
    stage: Stage = Stage.HELD
    credential: Credential | None = None

    @property
    def place(self) -> Place:
        """Where it is held."""
        return Place(self.person, self.mentorship)

    def require_of(self, person: str) -> None:
        """Raise NotFound unless it is `person`'s."""
        if person != self.person:
            raise not_found()

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is its holder or the other one of the pair."""
        if person not in {self.person, *self.people}:
            raise not_found()

    def require_held(self) -> None:
        """Raise Refused AWARD_REVOKED once it is taken back."""
        if self.stage is Stage.REVOKED:
            raise Refused("AWARD_REVOKED", "the recognition behind this badge was taken back")

    def issue(self, credential: Credential) -> "tuple[Award, list[Event]]":
        """Give it its credential, once. Refused AWARD_REVOKED."""
        if self.credential is not None:
            return self, []
        self.require_held()
        claims = (*self.claims, credential.slot.claim)
        return replace(self, credential=credential, claims=claims), [CredentialIssued()]

    def revoke(self) -> "tuple[Award, list[Event]]":
        """Take it back, once; its place is free for a better proof, its slot never."""
        if self.stage is Stage.REVOKED:
            return self, []
        kept = () if self.credential is None else (self.credential.slot.claim,)
        return replace(self, stage=Stage.REVOKED, claims=kept), [BadgeAwardRevoked()]


def award(
    badge: tuple[str, Badge], proof: tuple[str, Recognition], origin: Origin, now: datetime
) -> tuple[Award, list[Event]]:
    """Award a badge for a recognition; both come with their ids."""
    key, rule = badge
    recognition, earned = proof
    awarded = Award(
        badge=key,
        revision=rule.revision,
        words=rule.words,
        person=earned.earner,
        people=(earned.mentor, earned.mentee),
        mentorship=earned.mentorship,
        recognition=recognition,
        evidence=earned.evidence,
        earn_time=now,
        claims=(f"held/{key}/{earned.earner}/{earned.mentorship}",),
        origin=origin,
    )
    return awarded, [BadgeAwarded()]


def slot(award: str, attempt: int) -> Slot:
    """Return the slot that an award tries to take: drawn from its id, so that neighbours tell nothing."""
    drawn = hashlib.sha256(f"{award}/{attempt}".encode()).digest()
    return Slot(attempt // TRIES_PER_LIST, int.from_bytes(drawn[:8]) % LIST_LENGTH)
