"""Bearer tokens -> callers. A claim counts only after signature, issuer, audience and times were checked."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from services.kernel import ids
from services.kernel.auth.keys import ALGORITHMS, Keys
from services.kernel.errors import Unauthenticated

ROLES: Final = frozenset({"mentee", "mentor", "program_lead", "hr_admin", "operator", "service"})
MAX_LIFETIME_SECONDS: Final = 24 * 3600
CACHE_SECONDS: Final = 300
"""How long a revoked token may still work."""

_CACHED_TOKENS = 10_000
_MAX_LENGTH = 8_192
_LEEWAY_SECONDS = 30
_TYPES = {"at+jwt", "application/at+jwt"}
_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "org", "roles"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a verified token names: a subject inside one organization, with roles."""

    org: str
    subject: str
    roles: frozenset[str]

    @property
    def person(self) -> str:
        """The caller's resource name as a person."""
        return ids.name("organizations", self.org, "people", self.subject)


class Tokens:
    """Verifies tokens and remembers the good ones, by hash, until they expire and 300 s at most."""

    def __init__(self, keys: Keys, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def remembered(self, token: str) -> Caller | None:
        """Return the caller of a token verified before, without any IO."""
        digest = hashlib.sha256(token.encode()).digest()
        entry = self._known.get(digest)
        if entry is None:
            return None
        if entry[0] <= self._now():
            del self._known[digest]
            return None
        return entry[1]

    async def caller(self, token: str) -> Caller:
        """Return whom the token names. Raises Unauthenticated, or Unavailable while no key can be had."""
        if not token:
            raise Unauthenticated("TOKEN_MISSING", "send the metadata authorization: Bearer <token>")
        return self.remembered(token) or await self._verified(token)

    async def _verified(self, token: str) -> Caller:
        key = await self._keys.get(_key_id(token))
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
            raise _refused("the token was not accepted", type(error).__name__) from error
        caller = caller_of(claims)
        self._remember(token, caller, float(claims["exp"]))
        return caller

    def _remember(self, token: str, caller: Caller, expires: float) -> None:
        until = min(expires, self._now() + CACHE_SECONDS)
        self._known[hashlib.sha256(token.encode()).digest()] = (until, caller)
        if len(self._known) > _CACHED_TOKENS:
            self._known.popitem(last=False)


def _refused(message: str, check: str) -> Unauthenticated:
    return Unauthenticated("INVALID_TOKEN", message, metadata={"check": check})


def _key_id(token: str) -> str:
    if len(token) > _MAX_LENGTH:
        raise _refused("the token is too long", "length")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise _refused("not a token", "header") from error
    if str(header.get("typ", "")).lower() not in _TYPES:
        raise _refused("not an access token", "typ")
    if header.get("alg") not in ALGORITHMS:
        raise _refused("the token's algorithm is not accepted", "alg")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _refused("the token names no key", "kid")
    return kid


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """Return whom verified claims name. Raises Unauthenticated for wrong types or a lifetime above 24 h."""
    if not all(isinstance(claims[claim], int | float) for claim in ("exp", "iat")):
        raise _refused("the token's times are not numbers", "times")
    if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
        raise _refused("the token lives too long", "lifetime")
    org, subject, roles = claims["org"], claims["sub"], claims["roles"]
    if not (_is_segment(org) and _is_segment(subject)):
        raise _refused("the token names no organization or subject", "org")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _refused("the token's roles are not a list", "roles")
    return Caller(org, subject, ROLES.intersection(roles))


def _is_segment(value: object) -> bool:
    return isinstance(value, str) and ids.is_segment(value)
