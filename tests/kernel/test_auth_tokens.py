import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from services.kernel.auth import Caller, Keys, Tokens
from services.kernel.auth.tokens import CACHE_SECONDS
from services.kernel.errors import Unauthenticated
from tests.kernel.conftest import Seconds
from tests.kernel.issuer import ISSUER, Issuer, Key, claims, sign

RSA = Key("rsa", "RS256")
HOUR = 3600


@pytest.fixture
def wall() -> Seconds:
    return Seconds(time.time())


@pytest.fixture
def tokens(oidc: Issuer, http: aiohttp.ClientSession, wall: Seconds) -> Tokens:
    oidc.keys.append(RSA)
    return Tokens(Keys(oidc.jwks_url, http), ISSUER, "mentoring", wall)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
async def test_a_good_token_names_its_caller(tokens: Tokens, oidc: Issuer, algorithm: str) -> None:
    oidc.keys.append(Key("mine", algorithm))
    caller = await tokens.caller(oidc.token(roles=["mentor", "hr_admin", "wizard"]))
    assert caller == Caller("acme", "ada", frozenset({"mentor", "hr_admin"})), "unknown roles mean nothing"
    assert caller.person == "organizations/acme/people/ada"


def unsigned() -> str:
    """Forge by the classic: algorithm none."""
    parts = [{"typ": "at+jwt", "alg": "none", "kid": "rsa"}, claims()]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def signed_with_the_public_key() -> str:
    """Forge by the other classic: sign with the public key as if it were a shared secret."""
    public = RSA.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    parts = [{"typ": "at+jwt", "alg": "HS256", "kid": "rsa"}, claims()]
    body = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )
    signature = hmac.new(public, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered() -> str:
    """Exchange the claims of a good token after signing."""
    head, _, signature = sign(RSA, claims()).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(org="rival")).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def with_claims(**changes: Any) -> Callable[[], str]:
    return lambda: sign(RSA, claims(**changes))


def with_header(**header: Any) -> Callable[[], str]:
    return lambda: sign(RSA, claims(), **header)


def now() -> int:
    return int(time.time())


BAD: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "not a token": lambda: "abc.def.ghi",
    "two parts": lambda: sign(RSA, claims()).rpartition(".")[0],
    "too long": with_claims(padding="x" * 9_000),
    "algorithm none": unsigned,
    "shared secret": signed_with_the_public_key,
    "tampered": tampered,
    "foreign key under a known id": lambda: sign(Key("rsa", "RS256"), claims()),
    "foreign key of another kind under a known id": lambda: sign(Key("rsa", "ES256"), claims()),
    "unknown key": lambda: sign(Key("nobody"), claims()),
    "no key id": with_header(kid=None),
    "key in the header": lambda: sign(Key("mine"), claims(), jwk=Key("mine").jwk()),
    "key by address": lambda: sign(Key("mine"), claims(), jku="https://evil.example/jwks"),
    "unknown critical header": with_header(crit=["b64"], b64=False),
    "an identity token": with_header(typ="JWT"),
    "no type": with_header(typ=None),
    "wrong issuer": with_claims(iss="https://evil.example"),
    "no issuer": with_claims(iss=None),
    "wrong audience": with_claims(aud="payroll"),
    "no audience": with_claims(aud=None),
    "expired": with_claims(iat=now() - 2 * HOUR, exp=now() - HOUR),
    "no expiry": with_claims(exp=None),
    "lives for a year": with_claims(exp=now() + 365 * 24 * HOUR),
    "expiry as text": with_claims(exp=str(now() + HOUR)),
    "expiry beyond all numbers": with_claims(exp=float("inf")),
    "issued in the future": with_claims(iat=now() + HOUR, exp=now() + 2 * HOUR),
    "no issue time": with_claims(iat=None),
    "not valid yet": with_claims(nbf=now() + HOUR),
    "no subject": with_claims(sub=None),
    "subject is a number": with_claims(sub=5),
    "subject with a slash": with_claims(sub="ada/../bob"),
    "no organization": with_claims(org=None),
    "organization is a list": with_claims(org=["acme", "rival"]),
    "organization with a slash": with_claims(org="acme/people"),
    "no roles": with_claims(roles=None),
    "roles as text": with_claims(roles="hr_admin"),
    "roles of numbers": with_claims(roles=[1, 2]),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
async def test_a_bad_token_is_refused(tokens: Tokens, make: Callable[[], str]) -> None:
    token = make()
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await tokens.caller(token)
    assert tokens.remembered(token) is None


async def test_a_known_token_is_not_verified_again(tokens: Tokens, oidc: Issuer) -> None:
    token = oidc.token()
    caller = await tokens.caller(token)
    oidc.keys.clear()
    assert tokens.remembered(token) == caller


async def test_nothing_is_remembered_beyond_five_minutes(tokens: Tokens, oidc: Issuer, wall: Seconds) -> None:
    token = oidc.token()
    await tokens.caller(token)
    wall.now += CACHE_SECONDS + 1
    assert tokens.remembered(token) is None


async def test_nothing_is_remembered_beyond_the_tokens_own_expiry(
    tokens: Tokens, oidc: Issuer, wall: Seconds
) -> None:
    token = oidc.token(exp=now() + 60)
    await tokens.caller(token)
    wall.now += 61
    assert tokens.remembered(token) is None


async def test_old_tokens_make_room_for_new_ones(
    tokens: Tokens, oidc: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.auth.tokens._CACHED_TOKENS", 2)
    made = [oidc.token(sub=f"p{number}") for number in range(3)]
    for token in made:
        await tokens.caller(token)
    assert [tokens.remembered(token) is not None for token in made] == [False, True, True]


def test_the_forgery_with_the_public_key_is_really_well_made() -> None:
    """Without this the table above could pass for the wrong reason."""
    assert jwt.get_unverified_header(signed_with_the_public_key())["alg"] == "HS256"
    assert jwt.decode(unsigned(), options={"verify_signature": False})["org"] == "acme"
