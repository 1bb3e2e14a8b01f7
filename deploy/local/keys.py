"""Development keys and secrets, kept in the data folder for its owner only."""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from deploy import secrets as made_up

ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_SECONDS = 3600
# A token signed just before a rotation is still good for its whole life; twice that leaves room for caches.
KEPT_SECONDS = 2 * TOKEN_SECONDS


@dataclass(frozen=True, slots=True)
class Key:
    """One key pair. `retired` is the Unix time in seconds since when it signs nothing new."""

    kid: str
    pem: str
    retired: float | None = None

    def private(self) -> rsa.RSAPrivateKey:
        """Return the key that signs."""
        key = _loaded(self.pem)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the issuer's key file holds a key that is not RSA")
        return key

    def public(self) -> dict[str, Any]:
        """Return the public half as a JWK."""
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.private().public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


@lru_cache(maxsize=16)
def _loaded(pem: str) -> PrivateKeyTypes:
    """Return the key in a PEM text; reading one takes longer than signing with it."""
    return load_pem_private_key(pem.encode(), password=None)


class Keys:
    """The key ring in one file, mode 0600; `now` tells Unix time in seconds."""

    def __init__(self, file: Path, now: Callable[[], float]) -> None:
        self._file = file
        self._now = now
        self._ring = _read(file) if file.exists() else ()
        if not self._ring:
            self.rotate()
        self._signer = self._ring[-1].private()

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a compact JWT (`typ` at+jwt) signed by the newest key."""
        headers = {"typ": "at+jwt", "kid": self._ring[-1].kid}
        return jwt.encode(claims, self._signer, ALGORITHM, headers=headers)

    def rotate(self) -> str:
        """Sign with a new key from now on and return its id; retired keys stay published for two hours."""
        now = self._now()
        retired = [Key(key.kid, key.pem, key.retired or now) for key in self._ring]
        kept = [key for key in retired if (key.retired or now) > now - KEPT_SECONDS]
        self._ring = (*kept, _generate())
        _write(self._file, json.dumps([[key.kid, key.pem, key.retired] for key in self._ring]))
        self._signer = self._ring[-1].private()
        return self._ring[-1].kid

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, as served."""
        return {"keys": [key.public() for key in self._ring]}


def client_secret(file: Path) -> str:
    """Return the secret all services of this data folder prove themselves with, made on first use."""
    if not file.exists():
        _write(file, made_up.password())
    return file.read_text().strip()


def credential_key(file: Path) -> None:
    """Make the key that credentials of this data folder are signed with, unless there is one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(file, made_up.credential_key())


def data_key(file: Path) -> None:
    """Make the master key that personal texts of this data folder are sealed under, unless there is one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(file, made_up.base64_key())


def _generate() -> Key:
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Key(uuid.uuid4().hex, pem.decode())


def _read(file: Path) -> tuple[Key, ...]:
    return tuple(Key(*entry) for entry in json.loads(file.read_text()))


def _write(file: Path, text: str) -> None:
    """Whole or not at all, readable by the owner only from its first byte on."""
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)
