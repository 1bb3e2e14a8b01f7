"""The development issuer: who gets which token, and that rotation strands nobody."""

import stat
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from deploy.local.issuer import AUDIENCE, Issuer, Refused
from deploy.local.keys import KEPT_SECONDS, TOKEN_SECONDS, Keys

PERSON = {
    "grant_type": "urn:mentoring:development",
    "organization": "acme",
    "person": "e0100286",
    "roles": "mentee mentor",
}


def verified(issuer: Issuer, token: str) -> dict[str, Any]:
    """Claims of a token that a service would accept, by the published keys alone."""
    keys = jwt.PyJWKSet.from_dict(issuer.keys.jwks())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    wanted: dict[str, Any] = jwt.decode(
        token, key.key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer.url
    )
    return wanted


async def ask(issuer: Issuer, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.post(issuer.token_url, data=form) as answer:
        return answer.status, await answer.json()


async def test_person_gets_a_token_bound_to_organization_and_roles(issuer: Issuer) -> None:
    status, answer = await ask(issuer, PERSON)
    claims = verified(issuer, answer["access_token"])
    assert status == 200
    assert (claims["org"], claims["sub"], claims["roles"]) == ("acme", "e0100286", ["mentee", "mentor"])
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == TOKEN_SECONDS
    assert jwt.get_unverified_header(answer["access_token"])["typ"] == "at+jwt"


async def test_service_proves_itself_with_the_secret_file(issuer: Issuer) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "matching",
        "client_secret": issuer.secret_file.read_text(),
        "organization": "acme",
    }
    status, answer = await ask(issuer, form)
    claims = verified(issuer, answer["access_token"])
    assert (status, claims["sub"], claims["roles"]) == (200, "matching", ["service"])
    status, answer = await ask(issuer, {**form, "client_secret": "guess"})
    assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"roles": ""}, "invalid_scope"),
        ({"roles": "mentee service"}, "invalid_scope"),
        ({"organization": "acme/../other"}, "invalid_request"),
        ({"person": ""}, "invalid_request"),
    ],
)
async def test_unusable_forms_get_an_oauth_error(issuer: Issuer, change: dict[str, str], error: str) -> None:
    status, answer = await ask(issuer, {**PERSON, **change})
    assert (status, answer["error"]) == (400, error)


async def test_discovery_names_the_places_that_answer(issuer: Issuer) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{issuer.url}/.well-known/openid-configuration") as answer:
            found = await answer.json()
        async with http.get(found["jwks_uri"]) as answer:
            published = await answer.json()
    assert found["issuer"] == issuer.url
    assert found["token_endpoint"] == issuer.token_url
    assert all(not {"d", "p", "q"} & key.keys() for key in published["keys"]), "a private part is published"


async def test_rotation_signs_with_a_new_key_and_keeps_the_old_tokens_good(issuer: Issuer) -> None:
    before = issuer.mint("acme", "e1", "mentee")
    async with aiohttp.ClientSession() as http, http.post(f"{issuer.url}/rotate") as answer:
        kid = (await answer.json())["kid"]
    after = issuer.mint("acme", "e1", "mentee")
    assert jwt.get_unverified_header(after)["kid"] == kid != jwt.get_unverified_header(before)["kid"]
    assert verified(issuer, before)["sub"] == verified(issuer, after)["sub"] == "e1"


def test_retired_keys_leave_once_no_token_can_still_need_them(tmp_path: Path) -> None:
    seconds = 1_000_000.0
    keys = Keys(tmp_path / "keys.json", lambda: seconds)
    keys.rotate()
    seconds += KEPT_SECONDS
    keys.rotate()
    assert len(keys.jwks()["keys"]) == 2, "the key retired long ago should be gone, the last one not"


def test_keys_and_secret_survive_a_restart_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    first = Issuer(tmp_path, "http://127.0.0.1:1")
    token = first.mint("acme", "e1", "mentee")
    second = Issuer(tmp_path, "http://127.0.0.1:1")
    assert verified(second, token)["sub"] == "e1"
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_claims_can_be_replaced_or_left_out_to_make_bad_tokens(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, "http://127.0.0.1:1")
    token = issuer.mint("acme", "e1", "mentee", aud="other", jti=None)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "other"
    assert "jti" not in claims


def test_an_unknown_grant_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="client_credentials"):
        Issuer(tmp_path, "http://127.0.0.1:1").grant({})
