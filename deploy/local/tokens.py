"""Asks the running platform's issuer for a person's token."""

import aiohttp

from deploy.local.issuer import DEVELOPMENT


class TokenRefused(Exception):  # noqa: N818 - the issuer's answer
    """The issuer gave no token; the text says why."""


async def person_token(issuer_url: str, org: str, person: str, roles: str) -> str:
    """Return a token for one hour. `roles` are separated by spaces. Raises TokenRefused."""
    form = {"grant_type": DEVELOPMENT, "organization": org, "person": person, "roles": roles}
    try:
        async with aiohttp.ClientSession() as http, http.post(f"{issuer_url}/token", data=form) as answer:
            body = await answer.json()
    except aiohttp.ClientError as error:
        raise TokenRefused(f"the issuer at {issuer_url} does not answer: {error}") from error
    if "access_token" not in body:
        raise TokenRefused(str(body.get("error_description", "the issuer refused")))
    return str(body["access_token"])
