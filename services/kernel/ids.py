"""Identifiers and resource names (`organizations/{org}/people/{person}`)."""

import re
import uuid
from functools import lru_cache

from services.kernel.errors import Invalid

_NAMESPACE = uuid.UUID("6f4b1c0e-5d0b-5c8e-9a53-3c1f1d2a7e90")  # never changes: stored ids derive from it
_SEGMENT = r"[A-Za-z0-9._~-]{1,128}"
_SEGMENT_PATTERN = re.compile(_SEGMENT)


def new_id() -> str:
    """Return a random UUID4 as text."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """Return the UUID5 that belongs to `parts` for ever; ("ab", "c") and ("a", "bc") differ."""
    return str(uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def is_segment(text: str) -> bool:
    """Whether `text` may stand between the slashes of a resource name."""
    return _SEGMENT_PATTERN.fullmatch(text) is not None


def name(*segments: str) -> str:
    """Join segments to a resource name. ValueError for a segment that is no identifier."""
    for segment in segments:
        if not is_segment(segment):
            raise ValueError(f"not a name segment: {segment!r}")
    return "/".join(segments)


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
