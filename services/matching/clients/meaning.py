"""What words mean, by a static embedding model of the operator's choice (extra `embeddings`).

The model is a folder as `model2vec` writes it; nothing is fetched. It is read once, at the first question.
"""

import asyncio
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from model2vec import StaticModel
from numpy.typing import NDArray

from services.matching.domain import skills
from services.matching.domain.suggesting import PPM, Likeness, Suggestion

LEAST: Final = 0.5
"""Cosine from which a meaning is worth showing (house rule)."""


class Meaning:
    """Compares meanings with those of all known skills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def like(self, text: str) -> list[Suggestion]:
        """Return known skills whose meaning is like that of `text`, by cosine."""
        return await asyncio.to_thread(self._like, text)

    def _like(self, text: str) -> list[Suggestion]:
        tags, vectors = self._known
        cosines = vectors @ _unit(self._model.encode([text]))[0]
        return [
            Suggestion(tags[place], Likeness.MEANING, min(PPM, int(cosines[place] * PPM)))
            for place in np.flatnonzero(cosines >= LEAST)
        ]

    @cached_property
    def _model(self) -> StaticModel:
        return StaticModel.from_pretrained(self._folder)

    @cached_property
    def _known(self) -> tuple[list[str], NDArray[np.float32]]:
        tags = skills.known()
        return tags, _unit(self._model.encode(tags))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
