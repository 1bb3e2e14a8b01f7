"""What users of the store say and get: references, causes, kinds, pages. No driver in here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from services.kernel.fates import Fate

S = TypeVar("S")

Decide = Callable[[S], tuple[S, Sequence[Any]]]
"""A pure decision: the new state and its domain events. No events: nothing is saved."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one aggregate of one tenant. Neither part holds a slash."""

    tenant: str
    id: str

    @property
    def key(self) -> str:
        """Return the document's `_id`."""
        return f"{self.tenant}/{self.id}"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something changes: the id of a request, an event or a timer. The same id has one effect only.

    `digest` tells requests of one id apart, `trace` is the `traceparent` that the events carry on.
    """

    id: str
    digest: str = ""
    trace: str | None = None


def request_cause(subject: str, request_id: str = "") -> str:
    """Return the id of a cause that is a caller's request; without `request_id` how all of theirs begin."""
    return f"request:{subject}:{request_id}"


@dataclass(frozen=True, slots=True)
class Versioned(Generic[S]):
    """A stored state. `version` is the number of events so far.

    `document` is the form it was read in where a change may follow, for the store alone.
    """

    state: S
    version: int
    create_time: datetime
    update_time: datetime
    document: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def etag(self) -> str:
        """Return the quoted version."""
        return f'"{self.version}"'


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way out: its topic is the message's package, `subject` the aggregate's full name."""

    message: Message
    subject: str
    key: str


def _no_timer(_: object) -> None:
    return None


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One kind of aggregate.

    collection  where its documents live
    state       a frozen dataclass of str, int, float, bool, aware datetime, date, StrEnum, tuples, mappings
                with text keys and dataclasses of these; new fields need defaults
    encode      domain event -> what is published, from the state after the change
    due_at      state -> when it must be looked at next
    fire        what happens then. It must move or clear `due_at`; without events it may change no more
    unique      (field, reason): no two aggregates of a tenant share an element of this tuple field;
                the second save is Refused with the reason
    indexes     fields that lists filter by, each a tuple of state paths
    concerns    state paths with the ids of those whose data it is: it is handed out to them; ITSELF where a
                document has its person's id
    withheld    fields of the state that are not handed out: what others are not to know of each other
    personwise  fields of the state that hold entries of several people, each with a `person`: only the
                entries of the one who asks are handed out
    erasure     what becomes of those that concern a person who is erased; every kind of a service says so
    """

    collection: str
    state: type[S]
    encode: Callable[[Ref, S, Any], Outgoing]
    due_at: Callable[[S], datetime | None] = field(default=_no_timer)
    fire: Callable[[S, datetime], tuple[S, Sequence[Any]]] | None = None
    unique: tuple[str, str] | None = None
    indexes: Sequence[tuple[str, ...]] = ()
    concerns: Sequence[str] = ()
    withheld: Sequence[str] = ()
    personwise: Sequence[str] = ()
    erasure: Fate[S] | None = None


@dataclass(frozen=True, slots=True)
class Save(Generic[S]):
    """One change of a batch; `decide` gets None when there is no such aggregate yet.

    It may run several times. None or no events: unchanged.
    """

    ref: Ref
    decide: Callable[[S | None], tuple[S, Sequence[Any]] | None]
    cause: Cause


class Outcome(StrEnum):
    """What became of a `Save`."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a tenant's aggregates.

    `where` maps state paths to values or to MongoDB conditions such as {"$in": [...]}; of several `either`
    one must hold as well. `page_size` 0 means 50 and more than 1000 means 1000. `order` is "create_time",
    "update_time" or a state path that every aggregate has, with "-" in front for latest first. State paths in
    `without` are not read and show their defaults: for long lists of which little is wanted, never for what
    is saved again. Aggregates are looked for among those created after `created_after`, if it is given: a
    filter that no index helps then reads no older ones.
    """

    where: Mapping[str, Any] = field(default_factory=dict)
    page_size: int = 0
    page_token: str = ""
    order: str = "create_time"
    without: Sequence[str] = ()
    either: Sequence[Mapping[str, Any]] = ()
    created_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[S]):
    """Pairs of id and stored state, in order; an empty token ends the list."""

    items: Sequence[tuple[str, Versioned[S]]]
    next_page_token: str = ""
