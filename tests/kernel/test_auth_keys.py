import asyncio

import aiohttp
import msgspec
import pytest

from services.kernel.auth import Keys
from services.kernel.auth.keys import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, read
from services.kernel.errors import Unauthenticated, Unavailable
from tests.kernel.conftest import Seconds
from tests.kernel.issuer import Issuer, Key


@pytest.fixture
def keys(oidc: Issuer, http: aiohttp.ClientSession, seconds: Seconds) -> Keys:
    return Keys(oidc.jwks_url, http, seconds)


async def test_a_hundred_callers_cause_one_fetch(keys: Keys, oidc: Issuer) -> None:
    found = await asyncio.gather(*(keys.get("first") for _ in range(100)))
    assert {key.key_id for key in found} == {"first"}
    assert oidc.fetches == 1


async def test_a_rotated_key_is_found_by_one_more_fetch(keys: Keys, oidc: Issuer, seconds: Seconds) -> None:
    await keys.get("first")
    oidc.keys.append(Key("second"))
    seconds.now += PAUSE_SECONDS
    assert (await keys.get("second")).key_id == "second"
    assert oidc.fetches == 2


async def test_a_flood_of_unknown_key_ids_causes_no_flood_of_fetches(keys: Keys, oidc: Issuer) -> None:
    await keys.get("first")
    for number in range(50):
        with pytest.raises(Unauthenticated) as refusal:
            await keys.get(f"guess-{number}")
        assert refusal.value.reason == "UNKNOWN_KEY"
    assert oidc.fetches == 1


async def test_a_withdrawn_key_stops_working_at_the_next_fetch(
    keys: Keys, oidc: Issuer, seconds: Seconds
) -> None:
    oidc.keys.append(Key("leaked"))
    await keys.get("leaked")
    oidc.keys.pop()
    seconds.now += FRESH_SECONDS + 1
    await keys.refresh()
    with pytest.raises(Unauthenticated):
        await keys.get("leaked")


async def test_known_keys_serve_while_the_issuer_is_down_and_no_call_waits_for_it(
    keys: Keys, oidc: Issuer, seconds: Seconds
) -> None:
    await keys.get("first")
    oidc.status = 500
    seconds.now += FRESH_SECONDS + 1
    assert (await keys.get("first")).key_id == "first"
    await keys.refresh()
    assert oidc.fetches == 2
    assert (await keys.get("first")).key_id == "first"
    assert oidc.fetches == 2, "the failed try counts for the pause"


async def test_after_an_hour_without_issuer_nothing_is_accepted(
    keys: Keys, oidc: Issuer, seconds: Seconds
) -> None:
    await keys.get("first")
    oidc.status = 500
    seconds.now += STALE_SECONDS + 1
    with pytest.raises(Unavailable) as refusal:
        await keys.get("first")
    assert refusal.value.reason == "ISSUER_UNAVAILABLE"
    oidc.status = 200
    seconds.now += PAUSE_SECONDS
    assert (await keys.get("first")).key_id == "first"


async def test_without_any_key_callers_are_told_to_come_back(keys: Keys, oidc: Issuer) -> None:
    """UNAUTHENTICATED would make clients throw good tokens away."""
    oidc.status = 503
    for _ in range(3):
        with pytest.raises(Unavailable):
            await keys.get("first")
    assert oidc.fetches == 1


async def test_an_unknown_key_while_the_issuer_is_down_may_be_a_good_one(
    keys: Keys, oidc: Issuer, seconds: Seconds
) -> None:
    await keys.get("first")
    oidc.status = 500
    seconds.now += PAUSE_SECONDS
    with pytest.raises(Unavailable):
        await keys.get("second")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"keys": []}', b'{"keys": 5}', b" " * 300_000])
async def test_an_unusable_answer_counts_as_down(
    keys: Keys, oidc: Issuer, seconds: Seconds, body: bytes
) -> None:
    await keys.get("first")
    oidc.body = body
    seconds.now += FRESH_SECONDS + 1
    await keys.refresh()
    assert (await keys.get("first")).key_id == "first"


def test_only_asymmetric_signature_keys_with_an_id_are_used() -> None:
    good = Key("good").jwk()
    listed = [
        good,
        {**good, "kid": None},
        {**good, "kid": "for-encryption", "use": "enc"},
        {
            "kty": "oct",
            "kid": "shared-secret",
            "alg": "HS256",
            "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        },
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "?"},
        "not even an object",
    ]
    assert set(read(msgspec.json.encode({"keys": listed}))) == {"good"}
