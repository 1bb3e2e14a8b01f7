"""Identifiers and resource names (`organizations/{org}/people/{person}`)."""

import hashlib
import re
import uuid
from functools import lru_cache

from services.kernel.errors import Invalid

_NAMESPACE = uuid.UUID("6f4b1c0e-5d0b-5c8e-9a53-3c1f1d2a7e90")  # never changes: stored ids derive from it
_SEGMENT = r"[A-Za-z0-9._~-]{1,128}"
_SEGMENT_PATTERN = re.compile(_SEGMENT)
_NAME_PATTERN = re.compile(f"{_SEGMENT}(?:/{_SEGMENT})*")


def new_id() -> str:
    """Return a random UUID4 as text."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """Return the UUID5 that belongs to `parts` for ever; ("ab", "c") and ("a", "bc") differ."""
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return _uuid5(text.encode())


def _uuid5(name: bytes) -> str:
    """Return uuid.uuid5 as text, without the UUID object in between: each event costs one."""
    digest = bytearray(hashlib.sha1(_NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_segment(text: str) -> bool:
    """Whether `text` may stand between the slashes of a resource name."""
    return _SEGMENT_PATTERN.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether `text` is a resource name: segments with slashes between them."""
    return _NAME_PATTERN.fullmatch(text) is not None


def name(*segments: str) -> str:
    """Join segments to a resource name. ValueError for a segment that is no identifier."""
    joined = "/".join(segments)
    if _NAME_PATTERN.fullmatch(joined) is None or joined.count("/") >= len(segments):
        raise ValueError(f"not all of these are name segments: {segments!r}")
    return joined


def parse_name(pattern: str, value: str, field: str = "name") -> tuple[str, ...]:
    """Return the ids that stand at the stars of `pattern`, such as "organizations/*/people/*".

    Raises Invalid MALFORMED_NAME with a violation of `field`.
    """
    match = _compiled(pattern).fullmatch(value)
    if match is None:
        raise Invalid(
            "MALFORMED_NAME",
            f"{field} must look like {pattern}",
            fields=((field, f"must look like {pattern}"),),
        )
    return match.groups()


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (f"({_SEGMENT})" if part == "*" else re.escape(part) for part in pattern.split("/"))
    return re.compile("/".join(parts))
