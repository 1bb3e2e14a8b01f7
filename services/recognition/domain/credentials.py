"""What credentials, status lists and issuer documents say, as JSON.

After Open Badges 3.0, Bitstring Status List 1.0 and DID Core 1.0. `badge_claims` and `list_claims` are whole
JWT payloads: the credential itself, beside the registered claims that repeat parts of it.
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.recognition.domain.awards import LIST_LENGTH, Award, Slot
from services.recognition.domain.choices import Issuer

LIST_LIFE: Final = timedelta(days=7)
"""How long verifiers may rely on a status list."""

_VC: Final = "https://www.w3.org/ns/credentials/v2"
_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


@dataclass(frozen=True, slots=True)
class Opaque:
    """The random ids of one credential. `salt` is empty unless it is to carry the hash of the person's id."""

    credential: str
    subject: str
    salt: str = ""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies; `id` is its JWK's thumbprint, `algorithm` a JOSE name."""

    id: str
    algorithm: str
    jwk: Mapping[str, str]


def badge_claims(issuer: Issuer, award: Award, slot: Slot, opaque: Opaque) -> dict[str, Any]:
    """Return what the credential of an award says. No name, no id of a person."""
    list_url = issuer.list_url(slot.number)
    credential = {
        "@context": [_VC, _BADGES],
        "id": opaque.credential,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": award.words.display_name,
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.url},
        "validFrom": _stamp(award.earn_time),
        "credentialSubject": _subject(issuer, award, opaque),
        "evidence": [
            {"id": f"urn:uuid:{event}", "type": ["Evidence"], "genre": "Event"} for event in award.evidence
        ],
        "credentialStatus": {
            "id": f"{list_url}#{slot.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(slot.index),
            "statusListCredential": list_url,
        },
    }
    return {**credential, **_registered(credential, issuer, award.earn_time)}


def _subject(issuer: Issuer, award: Award, opaque: Opaque) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "id": opaque.subject,
        "type": ["AchievementSubject"],
        "achievement": {
            "id": issuer.badge_url(award.badge),
            "type": ["Achievement"],
            "achievementType": "Badge",
            "name": award.words.display_name,
            "description": award.words.description,
            "criteria": {"narrative": award.words.criteria},
        },
    }
    if opaque.salt:
        subject["identifier"] = [_identity(award.person, opaque.salt)]
    return subject


def _identity(person: str, salt: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{person}{salt}".encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "systemId",
        "salt": salt,
    }


def list_claims(issuer: Issuer, number: int, revoked: Iterable[int], now: datetime) -> dict[str, Any]:
    """Return what a status list says: which indexes are `revoked`, for a week from `now`."""
    url = issuer.list_url(number)
    credential = {
        "@context": [_VC],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": _stamp(now),
        "validUntil": _stamp(now + LIST_LIFE),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
    }
    return {**credential, **_registered(credential, issuer, now), "exp": int((now + LIST_LIFE).timestamp())}


def encoded(revoked: Iterable[int]) -> str:
    """Return a bitstring with the given bits set, index 0 leftmost, as gzip in multibase base64url."""
    bits = bytearray(LIST_LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def issuer_document(issuer: Issuer, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """Return the DID document that says which keys sign for the issuer."""
    methods = [
        {
            "id": method_of(issuer, key),
            "type": "JsonWebKey",
            "controller": issuer.did,
            "publicKeyJwk": dict(key.jwk),
        }
        for key in keys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": issuer.did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def method_of(issuer: Issuer, key: PublicKey) -> str:
    """Return the URL of a key in the issuer document, as JWTs name it."""
    return f"{issuer.did}#{key.id}"


def _registered(credential: Mapping[str, Any], issuer: Issuer, since: datetime) -> dict[str, Any]:
    return {
        "iss": issuer.did,
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": int(since.timestamp()),
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
