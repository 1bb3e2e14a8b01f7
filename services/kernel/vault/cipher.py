"""One text under one key: AES-256-GCM, bound to whose it is and which field holds it. Pure but for nonces.

A sealed text is: a format byte, the key's id (8), the nonce (12), ciphertext with its tag (16).
"""

import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_FORMAT: Final = b"\x01"
_ID_END: Final = 1 + ID_BYTES
_NONCE_END: Final = _ID_END + _NONCE_BYTES


class Unreadable(Exception):  # noqa: N818 -- what was found
    """Something sealed cannot be opened, though nobody was erased."""


class Tampered(Unreadable):
    """A sealed text is not what was stored in this place under this key."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one person or organization; `raw` is for keyed digests only."""

    id: bytes
    raw: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, key_id: bytes, raw: bytes) -> "DataKey":
        """Return the key made of its bytes."""
        return cls(key_id, raw, AESGCM(raw))

    def seal(self, text: bytes, place: bytes) -> bytes:
        """Return `text` sealed for `place`."""
        nonce = os.urandom(_NONCE_BYTES)
        return b"".join((_FORMAT, self.id, nonce, self.cipher.encrypt(nonce, text, place)))

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return the text. Tampered."""
        try:
            return self.cipher.decrypt(sealed[_ID_END:_NONCE_END], sealed[_NONCE_END:], place)
        except InvalidTag as error:
            raise Tampered from error


def key_id(sealed: bytes) -> bytes:
    """Return the id of the key that opens a sealed text. Tampered for another format."""
    if not sealed.startswith(_FORMAT) or len(sealed) < _NONCE_END:
        raise Tampered
    return sealed[1:_ID_END]
