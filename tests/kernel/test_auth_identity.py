import asyncio
from pathlib import Path

import aiohttp
import pytest

from services.kernel.auth import ServiceIdentity
from services.kernel.auth.identity import EARLY_SECONDS
from services.kernel.errors import Unavailable
from tests.kernel.conftest import Seconds
from tests.kernel.issuer import Issuer


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    return path


def rotate(secret: Path) -> None:
    secret.write_text("n3w")


@pytest.fixture
def identity(oidc: Issuer, http: aiohttp.ClientSession, seconds: Seconds, secret: Path) -> ServiceIdentity:
    return ServiceIdentity(oidc.token_url, ("scheduling", secret), http, seconds)


async def test_many_callers_share_one_token_per_organization(identity: ServiceIdentity, oidc: Issuer) -> None:
    orgs = ["acme", "rival"] * 20
    tokens = await asyncio.gather(*(identity.token(org) for org in orgs))
    assert len(set(tokens)) == 2
    assert sorted(grant["organization"] for grant in oidc.grants) == ["acme", "rival"]


async def test_the_token_is_asked_for_in_the_services_own_name(
    identity: ServiceIdentity, oidc: Issuer
) -> None:
    await identity.token("acme")
    assert oidc.grants == [
        {
            "grant_type": "client_credentials",
            "client_id": "scheduling",
            "client_secret": "s3cret",
            "organization": "acme",
        }
    ]


async def test_a_token_is_renewed_a_minute_before_it_expires(
    identity: ServiceIdentity, oidc: Issuer, seconds: Seconds
) -> None:
    await identity.token("acme")
    seconds.now += oidc.expires_in - EARLY_SECONDS - 1
    await identity.token("acme")
    assert len(oidc.grants) == 1
    seconds.now += 1
    await identity.token("acme")
    assert len(oidc.grants) == 2


async def test_a_rotated_secret_is_used_without_restart(
    identity: ServiceIdentity, oidc: Issuer, seconds: Seconds, secret: Path
) -> None:
    await identity.token("acme")
    rotate(secret)
    seconds.now += oidc.expires_in
    await identity.token("acme")
    assert oidc.grants[-1]["client_secret"] == "n3w"


async def test_an_issuer_that_refuses_makes_us_unavailable_not_broken(
    identity: ServiceIdentity, oidc: Issuer
) -> None:
    oidc.status = 401
    with pytest.raises(Unavailable) as refusal:
        await identity.token("acme")
    assert refusal.value.reason == "ISSUER_UNAVAILABLE"
    oidc.status = 200
    assert await identity.token("acme")


@pytest.mark.parametrize("expires_in", [None, "soon", []])
async def test_a_nonsensical_answer_is_no_token(
    identity: ServiceIdentity, oidc: Issuer, expires_in: object
) -> None:
    oidc.expires_in = expires_in
    with pytest.raises(Unavailable):
        await identity.token("acme")


async def test_an_issuer_that_is_gone_is_unavailable(identity: ServiceIdentity, oidc: Issuer) -> None:
    await oidc.stop()
    with pytest.raises(Unavailable):
        await identity.token("acme")


async def test_without_a_secret_there_is_no_identity(oidc: Issuer, http: aiohttp.ClientSession) -> None:
    with pytest.raises(Unavailable):
        await ServiceIdentity(oidc.token_url, ("scheduling", None), http).token("acme")
    assert oidc.grants == []
