"""Kinds of refusal. Domain code raises one; `kernel.rpc.status` turns it into a gRPC status.

`reason` is stable UPPER_SNAKE for machines, `message` is for people and travels to the caller: no personal
data in either. `fields` are (request field path, description) pairs, `metadata` goes into the ErrorInfo.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

Fields = Sequence[tuple[str, str]]


class Refusal(Exception):  # noqa: N818 -- a refusal is an expected answer, not a defect
    """An answer of "no" that the caller can understand and act on."""

    def __init__(
        self, reason: str, message: str, *, fields: Fields = (), metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.fields = tuple(fields)
        self.metadata: Mapping[str, str] = dict(metadata or {})

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross process borders whole: Exception's own way would call `__init__` with the joined text."""
        whole = partial(type(self), fields=self.fields, metadata=dict(self.metadata))
        return whole, (self.reason, self.message)


class Invalid(Refusal):
    """The request itself is wrong, whatever is stored."""


class NotFound(Refusal):
    """Nothing of that name exists for this caller."""


class AlreadyExists(Refusal):
    """The name is taken."""


class Refused(Refusal):
    """The request is fine but a business rule or the present state forbids it."""


class Conflict(Refusal):
    """Somebody else changed it first; read again and decide again."""


class Denied(Refusal):
    """The caller is known and may not do this."""


class Unauthenticated(Refusal):
    """The caller is not known."""


class Exhausted(Refusal):
    """A quota or the server's capacity is used up; try again after `retry_after` seconds."""

    retry_after: float = 1.0

    def after(self, seconds: float) -> Self:
        """Say when to try again."""
        self.retry_after = seconds
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Take `retry_after` along."""
        return (*super().__reduce__(), {"retry_after": self.retry_after})


class Unavailable(Refusal):
    """Something this service needs is not there now; try again."""
