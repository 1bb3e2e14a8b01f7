"""A plan as a table for spreadsheets: one row per mentee, matched ones first, with the reasons."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from services.kernel.tables import inert
from services.matching.domain.plan import Leftover, Plan, Proposal

HEADER: Final = ("mentee", "mentor", "state", "score", "mentor_score", "rank", "reasons")
"""Scores are in percent, what the mentee scores first; `rank` is the mentor's place for the mentee."""

REASONS: Final = 3
"""Criteria told per pair: those that add most to the mentee's score."""


def report_csv(plan: Plan, *, header: bool = True) -> str:
    """Return RFC 4180 text; without a header it goes on from an earlier part."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(HEADER)
    writer.writerows([inert(value) for value in row] for row in _rows(plan))
    return text.getvalue()


def percent(millionths: int) -> str:
    """Return millionths as a percentage with two digits, cut off, not rounded."""
    return f"{millionths // 10_000}.{millionths % 10_000 // 100:02}"


def _rows(plan: Plan) -> Iterator[tuple[str, ...]]:
    for pair in plan.proposals:
        scores = (percent(pair.score_ppm), percent(pair.mentor_score_ppm))
        state = "LOCKED" if pair.locked else "MATCHED"
        yield (pair.mentee, pair.mentor, state, *scores, str(pair.rank or ""), _merits(pair))
    for alone in plan.unmatched:
        yield (alone.mentee, "", "UNMATCHED", "", "", "", _obstacles(alone))


def _merits(pair: Proposal) -> str:
    most = sorted(pair.contributions, key=lambda one: -one.score_ppm)[:REASONS]
    return "; ".join(f"{one.criterion} {percent(one.score_ppm)}" for one in most if one.score_ppm)


def _obstacles(alone: Leftover) -> str:
    parts = [f"{one.obstacle} {one.mentors}" for one in alone.stopped]
    if alone.nearest:
        parts.insert(0, f"nearest {alone.nearest} {percent(alone.nearest_score_ppm)}")
    return f"{alone.obstacle}: {'; '.join(parts)}" if parts else str(alone.obstacle)
