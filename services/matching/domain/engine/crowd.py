"""One side of a market as arrays, for kernels: people are dense numbers in the order of their ids.

The same arrays serve a person who looks (a row) and all who are looked at (columns). What only mentees have
is 0 for mentors and the other way round, so that kernels add both sides' numbers and need not ask who is who.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

TILE: Final = 2048
"""Columns that a kernel looks at together: what it reads of them stays in the second-level cache."""

GRADE, DEPARTMENT, MEETING, ENTERS, LEAVES, ENGLISH, BREADTH, TECHNICAL, SOFT, SHARE, STATED, BOOST = range(
    12
)
FACTS: Final = 12
"""Rows of `Crowd.facts`.

GRADE is negative for mentees: the sum of two is the gap. DEPARTMENT and MEETING are codes, 0 unstated.
ENTERS and LEAVES are the interval of the reporting line. ENGLISH: 1 speaks it. BREADTH: what is left of the
credit for skills, per mille, less 1000. TECHNICAL and SOFT: the credit of a mentee without such a wish.
SHARE: what a common focus area of a mentee is worth in parts of 2 ** SHARE_BITS. STATED: 1 has focus areas.
BOOST: millionths by which mentors rank a waiting mentee higher.
"""

SHARE_BITS: Final = 22
MOST_FOCUS: Final = 64
"""Up to so many focus areas, a credit by parts of 2 ** SHARE_BITS is rounded down as the division does, and
counted in 32 bits."""


class Words(NamedTuple):
    """Where in `Crowd.words` the bits of each kind are: languages but English at 0, focus, hours by week."""

    focus: int
    hours: int
    weeks: int


class Crowd(NamedTuple):
    """People of one role.

    `facts` [FACTS, people]; `words` [words, people]; `tie` decides between equals. Skills twice: by person
    (CSR: start, tag, level, share per mille, 1 for offers) and by tile of people and tag (`posted` [tiles,
    tags + 1] begins each list of who, counted from the tile's first person, level, share).
    """

    facts: NDArray[np.int32]
    words: NDArray[np.uint64]
    tie: NDArray[np.uint64]
    start: NDArray[np.int64]
    tag: NDArray[np.int32]
    level: NDArray[np.int32]
    share: NDArray[np.int32]
    posted: NDArray[np.int64]
    post_who: NDArray[np.int32]
    post_level: NDArray[np.int32]
    post_share: NDArray[np.int32]


class Skills(NamedTuple):
    """Skills by person (CSR), as in `Crowd`."""

    start: NDArray[np.int64]
    tag: NDArray[np.int32]
    level: NDArray[np.int32]
    share: NDArray[np.int32]


def crowd(
    facts: NDArray[np.int32], words: NDArray[np.uint64], tie: NDArray[np.uint64], skills: Skills, tags: int
) -> Crowd:
    """Put a side together; `tags` is how many skills there are on both sides."""
    people = len(tie)
    who = np.repeat(np.arange(people, dtype=np.int64), np.diff(skills.start))
    tiles = max(1, -(-people // TILE))
    place = who // TILE * (tags + 1) + skills.tag
    order = np.argsort(place, kind="stable")
    count = np.bincount(place + 1, minlength=tiles * (tags + 1) + 1)[: tiles * (tags + 1)]
    return Crowd(
        facts,
        words,
        tie,
        *skills,
        np.cumsum(count).reshape(tiles, tags + 1),
        (who[order] % TILE).astype(np.int32),
        skills.level[order],
        skills.share[order],
    )
