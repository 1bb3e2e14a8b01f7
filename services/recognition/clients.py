"""The platform's signing key, in a file that the operator keeps."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from services.kernel.errors import Refused
from services.recognition.domain.choices import Issuer
from services.recognition.domain.credentials import PublicKey, method_of

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)
_LEAST_RSA_BITS: Final = 2048

Private = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey
Public = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey


class KeyFile:
    """PEM keys in one file, read at each use, so that a new key needs no restart.

    The first is private and signs: Ed25519, P-256 or RSA of 2,048 bits. All others, private or public, are
    former ones that still verify: to rotate, put a new one in front. Without a file nothing is signed.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def check(self) -> None:
        """Raise SystemExit when there is a file that cannot be used."""
        if self._file is None:
            return
        try:
            self.public_keys()
        except Refused as refusal:
            raise SystemExit(f"CREDENTIAL_KEY_FILE: {refusal.message}") from refusal

    def public_keys(self) -> Sequence[PublicKey]:
        """Return the public keys, the signing one first. Refused SIGNING_KEY_MISSING or …_UNUSABLE."""
        private, former = self._read()
        return [_described(_public(key)) for key in (private, *former)]

    def sign(self, issuer: Issuer, claims: Mapping[str, Any]) -> str:
        """Return a compact JWT. Refused as `public_keys`."""
        private, _ = self._read()
        key = _described(_public(private))
        return jwt.encode(dict(claims), private, key.algorithm, headers={"kid": method_of(issuer, key)})

    def _read(self) -> tuple[Private, Sequence[Private | Public]]:
        if self._file is None:
            raise Refused("SIGNING_KEY_MISSING", "the operator has to set CREDENTIAL_KEY_FILE to a PEM file")
        try:
            keys = [_loaded(block) for block in _BLOCK.finditer(self._file.read_bytes())]
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable("the file holds what is no unencrypted PEM key") from error
        if not keys or isinstance(keys[0], Public):
            raise _unusable("the first key must be a private one")
        return keys[0], keys[1:]


def _loaded(block: re.Match[bytes]) -> Private | Public:
    key = load_pem_public_key(block[0]) if block[1] == b"PUBLIC KEY" else load_pem_private_key(block[0], None)
    if not isinstance(key, Private | Public):
        raise TypeError("a key of another kind")
    return key


def _public(key: Private | Public) -> Public:
    return key if isinstance(key, Public) else key.public_key()


def _described(key: Public) -> PublicKey:
    """Return a key as verifiers get it; its id is the thumbprint of RFC 7638."""
    algorithm, members, jwk = _jwk(key)
    needed = {name: str(jwk[name]) for name in members}
    digest = hashlib.sha256(json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()).digest()
    return PublicKey(base64.urlsafe_b64encode(digest).decode().rstrip("="), algorithm, needed)


def _jwk(key: Public) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    match key:
        case Ed25519PublicKey():
            return "EdDSA", ("crv", "kty", "x"), OKPAlgorithm.to_jwk(key, as_dict=True)
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return "ES256", ("crv", "kty", "x", "y"), ECAlgorithm.to_jwk(key, as_dict=True)
        case RSAPublicKey(key_size=bits) if bits >= _LEAST_RSA_BITS:
            return "RS256", ("e", "kty", "n"), RSAAlgorithm.to_jwk(key, as_dict=True)
    raise _unusable("keys are Ed25519, P-256 or RSA of 2,048 bits")


def _unusable(why: str) -> Refused:
    return Refused("SIGNING_KEY_UNUSABLE", f"the operator's key file cannot be used: {why}")
