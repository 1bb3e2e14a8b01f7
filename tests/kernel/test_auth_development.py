"""The kernel and the development issuer agree on what a token is."""

import aiohttp
import pytest

from deploy.local.issuer import Issuer
from services.kernel.auth import Caller, Keys, ServiceIdentity, Tokens
from services.kernel.errors import Unavailable


@pytest.fixture
def tokens(issuer: Issuer, http: aiohttp.ClientSession) -> Tokens:
    return Tokens(Keys(f"{issuer.url}/jwks.json", http), issuer.url, "mentoring")


async def test_a_development_token_is_accepted(tokens: Tokens, issuer: Issuer) -> None:
    token = issuer.mint("acme", "e0100286", "mentor", "mentee")
    assert await tokens.caller(token) == Caller("acme", "e0100286", frozenset({"mentor", "mentee"}))


async def test_a_service_gets_its_identity_and_others_accept_it(
    tokens: Tokens, issuer: Issuer, http: aiohttp.ClientSession
) -> None:
    identity = ServiceIdentity(f"{issuer.url}/token", ("matching", issuer.secret_file), http)
    caller = await tokens.caller(await identity.token("acme"))
    assert caller == Caller("acme", "matching", frozenset({"service"}))


async def test_a_wrong_secret_gives_no_identity(
    issuer: Issuer, http: aiohttp.ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wrong = tmp_path_factory.mktemp("wrong") / "secret"
    wrong.write_text("guess")
    with pytest.raises(Unavailable):
        await ServiceIdentity(f"{issuer.url}/token", ("matching", wrong), http).token("acme")
