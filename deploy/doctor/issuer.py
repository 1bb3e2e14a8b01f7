"""Looks at the token issuer: its keys, its clock, and whether it gives a token that others accept."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
import msgspec

from deploy.doctor import clocks
from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel.auth import keys
from services.kernel.errors import Refusal, Unavailable
from services.kernel.run import Resources

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_SERVICE: Final = "service"


async def examine(resources: Resources, organization: str) -> AsyncIterator[Finding]:
    """Fetch the keys and a token; the token itself shows nowhere."""
    url = resources.settings.oidc_jwks_url
    try:
        async with resources.http.get(url, timeout=_TIMEOUT, allow_redirects=False) as answer:
            status, body, date = answer.status, await answer.read(), answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError) as error:
        text = f"OIDC_JWKS_URL does not answer: {error or type(error).__name__}"
        yield wrong(
            "token issuer", text, "check OIDC_JWKS_URL, the issuer, network policies, its certificate"
        )
        return
    yield _keys(status, body)
    if date:
        yield clocks.skew("the token issuer", parsedate_to_datetime(date))
    yield await _token(resources, organization)


def _keys(status: int, body: bytes) -> Finding:
    if status != 200:
        advice = "compare OIDC_JWKS_URL with `jwks_uri` in the issuer's /.well-known/openid-configuration"
        return wrong("token issuer", f"OIDC_JWKS_URL answers {status}", advice)
    try:
        found = keys.read(body)
    except (ValueError, msgspec.DecodeError) as error:
        advice = f"OIDC_JWKS_URL must serve signature keys for one of {', '.join(sorted(keys.ALGORITHMS))}"
        return wrong("token issuer", f"its keys cannot be used: {error}", advice)
    return ok("token issuer", f"answers, {len(found)} keys")


async def _token(resources: Resources, organization: str) -> Finding:
    about, settings = "own token", resources.settings
    if settings.client_secret_file is None:
        advice = "set CLIENT_SECRET_FILE if this service calls others"
        return warning(about, f"none: {settings.identity} has no secret", advice)
    try:
        token = await resources.identity.token(organization)
    except Unavailable as refusal:
        why = refusal.__cause__ or refusal
        advice = "check OIDC_TOKEN_URL, CLIENT_ID, and the secret in CLIENT_SECRET_FILE with the issuer"
        return wrong(about, f"the issuer gives none: {why}", advice)
    try:
        caller = await resources.tokens.caller(token)
    except Refusal as refusal:
        advice = (
            "compare OIDC_ISSUER and OIDC_AUDIENCE with what the issuer writes, and its claims org and roles"
        )
        return wrong(about, f"would be refused by services: {refusal.message}", advice)
    if _SERVICE not in caller.roles:
        advice = f"let the issuer give client {settings.identity} the role {_SERVICE}"
        return wrong(about, f"lacks the role {_SERVICE}: other services refuse its calls", advice)
    return ok(about, f"accepted, as {caller.subject}")
