"""What becomes of documents about an erased person: said of every collection, done by `privacy`. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Sealed:
    """Their texts are unreadable without the key that is destroyed; ids, codes, numbers and times stay."""


@dataclass(frozen=True, slots=True)
class Emptied(Generic[S]):
    """Nothing stays of what the person set or brought, but the name and the numbering of events.

    forget  (the person's id, state) -> the empty state, and what that tells; of an empty one nothing. It is
            asked about every document that concerns the person, so none of these may be somebody else's too
    """

    forget: Callable[[str, S], tuple[S, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Removed:
    """The documents go, and those that are missed `after` some time at the latest."""

    after: str


@dataclass(frozen=True, slots=True)
class Kept:
    """They stay as they are, and `why`."""

    why: str


Fate = Sealed | Emptied[S] | Removed | Kept
IDS: Final = Kept("ids, codes, numbers and times, no words")
COPY: Final = Kept("a copy of what another service told: ids, codes and times")
ORGANIZATION: Final = Kept("the organization's own, about no person")
