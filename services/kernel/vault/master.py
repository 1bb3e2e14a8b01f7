"""The keys that are given to a process as a file, and wrap every other key."""

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kernel.vault.cipher import KEY_BYTES, Unreadable

_NONCE_BYTES: Final = 12
_ID_LETTERS: Final = 12


class Wrapped(NamedTuple):
    """A key as it may be stored, and which master key opens it."""

    master: str
    key: bytes


class WrongMaster(Unreadable):
    """No key of the file opens a stored key: it was wrapped by one that is missing, or was changed."""


class Master:
    """Master keys, the wrapping one first. ValueError without any.

    They are 32 random bytes each. More than one is a rotation: all open, the first wraps.
    """

    def __init__(self, keys: list[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError("needs keys of 32 bytes each")
        self._ciphers = {_id(key): AESGCM(key) for key in keys}
        self.current = _id(keys[0])

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the keys of a file: one in base64 a line, lines that start with # left out. ValueError."""
        lines = [line.strip() for line in file.read_text().splitlines()]
        try:
            keys = [base64.b64decode(line, validate=True) for line in lines if line and line[0] != "#"]
        except binascii.Error:
            raise ValueError("has a line that is not base64") from None
        return cls(keys)

    def wrap(self, raw: bytes, owner: str) -> Wrapped:
        """Return a key of `owner` as it may be stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return Wrapped(self.current, nonce + self._ciphers[self.current].encrypt(nonce, raw, owner.encode()))

    def unwrap(self, wrapped: Wrapped, owner: str) -> bytes:
        """Return the key of `owner` that was stored. WrongMaster."""
        cipher = self._ciphers.get(wrapped.master)
        if cipher is None:
            raise WrongMaster(f"DATA_KEY_FILE holds no master key {wrapped.master}")
        nonce, body = wrapped.key[:_NONCE_BYTES], wrapped.key[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, body, owner.encode())
        except InvalidTag as error:
            raise WrongMaster("a stored key is not the one of its owner") from error


def _id(key: bytes) -> str:
    """Return a name of a key that tells nothing about it."""
    return hashlib.sha256(b"mentoring master key " + key).hexdigest()[:_ID_LETTERS]
