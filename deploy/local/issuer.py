"""A development OIDC issuer: signs whatever it is asked for, so it listens on loopback only.

Run by `python -m deploy.local.issuer`; serves `/.well-known/openid-configuration`, `/jwks.json`,
`POST /token` (forms: `Issuer.grant`) and `POST /rotate`.
"""

import argparse
import hmac
import re
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.local.keys import TOKEN_SECONDS, Keys, client_secret
from deploy.local.ports import LOOPBACK

AUDIENCE = "mentoring"
ROLES = ("mentee", "mentor", "program_lead", "hr_admin", "operator")
SERVICE_ROLE = "service"
CLIENT_CREDENTIALS = "client_credentials"
DEVELOPMENT = "urn:mentoring:development"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
MAX_BODY = 16_384


class Refused(Exception):  # noqa: N818 - an answer to the client, in OAuth's words
    """An OAuth error answer: code, text and HTTP status."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


class Issuer:
    """Mints tokens for people and services. `url` is the `iss` claim and the base of all paths."""

    def __init__(self, data: Path, url: str, now: Callable[[], float] = time.time) -> None:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.url = url
        self.secret_file = data / "client_secret"
        self._secret = client_secret(self.secret_file)
        self._now = now
        self.keys = Keys(data / "keys.json", now)

    @property
    def jwks_url(self) -> str:
        """What OIDC_JWKS_URL holds."""
        return f"{self.url}/jwks.json"

    @property
    def token_url(self) -> str:
        """What OIDC_TOKEN_URL holds."""
        return f"{self.url}/token"

    def mint(self, org: str, subject: str, *roles: str, **claims: Any) -> str:
        """Return a signed token for one hour; `claims` replace the usual ones, None removes one."""
        now = int(self._now())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "org": org,
            "roles": list(roles),
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid.uuid4().hex,
        }
        return self.keys.sign(
            {name: value for name, value in {**usual, **claims}.items() if value is not None}
        )

    def grant(self, form: Mapping[str, str]) -> str:
        """Return the token a form of `POST /token` asks for. Raises Refused."""
        kind = form.get("grant_type", "")
        if kind == CLIENT_CREDENTIALS:
            return self._service(form)
        if kind == DEVELOPMENT:
            return self._person(form)
        raise Refused("unsupported_grant_type", f"grant_type is {CLIENT_CREDENTIALS} or {DEVELOPMENT}")

    def _service(self, form: Mapping[str, str]) -> str:
        given = form.get("client_secret", "").encode()
        if not hmac.compare_digest(given, self._secret.encode()):
            raise Refused("invalid_client", "wrong client_id or client_secret", status=401)
        return self.mint(_identifier(form, "organization"), _identifier(form, "client_id"), SERVICE_ROLE)

    def _person(self, form: Mapping[str, str]) -> str:
        roles = form.get("roles", "").split()
        if not roles or not set(roles) <= set(ROLES):
            raise Refused("invalid_scope", f"roles is one or more of: {' '.join(ROLES)}")
        return self.mint(_identifier(form, "organization"), _identifier(form, "person"), *roles)

    def configuration(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": self.jwks_url,
            "token_endpoint": self.token_url,
            "grant_types_supported": [CLIENT_CREDENTIALS, DEVELOPMENT],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }


def _identifier(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not ID.fullmatch(value):
        raise Refused("invalid_request", f"{name} is 1 to 63 letters, digits, '.', '_' or '-'")
    return value


def application(issuer: Issuer) -> web.Application:
    """Return the HTTP face of an issuer."""

    async def token(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            signed = issuer.grant(form)
        except Refused as refused:
            answer = {"error": refused.code, "error_description": str(refused)}
            return web.json_response(answer, status=refused.status)
        granted = {"access_token": signed, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return web.json_response(granted, headers={"Cache-Control": "no-store"})

    async def configuration(_: web.Request) -> web.Response:
        return web.json_response(issuer.configuration())

    async def jwks(_: web.Request) -> web.Response:
        return web.json_response(issuer.keys.jwks())

    async def rotate(_: web.Request) -> web.Response:
        return web.json_response({"kid": issuer.keys.rotate()})

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_get("/.well-known/openid-configuration", configuration)
    app.router.add_get("/jwks.json", jwks)
    app.router.add_post("/token", token)
    app.router.add_post("/rotate", rotate)
    return app


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.issuer", description="development OIDC issuer"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the keys and the client secret")
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    issuer = Issuer(args.data, f"http://{LOOPBACK}:{args.port}")
    web.run_app(application(issuer), host=LOOPBACK, port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
