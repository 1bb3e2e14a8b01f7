"""Suggestions of skills for what people type."""

from collections.abc import Sequence
from typing import Final, Protocol

from services.matching.domain.suggesting import Suggestion, by_spelling, together

USUAL, MOST = 5, 20


class Meaning(Protocol):
    """Knows what words mean."""

    async def like(self, text: str) -> Sequence[Suggestion]:
        """Return known skills whose meaning is like that of `text`."""


class Skills:
    """The words for skills; without a `meaning` only letters are compared."""

    def __init__(self, meaning: Meaning | None) -> None:
        self._meaning: Final = meaning

    async def suggest(self, text: str, most: int) -> list[Suggestion]:
        """Return what could be meant, the likest first; `most` 0 means USUAL, more than MOST means MOST."""
        meant = await self._meaning.like(text) if self._meaning else ()
        return together(by_spelling(text), meant, min(most or USUAL, MOST))
