"""Scores and broken rules of one person against a tile of others: the innermost loops.

Every loop reads few arrays of one width and does not branch, so that the compiler turns it into vector
instructions: more arrays, and it gives up on telling that they do not overlap. Integers only. The plain
telling of the same is `domain.scoring`; the order of divisions is the same.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.crowd import (
    BOOST,
    BREADTH,
    DEPARTMENT,
    ENGLISH,
    ENTERS,
    GRADE,
    LEAVES,
    MEETING,
    SHARE,
    SHARE_BITS,
    SOFT,
    STATED,
    TECHNICAL,
    TILE,
    Crowd,
    Words,
)
from services.matching.domain.engine.jit import inner, ones
from services.matching.domain.scoring import GRADE_COST, NEUTRAL
from services.matching.domain.skills import FULL, MISSING_LEVEL

ALLOWED, OVERLAP, LANGUAGE, GRADE_GAP, DEPARTMENTS, REPORTING_LINE, EXCLUDED = range(7)
"""What is broken first: of two broken rules the larger number comes first."""

RULES: Final = 7

LIMIT: Final = (1 << 20) - 1
"""Scores are clamped to it, so that they fit into the keys of `ranking`; boosts alone can take them there."""

_UNIT = np.uint32(FULL)
_TEN_BITS = np.uint32(1023)  # credits and shares fit: the compiler may keep to 32 bits
_HALF_SLOTS = 16  # quarter hours from which more time in common is no better


class Weighing(NamedTuple):
    """What criteria are worth, per mille, to the person who looks, or to those looked at."""

    technical: int
    soft: int
    focus: int
    overlap: int
    seniority: int
    languages: int
    department: int
    meeting: int
    history: int


class Terms(NamedTuple):
    """How a market matches, as the side that looks sees it.

    `level_sign` is 1 when mentees look, -1 when mentors do. `least_gap` in grades, `least_slots` in quarter
    hours; `same_department` 1 allows it. `history` is the credit of pairs who were not partners before. The
    salts make the two sides' ties differ. `soft` tells for each skill whether it is a soft one (1 or 0).
    """

    own: Weighing
    other: Weighing
    words: Words
    level_sign: int
    best_gap: int
    least_gap: int
    least_slots: int
    same_department: int
    history: int
    own_salt: np.uint64
    other_salt: np.uint64
    soft: NDArray[np.int32]


class Between(NamedTuple):
    """What single pairs have of their own, by who looks (CSR): added to either's score; barred or not."""

    start: NDArray[np.int64]
    column: NDArray[np.int32]
    own: NDArray[np.int32]
    other: NDArray[np.int32]
    barred: NDArray[np.int32]


class Market(NamedTuple):
    """Who looks (rows), who is looked at (columns), and how."""

    rows: Crowd
    columns: Crowd
    between: Between
    terms: Terms


class Tile(NamedTuple):
    """What one person finds in one tile: own scores, the others', first broken rules; and room to work."""

    own: NDArray[np.int32]
    other: NDArray[np.int32]
    broken: NDArray[np.int32]
    technical: NDArray[np.uint32]
    soft: NDArray[np.uint32]
    common: NDArray[np.int32]
    least: NDArray[np.int32]


@inner
def blank(people: int) -> Tile:
    """Make room for what is found in a tile of so many."""
    size = min(people, TILE)
    return Tile(
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.uint32),
        np.empty(size, np.uint32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
    )


@inner
def fill(market: Market, row: int, tile: int, room: Tile) -> Tile:
    """Count the scores and broken rules of one row against a tile; the answer is as long as the tile."""
    first = tile * TILE
    size = min(TILE, market.columns.tie.size - first)
    found = Tile(
        room.own[:size],
        room.other[:size],
        room.broken[:size],
        room.technical[:size],
        room.soft[:size],
        room.common[:size],
        room.least[:size],
    )
    _begin(market, row, found)
    _skills(market, row, tile, found)
    _focus(market, row, first, found)
    _overlap(market, row, first, found)
    _languages(market, row, first, found)
    _grades(market, row, first, found)
    _likeness(market, row, first, found)
    _lines(market, row, first, found)
    _single(market, row, first, found)
    _boost(market, row, first, found)
    return found


@inner
def _begin(market: Market, row: int, found: Tile) -> None:
    """Count what is the same for everybody: nothing of a kind sought, no focus area stated."""
    facts, terms = market.rows.facts, market.terms
    focus = 0 if facts[STATED, row] else NEUTRAL
    for scores, weigh in ((found.own, terms.own), (found.other, terms.other)):
        scores[:] = (
            weigh.history * terms.history
            + weigh.technical * facts[TECHNICAL, row]
            + weigh.soft * facts[SOFT, row]
            + weigh.focus * focus
        )
    found.broken[:] = ALLOWED
    found.technical[:] = 0
    found.soft[:] = 0


@inner
def _skills(market: Market, row: int, tile: int, found: Tile) -> None:
    rows, columns, terms = market.rows, market.columns, market.terms
    for place in range(rows.start[row], rows.start[row + 1]):
        tag = rows.tag[place]
        earned = found.soft if terms.soft[tag] else found.technical
        for post in range(columns.posted[tile, tag], columns.posted[tile, tag + 1]):
            missing = terms.level_sign * (rows.level[place] - columns.post_level[post])
            credit = max(0, FULL - MISSING_LEVEL * max(0, missing))
            earned[columns.post_who[post]] += np.uint32(credit * rows.share[place] * columns.post_share[post])
    if not rows.facts[TECHNICAL, row]:
        _earned(market, (row, tile, TECHNICAL), found.technical, found)
    if not rows.facts[SOFT, row]:
        _earned(market, (row, tile, SOFT), found.soft, found)


@inner
def _earned(market: Market, where: tuple[int, int, int], earned: NDArray[np.uint32], found: Tile) -> None:
    """Turn what was earned by one kind of skills, in millionths, into credit, less what breadth costs."""
    row, tile, kind = where
    terms, facts = market.terms, market.columns.facts
    own = terms.own.soft if kind == SOFT else terms.own.technical
    other = terms.other.soft if kind == SOFT else terms.other.technical
    row_kept = market.rows.facts[BREADTH, row] + FULL
    kept = facts[BREADTH, tile * TILE : tile * TILE + earned.size]
    unstated = facts[kind, tile * TILE : tile * TILE + earned.size]
    for k in range(earned.size):
        factor = np.uint32(kept[k] + row_kept) & _TEN_BITS
        credit = np.int32((earned[k] // _UNIT & _TEN_BITS) * factor // _UNIT) + unstated[k]
        found.own[k] += own * credit
        found.other[k] += other * credit


@inner
def _in_common(market: Market, row: int, span: tuple[int, int, int], common: NDArray[np.int32]) -> None:
    """Count common bits of the words in `span` (first word, word after the last, first column)."""
    start, end, first = span
    common[:] = 0
    for word in range(start, end):
        mine = market.rows.words[word, row]
        theirs = market.columns.words[word, first : first + common.size]
        if mine:
            for k in range(common.size):
                common[k] += ones(mine & theirs[k])


@inner
def _focus(market: Market, row: int, first: int, found: Tile) -> None:
    rows, columns, terms = market.rows, market.columns, market.terms
    size, common = found.own.size, found.common
    if not rows.facts[STATED, row]:
        return
    _in_common(market, row, (terms.words.focus, terms.words.hours, first), common)
    share = rows.facts[SHARE, row]
    part = columns.facts[SHARE, first : first + size]
    stated = columns.facts[STATED, first : first + size]
    for k in range(size):
        credit = np.uint32(np.uint32(common[k] * FULL) * np.uint32(part[k] + share)) >> SHARE_BITS
        common[k] = np.int32(credit) if stated[k] else NEUTRAL
    for k in range(size):
        found.own[k] += terms.own.focus * common[k]
        found.other[k] += terms.other.focus * common[k]


@inner
def _overlap(market: Market, row: int, first: int, found: Tile) -> None:
    terms, least, common = market.terms, found.least, found.common
    words = (market.rows.words.shape[0] - terms.words.hours) // terms.words.weeks
    for week in range(terms.words.weeks):
        start = terms.words.hours + week * words
        if week == 0:
            _in_common(market, row, (start, start + words, first), least)
            continue
        _in_common(market, row, (start, start + words, first), common)
        for k in range(least.size):
            least[k] = min(least[k], common[k])
    for k in range(least.size):
        credit = min(least[k], _HALF_SLOTS) * FULL >> 4
        found.own[k] += terms.own.overlap * credit
        found.other[k] += terms.other.overlap * credit
        found.broken[k] = OVERLAP if least[k] < terms.least_slots else ALLOWED


@inner
def _languages(market: Market, row: int, first: int, found: Tile) -> None:
    terms, common = market.terms, found.common
    _in_common(market, row, (0, terms.words.focus, first), common)
    english = market.columns.facts[ENGLISH, first : first + common.size]
    speaks = market.rows.facts[ENGLISH, row]
    for k in range(common.size):
        common[k] = FULL if common[k] else NEUTRAL * (english[k] & speaks)
    for k in range(common.size):
        found.own[k] += terms.own.languages * common[k]
        found.other[k] += terms.other.languages * common[k]
        found.broken[k] = found.broken[k] if common[k] else LANGUAGE


@inner
def _grades(market: Market, row: int, first: int, found: Tile) -> None:
    terms = market.terms
    grade = market.columns.facts[GRADE, first : first + found.own.size]
    mine = market.rows.facts[GRADE, row]
    for k in range(grade.size):
        credit = max(0, FULL - GRADE_COST * abs(grade[k] + mine - terms.best_gap))
        found.own[k] += terms.own.seniority * credit
        found.other[k] += terms.other.seniority * credit
        found.broken[k] = GRADE_GAP if grade[k] + mine < terms.least_gap else found.broken[k]


@inner
def _likeness(market: Market, row: int, first: int, found: Tile) -> None:
    """Count departments, which should differ, and ways to meet, which should not."""
    terms, size = market.terms, found.own.size
    department = market.columns.facts[DEPARTMENT, first : first + size]
    mine = market.rows.facts[DEPARTMENT, row]
    meeting = market.columns.facts[MEETING, first : first + size]
    liked = market.rows.facts[MEETING, row]
    for k in range(size):
        apart = 0 if department[k] == mine else FULL
        apart = apart if (department[k] != 0) & (mine != 0) else NEUTRAL
        alike = FULL if meeting[k] == liked else 0
        alike = alike if (meeting[k] != 0) & (liked != 0) else NEUTRAL
        found.own[k] += terms.own.department * apart + terms.own.meeting * alike
        found.other[k] += terms.other.department * apart + terms.other.meeting * alike
    if not terms.same_department and mine:
        for k in range(size):
            found.broken[k] = DEPARTMENTS if department[k] == mine else found.broken[k]


@inner
def _lines(market: Market, row: int, first: int, found: Tile) -> None:
    size = found.own.size
    enters = market.columns.facts[ENTERS, first : first + size]
    leaves = market.columns.facts[LEAVES, first : first + size]
    begin, end = market.rows.facts[ENTERS, row], market.rows.facts[LEAVES, row]
    for k in range(size):
        below = (begin <= enters[k]) & (enters[k] < end)
        above = (enters[k] <= begin) & (begin < leaves[k])
        found.broken[k] = REPORTING_LINE if below | above else found.broken[k]


@inner
def _single(market: Market, row: int, first: int, found: Tile) -> None:
    between = market.between
    for place in range(between.start[row], between.start[row + 1]):
        k = between.column[place] - first
        if 0 <= k < found.own.size:
            found.own[k] += between.own[place]
            found.other[k] += between.other[place]
            found.broken[k] = EXCLUDED if between.barred[place] else found.broken[k]


@inner
def _boost(market: Market, row: int, first: int, found: Tile) -> None:
    """Raise mentees who have waited in the mentors' eyes; clamp what that takes too high."""
    if market.terms.level_sign < 0:
        boost = market.columns.facts[BOOST, first : first + found.own.size]
        for k in range(boost.size):
            found.own[k] = min(found.own[k] + boost[k], LIMIT)
        return
    mine = market.rows.facts[BOOST, row]
    if mine:
        for k in range(found.other.size):
            found.other[k] = min(found.other[k] + mine, LIMIT)
