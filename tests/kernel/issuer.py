"""A token issuer whose every misbehaviour a test can choose."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER = "https://issuer.test"
ALGORITHMS: dict[str, Any] = {
    "ES256": jwt.algorithms.ECAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
    "RS256": jwt.algorithms.RSAAlgorithm,
}


def private_key(algorithm: str) -> Any:
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == "ES256"
        else ed25519.Ed25519PrivateKey.generate()
    )


@dataclass
class Key:
    """A signing key with its id."""

    kid: str
    algorithm: str = "ES256"
    private: Any = None

    def __post_init__(self) -> None:
        self.private = self.private or private_key(self.algorithm)

    def jwk(self) -> dict[str, Any]:
        public = json.loads(ALGORITHMS[self.algorithm].to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def claims(**changes: Any) -> dict[str, Any]:
    """Return good claims with changes; a change to None takes the claim away."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": "mentoring",
        "sub": "ada",
        "org": "acme",
        "roles": ["hr_admin"],
        "iat": now,
        "exp": now + 3600,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(key: Key, body: dict[str, Any], **header: Any) -> str:
    """Return a token; header entries of None are taken away."""
    full = {"typ": "at+jwt", "kid": key.kid, **header}
    kept = {name: value for name, value in full.items() if value is not None}
    if "typ" not in kept:
        kept["typ"] = None
    return jwt.encode(body, key.private, algorithm=key.algorithm, headers=kept)


@dataclass
class Issuer:
    """Serves a JWKS and a token endpoint on a real socket and counts what it is asked."""

    keys: list[Key] = field(default_factory=lambda: [Key("first")])
    status: int = 200
    body: bytes | None = None
    fetches: int = 0
    grants: list[dict[str, str]] = field(default_factory=list)
    expires_in: Any = 3600

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/jwks", self._jwks)
        app.router.add_post("/token", self._token)
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    @property
    def jwks_url(self) -> str:
        return str(self._server.make_url("/jwks"))

    @property
    def token_url(self) -> str:
        return str(self._server.make_url("/token"))

    def token(self, **changes: Any) -> str:
        return sign(self.keys[-1], claims(**changes))

    async def _jwks(self, _: web.Request) -> web.Response:
        self.fetches += 1
        document = json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()
        return web.Response(status=self.status, body=document if self.body is None else self.body)

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.grants.append(form)
        token = self.token(org=form["organization"], sub=form["client_id"], roles=["service"])
        body = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        return web.json_response(body, status=self.status)
