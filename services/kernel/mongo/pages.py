"""Keyset pages: a token says after which (order value, id) to go on. Equally fast at any depth."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from services.kernel.errors import Invalid
from services.kernel.mongo.documents import plain
from services.kernel.mongo.model import Query

DEFAULT_SIZE: Final = 50
LARGEST_SIZE: Final = 1000
_TIMES: Final = {"create_time", "update_time"}
_MAC_BYTES: Final = 12


class After(msgspec.Struct, frozen=True, array_like=True):
    """The last item of a page: its id and its order value, a datetime as milliseconds since 1970."""

    id: str
    value: str | int | float
    is_time: bool

    @classmethod
    def item(cls, key: str, value: Any) -> "After":
        """Return the place of one document."""
        if isinstance(value, datetime):
            return cls(key, round(value.timestamp() * 1000), is_time=True)
        return cls(key, value, is_time=False)

    @property
    def stored(self) -> Any:
        """Return the order value as the database holds it."""
        if not self.is_time:
            return self.value
        return datetime.fromtimestamp(float(self.value) / 1000, UTC)


class Pages:
    """Reads queries and makes tokens of one collection.

    The MAC keeps tokens opaque; it authorizes nothing, so every process may derive the same key.
    """

    def __init__(self, scope: str) -> None:
        self._secret = hashlib.sha256(f"page token of {scope}".encode()).digest()

    def after(self, tenant: str, query: Query) -> After | None:
        """Return where the query goes on, None for the first page. Raises Invalid for a foreign token."""
        if not query.page_token:
            return None
        try:
            raw = base64.urlsafe_b64decode(query.page_token.encode())
            mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(tenant, query, body)):
                raise invalid_token()
            return msgspec.json.decode(body, type=After)
        except (binascii.Error, UnicodeEncodeError, msgspec.MsgspecError) as error:
            raise invalid_token() from error

    def token(self, tenant: str, query: Query, last: After) -> str:
        """Return the token of the page after `last`."""
        body = msgspec.json.encode(last)
        return base64.urlsafe_b64encode(self._mac(tenant, query, body) + body).decode()

    def _mac(self, tenant: str, query: Query, body: bytes) -> bytes:
        """Bind a token to who asks for what."""
        either = [plain(dict(one)) for one in query.either]
        bounds = [] if query.created_after is None else [query.created_after]
        question = [tenant, plain(dict(query.where)), query.order, *either, *bounds]
        asked = msgspec.json.encode(question, order="deterministic")
        return hmac.digest(self._secret, asked + b"\0" + body, "sha256")[:_MAC_BYTES]


def invalid_token() -> Invalid:
    """Return the one refusal of a token that no answer to the same question gave."""
    return Invalid(
        "INVALID_PAGE_TOKEN",
        "the page token is not one of this list",
        fields=(("page_token", "must be a next_page_token of the same list"),),
    )


def size_of(query: Query) -> int:
    """Return how many items a page holds. Raises Invalid INVALID_PAGE_SIZE below 0."""
    if query.page_size < 0:
        raise Invalid(
            "INVALID_PAGE_SIZE", "the page size is negative", fields=(("page_size", "must be at least 0"),)
        )
    return min(query.page_size or DEFAULT_SIZE, LARGEST_SIZE)


def order_of(query: Query) -> tuple[str, int]:
    """Return (document path, 1 or -1)."""
    field = query.order.removeprefix("-")
    return field if field in _TIMES else f"state.{field}", -1 if query.order.startswith("-") else 1


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """Return what a dotted path leads to."""
    found: Any = document
    for part in path.split("."):
        found = found[part]
    return found


def values_at(state: Mapping[str, Any], paths: Sequence[str]) -> tuple[Any, ...]:
    """Return what dotted paths lead to, None where one leads nowhere."""
    return tuple(_reached(state, path.split(".")) for path in paths)


def _reached(state: Any, steps: Sequence[str]) -> Any:
    found = state
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def condition(tenant: str, query: Query, after: After | None) -> dict[str, Any]:
    """Return the filter of a page: the tenant's, as asked, after the last item seen."""
    asked = {"tenant_id": tenant, **_of_state(query.where)}
    if query.either:
        asked["$or"] = [_of_state(one) for one in query.either]
    if query.created_after is not None:
        asked["create_time"] = {"$gt": query.created_after}
    if after is None:
        return asked
    path, direction = order_of(query)
    beyond, reached = ("$gt", "$gte") if direction > 0 else ("$lt", "$lte")
    return {
        "$and": [
            asked,
            {path: {reached: after.stored}},
            {"$or": [{path: {beyond: after.stored}}, {"id": {"$gt": after.id}}]},
        ]
    }


def _of_state(where: Mapping[str, Any]) -> dict[str, Any]:
    return {f"state.{path}": plain(value) for path, value in where.items()}
