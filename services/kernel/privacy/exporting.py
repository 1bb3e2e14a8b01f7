"""Hands out what one service keeps about a person, page by page, from what its kinds say about themselves."""

from collections.abc import Sequence
from typing import Any, Final

from services.kernel.mongo import Aggregates, Ref
from services.kernel.mongo.about import Kept, about
from services.kernel.mongo.pages import invalid_token

PAGE: Final = 50
"""Documents; messages with their mails are the largest, some 30 KB each."""


class Exporting:
    """The kinds of one service that are about people."""

    def __init__(self, kinds: Sequence[Aggregates[Any]]) -> None:
        self._kinds = [kind for kind in kinds if kind.kind.concerns]

    async def page(self, person: Ref, token: str) -> tuple[Sequence[Kept], str]:
        """Return what is kept and the token of the next page, "" after the last. Invalid INVALID_PAGE_TOKEN.

        Kinds follow one another, each in the order of ids: what is made meanwhile may be left out.
        """
        place, after = self._place(token)
        if place == len(self._kinds):
            return [], ""
        found = await about(self._kinds[place], person, after, PAGE)
        if len(found) == PAGE:
            return found, f"{place}:{found[-1].id}"
        return found, f"{place + 1}:" if place + 1 < len(self._kinds) else ""

    def _place(self, token: str) -> tuple[int, str]:
        number, colon, after = (token or "0:").partition(":")
        if not colon or not number.isdecimal() or int(number) > len(self._kinds):
            raise invalid_token()
        return int(number), after
